//! The sandbox, and a browser in front of an application that is registered there.

use std::{error::Error, net::TcpListener};

use actix_session::{SessionMiddleware, storage::CookieSessionStore};
use actix_smart_auth::{
    Ehr, SmartAuth, SmartConfig, SmartConfigBuilder,
    sandbox::{SandboxClient, SandboxServer},
    testing::TestBrowser,
    time::ManualClock,
};
use actix_web::{App, HttpServer, cookie::Key, web};

pub struct Started {
    pub sandbox: SandboxServer,
    pub browser: TestBrowser,
    #[allow(dead_code, reason = "not every test lets time pass")]
    pub clock: ManualClock,
}

const SCOPES: &str = "openid fhirUser launch launch/patient user/*.rs patient/*.rs offline_access";

pub fn start(
    routes: fn(&mut web::ServiceConfig),
    change: impl FnOnce(SmartConfigBuilder) -> SmartConfigBuilder,
) -> Result<Started, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    let redirect_uri = format!("{address}/auth/callback");
    let clock = ManualClock::default();
    let client = SandboxClient::public("fhir-models", &redirect_uri);
    let sandbox = SandboxServer::builder().clock(clock.clone()).client(client).start()?;
    let ehr = Ehr::builder(sandbox.fhir_base_url())
        .client_id("fhir-models")
        .redirect_uri(redirect_uri)
        .scopes(SCOPES);
    let config = change(SmartConfig::builder().ehr(ehr).clock(clock.clone())).build()?;
    let key = Key::generate();
    let server = HttpServer::new(move || {
        App::new().configure(routes).wrap(SmartAuth::new(config.clone())).wrap(
            SessionMiddleware::builder(CookieSessionStore::default(), key.clone())
                .cookie_secure(false)
                .build(),
        )
    });
    actix_web::rt::spawn(server.workers(1).disable_signals().listen(listener)?.run());
    let browser = TestBrowser::new(address);
    Ok(Started {
        sandbox,
        browser,
        clock,
    })
}
