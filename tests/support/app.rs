//! A small application on a random port, and the sandbox that it is registered with.

use std::time::Duration;

use actix_smart_auth::{
    ClientAuth, Ehr, EhrBuilder, Encounter, FhirUser, IdTokenClaims, Patient, PrivateKey, PrivateKeyJwt, RefreshNow,
    SmartAuth, SmartConfig, SmartConfigBuilder, SmartGuard, SmartSession, SmartSessionError, launch_scope,
    resolver::EhrResolver,
    sandbox::{Jwks, SandboxBuilder, SandboxClient, SandboxServer, Strictness},
    time::ManualClock,
};
use actix_web::{HttpResponse, HttpServer, Responder, cookie::Key, dev::ServerHandle, web};

use super::{serving::on_a_thread, sessions::sessions};

pub const CLIENT_ID: &str = "my app/+%ü";
pub const SECRET: &str = "s3cret:+/% ~ü";
pub const SCOPES: &str = "openid fhirUser launch launch/patient patient/*.rs offline_access";

/// A P-384 key in PKCS#8, for tests only.
pub const PRIVATE_KEY: &str = include_str!("../fixtures/keys/p384-pkcs8.pem");
/// An RSA key in PKCS#8, for tests only.
pub const RSA_KEY: &str = include_str!("../fixtures/keys/rsa2048-pkcs8.pem");

/// How the application is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Public,
    Secret,
    Es384,
    Rs384,
}

impl Profile {
    pub const ALL: [Self; 4] = [Self::Public, Self::Secret, Self::Es384, Self::Rs384];

    pub fn client_auth(self) -> ClientAuth {
        match self {
            Self::Public => ClientAuth::public(),
            Self::Secret => ClientAuth::client_secret(SECRET),
            Self::Es384 => PrivateKeyJwt::new("ec-1", PrivateKey::pem(PRIVATE_KEY)).into(),
            Self::Rs384 => PrivateKeyJwt::new("rsa-1", PrivateKey::pem(RSA_KEY)).into(),
        }
    }

    fn sandbox_client(self, origin: &str, redirect_uri: &str) -> SandboxClient {
        match self {
            Self::Public => SandboxClient::public(CLIENT_ID, redirect_uri),
            Self::Secret => SandboxClient::secret(CLIENT_ID, redirect_uri, SECRET),
            Self::Es384 | Self::Rs384 => {
                let url = format!("{origin}/.well-known/jwks.json");
                SandboxClient::private_key_jwt(CLIENT_ID, redirect_uri, Jwks::Url(url))
            }
        }
    }
}

type ChangeWithSandbox = dyn FnOnce(EhrBuilder, &SandboxServer) -> EhrBuilder;
type EhrWithRedirectUri = dyn FnOnce(&str) -> EhrBuilder;

/// Options of an [`App`].
pub struct AppBuilder {
    profile: Profile,
    workers: usize,
    clock: ManualClock,
    sandbox: SandboxBuilder,
    ehr: Box<dyn FnOnce(EhrBuilder) -> EhrBuilder>,
    config: Box<dyn FnOnce(SmartConfigBuilder) -> SmartConfigBuilder>,
    routes: fn(&mut web::ServiceConfig),
    path_of_redirect: &'static str,
    ehr_of_sandbox: Box<ChangeWithSandbox>,
    another_ehr: Option<Box<EhrWithRedirectUri>>,
    resolver: Option<Box<dyn FnOnce(SmartConfigBuilder) -> SmartConfigBuilder>>,
}

impl AppBuilder {
    /// The clock, for a second sandbox.
    pub fn clock(&self) -> ManualClock {
        self.clock.clone()
    }

    /// A clock of its own, for one of several applications of a test whose times are not the same.
    pub fn with_clock_of_its_own(mut self) -> Self {
        self.clock = ManualClock::default();
        self
    }

    /// Changes the registration, knowing the sandbox's addresses.
    pub fn ehr_of_sandbox(mut self, change: impl FnOnce(EhrBuilder, &SandboxServer) -> EhrBuilder + 'static) -> Self {
        self.ehr_of_sandbox = Box::new(change);
        self
    }

    /// One more EHR, made with the redirect URI.
    pub fn another_ehr(mut self, ehr: impl FnOnce(&str) -> EhrBuilder + 'static) -> Self {
        self.another_ehr = Some(Box::new(ehr));
        self
    }

