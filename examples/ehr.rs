//! An EHR to develop against: the sandbox, for an application of your own at <http://127.0.0.1:8080>.
//!
//! `cargo run --example ehr`, then start your application with the variables that it prints. `PORT` is the EHR's port
//! (8081), `APP` the address of the application. State is in memory; the people in it are made up.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::{env, io, thread, time::Duration};

use actix_smart_auth::sandbox::{Mode, SandboxClient, SandboxServer};

fn main() -> io::Result<()> {
    let app = env::var("APP").unwrap_or_else(|_| "http://127.0.0.1:8080".to_owned());
    let port = env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(8081);
    let redirect_uri = format!("{app}/auth/callback");
    let ehr = SandboxServer::builder()
        .port(port)
        .mode(Mode::Interactive)
        .token_lifetime(Duration::from_secs(120))
        .client(SandboxClient::public("my-app", redirect_uri.as_str()))
        .launch_url("my-app", format!("{app}/auth/launch"))
        .start()?;
    println!("Start your application with");
    println!("  export FHIR_BASE_URL={}", ehr.fhir_base_url());
    println!("  export SMART_CLIENT_ID=my-app");
    println!("  export SMART_REDIRECT_URI={redirect_uri}");
    println!(
        "  export SMART_SCOPES=\"openid fhirUser launch/patient patient/Patient.rs patient/Observation.rs offline_access\""
    );
    println!("and open {} to launch it from a chart.", ehr.ehr_url());
    loop {
        thread::park();
    }
}
