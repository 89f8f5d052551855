//! An application on a random port, registered with the authorization server.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use actix_smart_auth::{
    ClientAuth, Ehr, EhrBuilder, Encounter, FhirUser, IdTokenClaims, Patient, PrivateKey, PrivateKeyJwt, Quirks,
    SmartAuth, SmartConfig, SmartSession, launch_scope,
    time::{Clock, SystemClock, Timestamp},
};
use actix_web::{
    HttpResponse, HttpServer, cookie::Key, dev::ServerHandle, error::ErrorBadGateway, http::StatusCode, web,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use url::Url;

use crate::{
    provider::Provider,
    support::{on_a_thread, sessions},
};

/// The `launch` that `server.mjs` knows, with what belongs to it.
pub(crate) const LAUNCH: &str = "launch+of/bruno==";
/// What stands in every client id and secret, as in `server.mjs`.
const ODD: &str = "/+%&=:~\"";
/// Seconds after which a token of half an hour is due for a refresh and still works.
pub(crate) const DUE: u64 = 1700;
/// Seconds after which it does not work any more.
pub(crate) const EXPIRED: u64 = 1800;
pub(crate) const SCOPES: &str = "openid fhirUser patient/*.rs offline_access";

/// This server gives `offline_access` only after `prompt=consent` (OpenID Connect Core 1.0, section 11).
pub(crate) fn quirks() -> Quirks {
    Quirks::none().authorization_parameter("prompt", "consent")
}

/// How the application is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Public,
    Secret,
    /// The server fetches the key from the application.
    Rs384,
    Es384,
    /// The server was given the key.
    Rs384ByValue,
    Es384ByValue,
}

impl Profile {
    pub(crate) fn client_id(self) -> String {
        let name = match self {
            Self::Public => "public",
            Self::Secret => "secret",
            Self::Rs384 => "rs384",
            Self::Es384 => "es384",
            Self::Rs384ByValue => "rs384 by value",
            Self::Es384ByValue => "es384 by value",
        };
        format!("{name} app{ODD}")
    }

    pub(crate) fn secret() -> String {
        format!("s3cret {ODD}")
    }

    fn client_auth(self) -> ClientAuth {
        let rsa = include_str!("../fixtures/keys/rsa2048-pkcs8.pem");
        let p384 = include_str!("../fixtures/keys/p384-pkcs8.pem");
        match self {
            Self::Public => ClientAuth::public(),
            Self::Secret => ClientAuth::client_secret(Self::secret()),
            Self::Rs384 | Self::Rs384ByValue => PrivateKeyJwt::new("rsa-1", PrivateKey::pem(rsa)).into(),
            Self::Es384 | Self::Es384ByValue => PrivateKeyJwt::new("ec-1", PrivateKey::pem(p384)).into(),
        }
    }
}

/// Real time plus what a test adds. It goes on, unlike a `ManualClock`, as the server's own does.
#[derive(Debug, Clone, Default)]
struct MovedClock(Arc<AtomicU64>);

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(SystemClock.now().as_millis() + self.0.load(Ordering::SeqCst) * 1000)
    }
}

/// The running application with its authorization server. Both stop on drop.
pub(crate) struct Application {
    pub(crate) origin: String,
    pub(crate) provider: Provider,
    clock: MovedClock,
    server: ServerHandle,
}

impl Application {
    /// `None` where the server cannot run.
    pub(crate) fn start(profile: Profile) -> Option<Self> {
        Self::with(profile, |ehr, _| ehr)
    }

