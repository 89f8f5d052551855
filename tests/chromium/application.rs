//! A small application with this crate, and the sandbox that it is registered with.

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_smart_auth::{
    CookiePolicy, Ehr, SmartAuth, SmartConfig, SmartConfigBuilder,
    options::EndSession,
    sandbox::{Endpoint, Fault, FaultPoint, Mode, SandboxClient, SandboxServer, StrictCheck, Strictness, Times, When},
    time::ManualClock,
};
use actix_web::{
    App, HttpServer,
    cookie::{Key, SameSite},
    dev::{ServerHandle, Service as _},
    http::header,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use serde_json::{Value, json};

use crate::{pages::pages, serving::on_a_thread, sessions::sessions, stage::Servers};

const CLIENT_ID: &str = "the application";
const SCOPES: &str = "openid fhirUser launch launch/patient patient/*.rs offline_access";

/// Where the browser meets the application.
pub(crate) enum Place {
    /// At `http://localhost`. The sandbox, at `127.0.0.1`, is another site; its pages wait for a person.
    OfItsOwn,
    /// The same, and who signs out is signed out at the EHR too: the sandbox's start page plays that part.
    OfItsOwnSigningOutAtTheEhr,
    /// At `http://127.0.0.1`, as the sandbox is, which may have it in a frame under either of its names.
    InAFrameOfTheSandbox,
    /// At `https://app.test`, in a frame of `https://ehr.test`, with these launch cookies and this session cookie. The
    /// sandbox answers by itself, as no EHR lets its sign-in be framed.
    InAFrame(CookiePolicy, SameSite),
}

/// The running application with its sandbox. Stops on drop.
pub(crate) struct Application {
    origin: String,
    portal: Option<String>,
    clock: ManualClock,
    sandbox: SandboxServer,
    launches_without_cookies: Arc<AtomicUsize>,
    server: ServerHandle,
}

impl Application {
    pub(crate) fn start(place: Place) -> Self {
        // Bound first, because the port is part of the redirect URI.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let clock = ManualClock::default();
        let sandbox = SandboxServer::builder()
            .strictness(Strictness::AsSpecified)
            // A person goes back to the EHR's page and answers once more.
            .without_strict_check(StrictCheck::StateOnce)
            .without_strict_check(StrictCheck::NonceOnce)
            .without_strict_check(StrictCheck::ChallengeOnce)
            .clock(clock.clone());
        let signs_out_at_ehr = matches!(place, Place::OfItsOwnSigningOutAtTheEhr);
        let is_framed_by_the_sandbox = matches!(place, Place::InAFrameOfTheSandbox);
        let (origin, portal, sandbox, served) = match place {
            Place::InAFrameOfTheSandbox => (
                format!("http://127.0.0.1:{port}"),
                None,
                sandbox.mode(Mode::Interactive),
                Served::Plain,
            ),
            Place::OfItsOwn | Place::OfItsOwnSigningOutAtTheEhr => (
                format!("http://localhost:{port}"),
                None,
                sandbox.mode(Mode::Interactive),
                Served::Plain,
            ),
            Place::InAFrame(cookies, session) => (
                format!("https://app.test:{port}"),
                Some(format!("https://ehr.test:{port}")),
                sandbox,
                Served::Tls(cookies, session),
            ),
        };
        let sandbox = sandbox
            .launch_url(CLIENT_ID, format!("{origin}/auth/launch"))
            .start()
            .unwrap();
        let redirect_uri = format!("{origin}/auth/callback");
        sandbox.register(SandboxClient::public(CLIENT_ID, &redirect_uri));
        let mut ehr = Ehr::builder(sandbox.fhir_base_url())
            .client_id(CLIENT_ID)
            .redirect_uri(&redirect_uri)
            .scopes(SCOPES);
        if signs_out_at_ehr {
            let at = EndSession::at(format!("{}/", sandbox.origin()));
            ehr = ehr.end_session(at.returning_to(format!("{origin}/auth/logout")));
        }
        let mut config = SmartConfig::builder()
            .ehr(ehr)
            .clock(clock.clone())
            .landing("/~{smart_launch}/patient");
        if let Some(portal) = &portal {
            config = config.frame_ancestor(portal);
        }
        if is_framed_by_the_sandbox {
            let other_site = sandbox.origin().replace("127.0.0.1", "localhost");
            config = config.frame_ancestor(sandbox.origin()).frame_ancestor(other_site);
        }
        let launches_without_cookies = Arc::default();
        let server = serve(listener, config, served, Arc::clone(&launches_without_cookies));
        Self {
            origin,
            portal,
            clock,
            sandbox,
            launches_without_cookies,
            server,
        }
    }
}

impl Servers for Application {
    fn addresses(&self) -> Value {
        json!({ "app": self.origin, "ehr": self.sandbox.origin(), "portal": self.portal })
    }

    fn answer(&self, question: &str, detail: &Value) -> Value {
        match question {
            "advance" => {
                self.clock.advance(Duration::from_secs(detail.as_u64().unwrap()));
                Value::Null
            }
            "authorizations" => {
                let requests = self.sandbox.received_requests();
                json!(requests.iter().filter(|it| it.endpoint == Endpoint::Authorize).count())
            }
            "delay metadata" => {
                let delay = Fault::Delay(Duration::from_secs(5));
                self.sandbox
                    .inject(FaultPoint::Metadata, When::Before, delay, Times::Once);
                Value::Null
            }
            "refreshes fail" => {
                let fault = Fault::Status(503);
                self.sandbox
                    .inject(FaultPoint::Refresh, When::Before, fault, Times::Always);
                Value::Null
            }
            "exchanges" => json!(self.sandbox.token_requests_of("authorization_code").len()),
            "launch url" => {
                let launch = format!("{}/auth/launch", self.origin);
                json!(self.sandbox.ehr_launch_url(&launch, detail.as_str().unwrap(), None))
            }
            "launches without cookies" => json!(self.launches_without_cookies.load(Ordering::SeqCst)),
            _ => panic!("a scenario asks for {question}"),
        }
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        // Told, not awaited: the server's own thread ends it.
        drop(self.server.stop(false));
    }
}

enum Served {
    Plain,
    Tls(CookiePolicy, SameSite),
}

fn serve(
    listener: TcpListener,
    config: SmartConfigBuilder,
    served: Served,
    launches_without_cookies: Arc<AtomicUsize>,
) -> ServerHandle {
    let (config, session, tls) = match served {
        Served::Plain => (config, None, None),
        Served::Tls(cookies, session) => (config.cookie(cookies), Some(session), Some(tls())),
    };
    let config = config.build().unwrap();
    on_a_thread(move || {
        let key = Key::generate();
        let server = HttpServer::new(move || {
            let without_cookies = Arc::clone(&launches_without_cookies);
            let cookies = sessions(&key)
                .cookie_secure(session.is_some())
                .cookie_same_site(session.unwrap_or(SameSite::Lax))
                .build();
            App::new()
                .configure(pages)
                .wrap(SmartAuth::new(config.clone()))
                .wrap(cookies)
                .wrap_fn(move |request, next| {
                    if request.path() == "/auth/launch" && !request.headers().contains_key(header::COOKIE) {
                        without_cookies.fetch_add(1, Ordering::SeqCst);
                    }
                    next.call(request)
                })
        })
        .workers(1)
        .shutdown_timeout(1)
        .disable_signals();
        let server = match tls {
            Some(tls) => server.listen_rustls_0_23(listener, tls),
            None => server.listen(listener),
        };
        server.unwrap().run()
    })
}

/// With a certificate for other names: the browser is told not to look.
fn tls() -> ServerConfig {
    let file = |name: &str| format!("{}/tests/fixtures/tls/{name}", env!("CARGO_MANIFEST_DIR"));
    let certificate = CertificateDer::from_pem_file(file("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap()
}
