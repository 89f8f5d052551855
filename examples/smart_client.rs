//! `SmartClient` without the middleware: every step of a launch by hand, against the sandbox.
//!
//! ```text
//! cargo run --example smart_client
//! ```
//!
//! For command lines, jobs, tests, and other frameworks. Here the sandbox answers its own pages; with a real EHR a
//! person opens the printed address, and the last redirect arrives at your redirect URI.
#![expect(clippy::print_stdout, reason = "it shows what it does")]

use std::{error::Error, time::Duration};

use actix_smart_auth::{
    AuthorizationRedirect, Authorized, Ehr, SmartClient, SmartConfig, StartOptions,
    sandbox::{SandboxClient, SandboxServer},
};
use awc::{Client, http::header};
use serde_json::Value;
use url::Url;

const REDIRECT_URI: &str = "http://127.0.0.1:8080/auth/callback";

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = SandboxServer::start()?;
    sandbox.register(SandboxClient::public("my-script", REDIRECT_URI));
    let config = SmartConfig::builder()
        .ehr(
            Ehr::builder(sandbox.fhir_base_url())
                .client_id("my-script")
                .redirect_uri(REDIRECT_URI)
                .scopes("launch/patient patient/Patient.rs offline_access"),
        )
        .build()?;
    let client = SmartClient::new(&config)?;

    // Where to send the person, and what to keep until they are back.
    let (redirect, pending) = client.start(StartOptions::standalone()).await?;
    let AuthorizationRedirect::Get(url) = redirect else {
        return Err("the EHR wants a form instead of a redirect".into());
    };
    println!("1. The person opens {}", url.origin().ascii_serialization());

    // The person signs in and picks a patient; the sandbox does both by itself and redirects at once.
    let browser = Client::builder().disable_redirects().finish();
    let answer = browser.get(url.as_str()).send().await?;
    let location = answer.headers().get(header::LOCATION).ok_or("no redirect back")?;
    let callback = Url::parse(location.to_str()?)?;

    // `state` is checked, then the code is exchanged for tokens.
    let authorized = client.finish(pending, callback.query().unwrap_or_default()).await?;
    println!("2. Signed in. Granted: {}", authorized.tokens().granted_scopes());
    println!("3. The patient is {}", patient_name(&browser, &authorized).await?);

    // Save what comes back before you use it: with a rotating refresh token the old one is worth nothing now.
    let before = authorized.tokens().access_token().expose_secret().to_owned();
    let authorized = client.refresh(&authorized).await?;
    let changed = authorized.tokens().access_token().expose_secret() != before;
    println!("4. Refreshed; the access token changed: {changed}");
    println!("5. The patient is still {}", patient_name(&browser, &authorized).await?);

    config.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

async fn patient_name(browser: &Client, authorized: &Authorized) -> Result<String, Box<dyn Error>> {
    let patient = authorized.tokens().context().patient().ok_or("no patient in context")?;
    let url = format!("{}/Patient/{patient}", authorized.fhir_base_url());
    let token = authorized.tokens().access_token().expose_secret();
    let mut response = browser.get(url).bearer_auth(token).send().await?;
    if !response.status().is_success() {
        return Err(format!("the FHIR server answered {}", response.status()).into());
    }
    let patient: Value = serde_json::from_slice(&response.body().await?)?;
    let name = patient.pointer("/name/0/text").and_then(Value::as_str);
    Ok(name.unwrap_or("(no name)").to_owned())
}