    /// Lets a test change the registration.
    pub(crate) fn with(profile: Profile, change: impl FnOnce(EhrBuilder, &Provider) -> EhrBuilder) -> Option<Self> {
        // Bound first, because the port is part of what is registered.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let provider = Provider::start(&origin)?;
        let clock = MovedClock::default();
        let ehr = Ehr::builder(&provider.fhir_base)
            .client_id(profile.client_id())
            .client_auth(profile.client_auth())
            .redirect_uri(format!("{origin}/auth/callback"))
            .scopes(SCOPES)
            .quirks(quirks());
        let config = SmartConfig::builder()
            .ehr(change(ehr, &provider))
            .clock(clock.clone())
            .landing("/~{smart_launch}/patient")
            .build()
            .unwrap();
        Some(Self {
            server: serve(listener, config),
            origin,
            provider,
            clock,
        })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The address with which the EHR opens the application for `bruno-fixture`.
    pub(crate) fn ehr_launch_url(&self) -> String {
        let parameters = [("iss", self.provider.fhir_base.as_str()), ("launch", LAUNCH)];
        Url::parse_with_params(&self.url("/auth/launch"), parameters)
            .unwrap()
            .to_string()
    }

    /// Moves the clocks of application and server.
    pub(crate) async fn advance(&self, seconds: u64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
        self.provider.control(&[("advance", &seconds.to_string())]).await;
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        // Told, not awaited: the server's own thread ends it.
        drop(self.server.stop(false));
    }
}

fn serve(listener: std::net::TcpListener, config: SmartConfig) -> ServerHandle {
    on_a_thread(move || {
        let key = Key::generate();
        HttpServer::new(move || {
            actix_web::App::new()
                .service(
                    launch_scope()
                        .route("/patient", web::get().to(patient))
                        .route("/context", web::get().to(context))
                        .route("/token", web::get().to(token))
                        .route("/identity", web::get().to(identity))
                        .route("/introspect", web::get().to(introspect))
                        .route("/record", web::get().to(record)),
                )
                .wrap(SmartAuth::new(config.clone()))
                .wrap(sessions(&key).build())
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run()
    })
}

async fn patient(patient: Patient) -> String {
    format!("patient {}", patient.id())
}

/// Everything that came beside the tokens.
async fn context(session: SmartSession, encounter: Option<Encounter>) -> HttpResponse {
    let context = session.launch_context();
    HttpResponse::Ok().json(serde_json::json!({
        "patient": context.patient(),
        "encounter": encounter.map(|encounter| encounter.id().to_owned()),
        "banner": context.need_patient_banner(),
        "tenant": context.tenant(),
        "style": context.smart_style_url(),
        "other": context.other(),
        "granted": session.granted_scopes().to_string(),
        "refreshable": session.tokens().refresh_token().is_some(),
    }))
}

/// No application should do this.
async fn token(session: SmartSession) -> String {
    session.access_token().expose_secret().to_owned()
}

/// Who signed in, and the nonce of the id token that came last. The latter is no application's business.
async fn identity(user: FhirUser, claims: IdTokenClaims) -> HttpResponse {
    let id_token = user.session().tokens().raw_id_token().unwrap().expose_secret();
    let claims_of_last = URL_SAFE_NO_PAD.decode(id_token.split('.').nth(1).unwrap()).unwrap();
    let last: serde_json::Value = serde_json::from_slice(&claims_of_last).unwrap();
    HttpResponse::Ok().json(serde_json::json!({
        "user": user.reference(),
        "readable": user.is_readable(),
        "issuer": claims.issuer(),
        "subject": claims.subject(),
        "audience": claims.audience(),
        "nonce checked": claims.nonce_was_checked(),
        "nonce of the last": last["nonce"],
        "issued": last["iat"],
    }))
}

/// What the EHR says about the access token.
async fn introspect(session: SmartSession) -> HttpResponse {
    match session.introspect().await {
        Ok(answer) => HttpResponse::Ok().body(format!("{:?} {:?}", answer.active(), answer.patient())),
        Err(error) => HttpResponse::BadGateway().body(error.to_string()),
    }
}

/// What the FHIR server says about the patient.
async fn record(patient: Patient) -> actix_web::Result<HttpResponse> {
    let session = patient.session();
    let client = awc::ClientBuilder::new().disable_redirects().finish();
    let mut answer = client
        .get(format!("{}/{}", session.fhir_base_url(), patient.reference()))
        .insert_header(("authorization", session.authorization_header()))
        .send()
        .await
        .map_err(ErrorBadGateway)?;
    let status = StatusCode::from_u16(answer.status().as_u16()).unwrap();
    Ok(HttpResponse::build(status).body(answer.body().await?))
}
