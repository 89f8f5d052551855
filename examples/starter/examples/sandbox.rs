//! The application with a made-up EHR, to look at: `cargo run --example sandbox`.

use std::error::Error;

use actix_smart_auth::{
    Ehr, SmartAuth, SmartConfig,
    sandbox::{Mode, SandboxClient, SandboxServer},
};
use actix_web::{App, HttpServer, cookie::Key};

const SCOPES: &str = "openid fhirUser launch launch/patient patient/Patient.rs patient/Observation.rs offline_access";

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let address = "http://localhost:8080";
    let redirect_uri = format!("{address}/auth/callback");
    let sandbox = SandboxServer::builder()
        .mode(Mode::Interactive)
        .client(SandboxClient::public("smart-app", &redirect_uri))
        .launch_url("smart-app", format!("{address}/auth/launch"))
        .start()?;
    let ehr = Ehr::builder(sandbox.fhir_base_url())
        .client_id("smart-app")
        .redirect_uri(redirect_uri)
        .scopes(SCOPES);
    let config = smart_app::settings(SmartConfig::builder()).ehr(ehr).build()?;
    let key = Key::generate();
    println!("The EHR: {}  The application: {address}/", sandbox.ehr_url());
    let server = HttpServer::new(move || {
        App::new()
            .configure(smart_app::routes)
            .wrap(SmartAuth::new(config.clone()))
            .wrap(smart_app::sessions(key.clone(), false))
    });
    server.bind(("localhost", 8080))?.run().await?;
    Ok(())
}
