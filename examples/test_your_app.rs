//! A test of your own application: a launch from the EHR, from the first request to the first page.
//!
//! The sandbox plays the EHR. It signs in and allows by itself, and it records every request that it receives. The test browser
//! plays the person.

use std::net::TcpListener;

use actix_session::{SessionMiddleware, storage::CookieSessionStore};
use actix_smart_auth::{
    Ehr, Patient, SmartAuth, SmartConfig, launch_scope,
    sandbox::{SandboxClient, SandboxServer},
    testing::TestBrowser,
};
use actix_web::{App, HttpServer, cookie::Key, web};

async fn summary(patient: Patient) -> String {
    format!("This tab is about {}", patient.reference())
}

// In your tests: `#[actix_web::test] async fn …`.
#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The port is part of the redirect URI, so the listener comes first.
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    let redirect_uri = format!("{address}/auth/callback");
    let sandbox = SandboxServer::start()?;
    sandbox.register(SandboxClient::public("my-app", &redirect_uri));
    let ehr = Ehr::builder(sandbox.fhir_base_url())
        .client_id("my-app")
        .redirect_uri(redirect_uri)
        .scopes("launch patient/*.rs");
    let config = SmartConfig::builder().ehr(ehr).build()?;
    let key = Key::generate();
    let server = HttpServer::new(move || {
        App::new()
            .service(launch_scope().route("/", web::get().to(summary)))
            .wrap(SmartAuth::new(config.clone()))
            .wrap(SessionMiddleware::new(CookieSessionStore::default(), key.clone()))
    })
    .workers(1)
    .listen(listener)?
    .run();
    actix_web::rt::spawn(server);

    let browser = TestBrowser::new(address);
    let page = browser.launch(&sandbox, "amber-testwood").await?;
    assert_eq!(page.text(), "This tab is about Patient/amber-testwood");

    // What the EHR saw of it:
    assert_eq!(sandbox.token_requests_of("authorization_code").len(), 1);
    Ok(())
}
