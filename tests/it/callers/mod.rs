//! Others call the application with access tokens, which it checks at the strict sandbox.

mod away;
mod bound;
mod configuration;
mod flood;
mod kept;
mod members;
mod never_good;
mod patience;
mod redaction;
mod refusals;
mod several;

use std::time::Duration;

use actix_smart_auth::{
    ClientAuth, Ehr, EhrBuilder, SmartAuth, SmartConfig,
    resource_server::{CallerToken, CallerTokenError, CallerTokens, ResourceServer},
    sandbox::{Endpoint, Fault, FaultPoint, ReceivedRequest, SandboxClient, SandboxServer, Times, When},
    time::{Clock as _, ManualClock},
};
use actix_web::{App, HttpResponse, http::header::AUTHORIZATION, test, web};
use serde_json::{Value, json};

use crate::support::clock;

const OURS: &str = "our-api";
const CALLER: &str = "caller";
const SECRET: &str = "s3cret-of-a-client";
const SCOPES: &str = "system/Observation.rs system/Patient.r";
/// Of a token, in seconds.
const LIFE: u64 = 600;

/// An application that others call, and the server that gives them their tokens.
struct Api {
    clock: ManualClock,
    sandbox: SandboxServer,
    config: SmartConfig,
}

/// What a caller gets.
#[derive(Debug)]
struct Answer {
    status: u16,
    challenge: Option<String>,
    retry_after: Option<String>,
    body: Value,
}

impl Answer {
    fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl Api {
    fn start() -> Self {
        Self::with(CallerTokens::new())
    }

    fn with(caller_tokens: CallerTokens) -> Self {
        let clock = clock();
        let sandbox = sandbox(&clock);
        let config = config_with(&clock, [registration(&sandbox, caller_tokens)]);
        Self { clock, sandbox, config }
    }

    fn server(&self) -> ResourceServer {
        self.config.resource_server(&self.sandbox.fhir_base_url())
    }

    /// A new token of the caller.
    async fn token(&self) -> String {
        token_of(&self.clock, &self.sandbox).await
    }

    async fn call(&self, token: &str) -> Answer {
        self.call_with(&[&format!("Bearer {token}")]).await
    }

    async fn call_with(&self, headers: &[&str]) -> Answer {
        call(&self.config, "/results", headers).await
    }

    fn advance_millis(&self, millis: u64) {
        self.clock.advance(Duration::from_millis(millis));
    }

    fn asked(&self) -> Vec<ReceivedRequest> {
        asked(&self.sandbox)
    }

    fn inject(&self, fault: Fault, times: Times) {
        self.sandbox
            .inject(FaultPoint::Introspection, When::Before, fault, times);
    }

    /// Has the next answers of the server say this.
    fn says(&self, members: &Value, times: Times) {
        self.inject(Fault::SetFields(members.as_object().unwrap().clone()), times);
    }

    /// In seconds.
    fn now(&self) -> u64 {
        self.clock.now().as_secs()
    }
}

fn sandbox(clock: &ManualClock) -> SandboxServer {
    let sandbox = crate::support::strict_ehr()
        .clock(clock.clone())
        .token_lifetime(Duration::from_secs(LIFE))
        .start()
        .unwrap();
    sandbox.register(SandboxClient::resource_server(OURS, SECRET));
    sandbox.register(SandboxClient::secret(CALLER, "https://caller.example/callback", SECRET).and_backend());
    sandbox
}

fn registration(sandbox: &SandboxServer, caller_tokens: CallerTokens) -> EhrBuilder {
    Ehr::builder(sandbox.fhir_base_url())
        .client_id(OURS)
        .client_auth(ClientAuth::client_secret(SECRET))
        .caller_tokens(caller_tokens)
}

fn config_with(clock: &ManualClock, ehrs: impl IntoIterator<Item = EhrBuilder>) -> SmartConfig {
    let builder = SmartConfig::builder().clock(clock.clone());
    ehrs.into_iter()
        .fold(builder, |builder, ehr| builder.ehr(ehr))
        .build()
        .unwrap()
}

/// A new token of the caller at that server.
async fn token_of(clock: &ManualClock, sandbox: &SandboxServer) -> String {
    let caller = Ehr::builder(sandbox.fhir_base_url())
        .client_id(CALLER)
        .client_auth(ClientAuth::client_secret(SECRET))
        .backend_scopes(SCOPES);
    let token = config_with(clock, [caller])
        .backend(&sandbox.fhir_base_url())
        .token()
        .await
        .unwrap();
    token.access_token().expose_secret().to_owned()
}

fn asked(sandbox: &SandboxServer) -> Vec<ReceivedRequest> {
    let mut requests = sandbox.received_requests();
    requests.retain(|request| request.endpoint == Endpoint::Introspection);
    requests
}

async fn results(caller: CallerToken) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "ehr": caller.fhir_base_url(),
        "scope": caller.scopes().as_str(),
        "client_id": caller.client_id(),
        "exp": caller.expires_at().map(|end| end.as_secs()),
        "patient": caller.patient(),
        "encounter": caller.encounter(),
        "sub": caller.subject(),
        "iss": caller.issuer(),
        "fhir_user": caller.fhir_user(),
        "intent": caller.launch_context().intent(),
    }))
}

async fn orders(caller: CallerToken) -> Result<HttpResponse, CallerTokenError> {
    caller.require_scopes("system/Observation.r?category=laboratory system/ServiceRequest.c")?;
    Ok(HttpResponse::Ok().finish())
}

async fn read(caller: CallerToken) -> Result<HttpResponse, CallerTokenError> {
    caller.require_scopes("system/Observation.r?category=laboratory")?;
    Ok(HttpResponse::Ok().json(json!({})))
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/results", web::get().to(results))
        .route("/orders", web::get().to(orders))
        .route("/read", web::get().to(read));
}

async fn call(config: &SmartConfig, path: &str, headers: &[&str]) -> Answer {
    let app = App::new().configure(routes).wrap(SmartAuth::new(config.clone()));
    let app = test::init_service(app).await;
    let request = headers
        .iter()
        .fold(test::TestRequest::get().uri(path), |request, header| {
            request.append_header((AUTHORIZATION, *header))
        });
    read_answer(test::call_service(&app, request.to_request()).await).await
}

async fn read_answer(answer: actix_web::dev::ServiceResponse<impl actix_web::body::MessageBody>) -> Answer {
    let header = |name: &str| {
        let value = answer.headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    let (status, challenge, retry_after) = (
        answer.status().as_u16(),
        header("www-authenticate"),
        header("retry-after"),
    );
    if status >= 400 {
        assert_eq!(header("content-type").as_deref(), Some("application/problem+json"));
        assert_eq!(header("cache-control").as_deref(), Some("no-store"));
    }
    let body = test::read_body(answer).await;
    Answer {
        status,
        challenge,
        retry_after,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    }
}
