//! A program without a user: it counts the patients of an EHR and their observations.
//!
//! `cargo run --example backend_job` asks the sandbox, which it starts. With FHIR_BASE_URL, SMART_CLIENT_ID, SMART_PRIVATE_KEY_PATH,
//! SMART_KEY_ID and SMART_BACKEND_SCOPES it asks that EHR.

use std::{env, error::Error, io::Write as _, time::Duration};

use actix_smart_auth::{
    Ehr, PrivateKey, PrivateKeyJwt, SmartConfig,
    backend::BackendClient,
    sandbox::{Jwks, SandboxClient, SandboxServer},
};
use serde_json::Value;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .log_internal_errors(false)
        .init();
    let (config, base, _sandbox) = match env::var("FHIR_BASE_URL") {
        Ok(base) => (SmartConfig::from_env()?, base, None),
        Err(_) => at_the_sandbox()?,
    };
    let counted = count(&config.backend(&base)).await;
    config.shutdown(Duration::from_secs(10)).await;
    let (patients, observations) = counted?;
    writeln!(std::io::stdout(), "{patients} patients, {observations} observations")?;
    Ok(())
}

/// Page by page: nothing is kept of what was read.
async fn count(client: &BackendClient) -> Result<(u64, u64), Box<dyn Error>> {
    let mut counts = [0, 0];
    for (resource_type, count) in ["Patient", "Observation"].into_iter().zip(&mut counts) {
        let mut found = client.fhir().search(resource_type).count(100).pages::<Value>();
        while let Some(_resource) = found.next().await? {
            *count += 1;
        }
    }
    let [patients, observations] = counts;
    Ok((patients, observations))
}

/// An EHR of this program's own, with which it is registered.
fn at_the_sandbox() -> Result<(SmartConfig, String, Option<SandboxServer>), Box<dyn Error>> {
    let sandbox = SandboxServer::start()?;
    let base = sandbox.fhir_base_url();
    let key = PrivateKey::pem(include_str!("insecure-key.pem"));
    let config = SmartConfig::builder()
        .ehr(
            Ehr::builder(base.as_str())
                .client_id("nightly-report")
                .client_auth(PrivateKeyJwt::new("key-1", key))
                .backend_scopes("system/Patient.rs system/Observation.rs"),
        )
        .build()?;
    let keys = config.jwks().ok_or("the registration has no key")?;
    sandbox.register(SandboxClient::backend(
        "nightly-report",
        Jwks::Value(serde_json::from_str(&keys)?),
    ));
    Ok((config, base, Some(sandbox)))
}