    /// Finds more EHRs, with the redirect URI of the first.
    pub fn resolver(mut self, resolver: impl EhrResolver) -> Self {
        self.resolver = Some(Box::new(|config| config.ehr_resolver(resolver)));
        self
    }

    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// Changes the sandbox. Its clock and client are set already.
    pub fn sandbox(mut self, change: impl FnOnce(SandboxBuilder) -> SandboxBuilder) -> Self {
        self.sandbox = change(self.sandbox);
        self
    }

    pub fn ehr(mut self, change: impl FnOnce(EhrBuilder) -> EhrBuilder + 'static) -> Self {
        self.ehr = Box::new(change);
        self
    }

    pub fn config(mut self, change: impl FnOnce(SmartConfigBuilder) -> SmartConfigBuilder + 'static) -> Self {
        let before = self.config;
        self.config = Box::new(|config| change(before(config)));
        self
    }

    /// More routes, which win over those of [`pages`].
    pub fn routes(mut self, routes: fn(&mut web::ServiceConfig)) -> Self {
        self.routes = routes;
        self
    }

    /// The path of the redirect URI. Default: `/auth/callback`.
    pub fn redirect_path(mut self, path: &'static str) -> Self {
        self.path_of_redirect = path;
        self
    }

    pub fn start(self) -> App {
        let sandbox = self.sandbox.clock(self.clock.clone()).start().unwrap();
        // Bound first, because the port is part of the redirect URI.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let redirect_uri = format!("{origin}{}", self.path_of_redirect);
        sandbox.register(self.profile.sandbox_client(&origin, &redirect_uri));
        let ehr = Ehr::builder(sandbox.fhir_base_url())
            .client_id(CLIENT_ID)
            .client_auth(self.profile.client_auth())
            .redirect_uri(&redirect_uri)
            .scopes(SCOPES);
        let ehr = (self.ehr_of_sandbox)((self.ehr)(ehr), &sandbox);
        let mut config = SmartConfig::builder()
            .ehr(ehr)
            .clock(self.clock.clone())
            .landing("/~{smart_launch}/patient");
        if let Some(another) = self.another_ehr {
            config = config.ehr(another(&redirect_uri));
        }
        if let Some(resolver) = self.resolver {
            config = resolver(config.redirect_uri(&redirect_uri));
        }
        let config = (self.config)(config).build().unwrap();
        let session_key = Key::generate();
        let server = serve(listener, config.clone(), self.workers, self.routes, session_key.clone());
        App {
            session_key,
            origin,
            config,
            clock: self.clock,
            sandbox,
            server: Some(server),
        }
    }
}

/// The running application with its sandbox. Stops on drop.
pub struct App {
    pub origin: String,
    pub config: SmartConfig,
    pub clock: ManualClock,
    pub sandbox: SandboxServer,
    server: Option<ServerHandle>,
    session_key: Key,
}

impl App {
    pub fn builder() -> AppBuilder {
        AppBuilder {
            profile: Profile::Public,
            workers: 1,
            clock: super::clock(),
            sandbox: SandboxServer::builder().strictness(Strictness::AsSpecified),
            ehr: Box::new(|ehr| ehr),
            config: Box::new(|config| config),
            routes: |_| {},
            path_of_redirect: "/auth/callback",
            ehr_of_sandbox: Box::new(|ehr, _| ehr),
            another_ehr: None,
            resolver: None,
        }
    }

    pub fn start() -> Self {
        Self::builder().start()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The address with which the EHR opens the application for a patient.
    pub fn ehr_launch_url(&self, patient: &str, encounter: Option<&str>) -> String {
        self.sandbox
            .ehr_launch_url(&self.url("/auth/launch"), patient, encounter)
    }

    /// Moves the clock of application and sandbox.
    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Another process with this configuration and the same session key: the address at which it serves.
    pub fn another_process(&self, config: SmartConfig, routes: fn(&mut web::ServiceConfig)) -> (String, ServerHandle) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        (origin, serve(listener, config, 1, routes, self.session_key.clone()))
    }

    pub fn refreshes(&self) -> usize {
        self.sandbox.token_requests_of("refresh_token").len()
    }

    pub fn exchanges(&self) -> usize {
        self.sandbox.token_requests_of("authorization_code").len()
    }

