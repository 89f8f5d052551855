//! A launch from the EHR, by an application that proves itself with a private key (`private_key_jwt`).
//!
//! ```text
//! cargo run --example ehr_launch_private_key
//! ```
//!
//! There is no shared secret: the application signs, and publishes the public half of its key at
//! `/.well-known/jwks.json`, where the EHR looks it up. That address is what is registered with the EHR.
#![expect(clippy::print_stdout, reason = "it tells the person who started it where to go")]

use std::{error::Error, io, net::TcpListener, time::Duration};

use actix_session::{SessionMiddleware, storage::CookieSessionStore};
use actix_smart_auth::{
    Ehr, Encounter, Patient, PrivateKey, PrivateKeyJwt, SmartAuth, SmartConfig, SmartSession, StandaloneLaunch,
    launch_scope,
    sandbox::{Jwks, SandboxClient, SandboxServer},
};
use actix_web::{App, HttpServer, cookie::Key, web};

/// INSECURE: this key is published with the source. Yours comes from a file that only your application can read:
/// `PrivateKey::file("/run/secrets/smart.pem")`.
const INSECURE_KEY: &str = include_str!("insecure-key.pem");

const CLIENT_ID: &str = "chart-summary";

async fn summary(patient: Patient, encounter: Option<Encounter>, session: SmartSession) -> String {
    let visit = encounter.map_or_else(|| "none".to_owned(), |encounter| encounter.reference());
    format!(
        "patient: {}\nvisit:   {visit}\ngranted: {}\nThe access token is good for {} s.\n",
        patient.reference(),
        session.granted_scopes(),
        session.expires_in().as_secs(),
    )
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_env_filter("info,actix_server=warn")
        .with_writer(io::stderr)
        .init();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    let redirect_uri = format!("{address}/auth/callback");
    let jwks_url = format!("{address}/.well-known/jwks.json");

    // What the EHR knows about the application: its redirect URI and where its public keys are.
    let sandbox = SandboxServer::start()?;
    sandbox.register(SandboxClient::private_key_jwt(
        CLIENT_ID,
        &redirect_uri,
        Jwks::Url(jwks_url.clone()),
    ));
    sandbox.register_launch_url(CLIENT_ID, format!("{address}/auth/launch"));

    // What the application knows about the EHR. For a rotation `.also_publish(…)` the next key before it signs.
    let key = PrivateKeyJwt::new("summary-2026", PrivateKey::pem(INSECURE_KEY)).jku(jwks_url);
    let config = SmartConfig::builder()
        .ehr(
            Ehr::builder(sandbox.fhir_base_url())
                .client_id(CLIENT_ID)
                .client_auth(key)
                .redirect_uri(redirect_uri)
                .scopes("launch patient/*.rs offline_access"),
        )
        // Every launch comes from the EHR; the application itself offers no *Sign in*.
        .standalone(StandaloneLaunch::NotOffered)
        .build()?;

    let (smart, session_key) = (config.clone(), Key::generate());
    let server = HttpServer::new(move || {
        let session = SessionMiddleware::builder(CookieSessionStore::default(), session_key.clone())
            .cookie_secure(false) // http on this machine; leave it out with https
            .build();
        App::new()
            .service(launch_scope().route("/", web::get().to(summary)))
            .wrap(SmartAuth::new(smart.clone()))
            .wrap(session)
    })
    .listen(listener)?
    .run();

    let patients = sandbox.patients();
    let patient = patients.first().ok_or("the sandbox has no patients")?;
    let visit = patient.encounters.first().map(|visit| visit.id.as_str());
    let url = sandbox.ehr_launch_url(&format!("{address}/auth/launch"), &patient.id, visit);
    println!(
        "\nWhat the EHR opens when somebody starts the application from {}'s chart",
        patient.name()
    );
    println!("(it works once):\n\n    {url}\n");
    println!(
        "The EHR's patient list, for more launches:\n\n    {}\n",
        sandbox.ehr_url()
    );

    server.await?;
    config.shutdown(Duration::from_secs(20)).await;
    Ok(())
}