    /// Stops the server gracefully, as at the end of `main`.
    pub async fn stop_server(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop(true).await;
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            // Told, not awaited: the server's own thread ends it.
            drop(server.stop(false));
        }
    }
}

fn serve(
    listener: std::net::TcpListener,
    config: SmartConfig,
    workers: usize,
    routes: fn(&mut web::ServiceConfig),
    key: Key,
) -> ServerHandle {
    on_a_thread(move || {
        HttpServer::new(move || {
            actix_web::App::new()
                // First, so that a test can add to the launch scope.
                .configure(routes)
                .configure(pages)
                .wrap(SmartAuth::new(config.clone()))
                .wrap(sessions(&key).build())
        })
        .workers(workers)
        .shutdown_timeout(5)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run()
    })
}

/// The routes of the test application.
pub fn pages(app: &mut web::ServiceConfig) {
    app.route("/plain", web::get().to(|| async { "plain" }))
        .route("/outside", web::get().to(patient))
        .service(
            launch_scope()
                .route("/patient", web::get().to(patient))
                .route("/patient", web::post().to(patient))
                .route("/encounter", web::get().to(encounter))
                .route("/token", web::get().to(token))
                .route("/current", web::get().to(current))
                .route("/refresh-token", web::get().to(refresh_token))
                .route("/scopes", web::get().to(scopes))
                .route("/refresh", web::post().to(refresh))
                .route("/maybe", web::get().to(maybe))
                .route("/optional", web::get().to(optional))
                .route("/two", web::get().to(two))
                .route("/user", web::get().to(user))
                .route("/claims", web::get().to(claims))
                .route("/end", web::post().to(end))
                .route("/end-reloaded", web::post().to(end_reloaded))
                .service(
                    web::scope("/guarded")
                        .wrap(SmartGuard::new())
                        .route("/page", web::get().to(|| async { "guarded" }))
                        .route("/page", web::post().to(|| async { "guarded" })),
                ),
        );
}

async fn patient(patient: Patient) -> String {
    format!("patient {}", patient.id())
}

async fn encounter(encounter: Encounter) -> String {
    format!("encounter {}", encounter.id())
}

async fn token(session: SmartSession) -> String {
    session.access_token().expose_secret().to_owned()
}

/// No application should do this.
async fn refresh_token(session: SmartSession) -> String {
    let token = session.tokens().refresh_token();
    token.map_or_else(String::new, |token| token.expose_secret().to_owned())
}

async fn scopes(session: SmartSession) -> String {
    session.tokens().granted_scopes().to_string()
}

async fn current(session: SmartSession) -> Result<String, actix_smart_auth::error::LaunchError> {
    Ok(session.current_token().await?.expose_secret().to_owned())
}

async fn refresh(session: SmartSession) -> Result<String, actix_smart_auth::error::LaunchError> {
    Ok(match session.refresh_now().await? {
        RefreshNow::Refreshed(_) => "refreshed".to_owned(),
        RefreshNow::TooEarly { retry_after } => format!("too early, {} s", retry_after.as_secs()),
        _ => "something new".to_owned(),
    })
}

async fn maybe(session: Result<SmartSession, SmartSessionError>) -> Result<String, SmartSessionError> {
    match session {
        Ok(session) => Ok(format!("signed in, patient {:?}", session.patient())),
        Err(error) if error.is_absent() => Ok("not signed in".to_owned()),
        Err(error) => Err(error),
    }
}

async fn optional(session: Option<SmartSession>) -> String {
    session.map_or_else(
        || "none".to_owned(),
        |session| format!("patient {:?}", session.patient()),
    )
}

async fn user(user: FhirUser) -> String {
    format!(
        "{} {} {} {}",
        user.resource_type(),
        user.id(),
        user.url(),
        user.is_readable()
    )
}

async fn claims(claims: IdTokenClaims) -> String {
    format!("{} {}", claims.issuer(), claims.subject())
}

async fn two(patient: Patient, session: SmartSession, encounter: Option<Encounter>) -> String {
    format!(
        "{} {:?} {:?}",
        patient.id(),
        session.patient(),
        encounter.map(|it| it.id().to_owned())
    )
}

async fn end_reloaded(session: SmartSession) -> Result<HttpResponse, actix_smart_auth::error::LaunchError> {
    session.reload().await?.end().await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn end(session: SmartSession) -> impl Responder {
    session.end().await.map(|_| HttpResponse::NoContent())
}
