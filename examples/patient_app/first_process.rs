//! Whether the process that this one is to work beside is there, and is the one that is meant.

use std::time::Duration;

/// Nothing else looks like this: the names are those of the sandbox and of the demo's pages.
const SANDBOX: &str = "actix-smart-auth sandbox";
const DEMO: &str = "<meta name=\"application-name\" content=\"Patient viewer\">";

/// Looks at both addresses, so that a mistake is said now and not at the first launch.
///
/// # Errors
///
/// A sentence that says what was found, and which variable to change.
pub(crate) async fn check(sandbox: &str, application: &str) -> Result<(), String> {
    let metadata = fetch(&format!("{sandbox}/fhir/metadata")).await.map_err(|error| {
        format!("the sandbox at SANDBOX_URL={sandbox} cannot be reached ({error}); start the first process, and take the address that it prints for the EHR")
    })?;
    if !metadata.contains(SANDBOX) {
        return Err(format!(
            "what answers at SANDBOX_URL={sandbox} is no sandbox; take the address that the first process prints for the EHR"
        ));
    }
    let home = fetch(application).await.map_err(|error| {
        format!("the first process cannot be reached at {application} ({error}); set APP_URL to the address that it prints for the application")
    })?;
    if !home.contains(DEMO) {
        return Err(format!(
            "what answers at {application} is another application; set APP_URL to the address that the first process prints for the application"
        ));
    }
    if !home.contains(&format!("\"{sandbox}/\"")) {
        return Err(format!(
            "the demo at {application} works with another sandbox than {sandbox}; set APP_URL and SANDBOX_URL to the two addresses that one process prints"
        ));
    }
    Ok(())
}

/// Whether a demo answers at this address.
pub(crate) async fn is_demo(application: &str) -> bool {
    fetch(application).await.is_ok_and(|page| page.contains(DEMO))
}

async fn fetch(address: &str) -> Result<String, reqwest::Error> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(5))
        .build()?;
    client.get(address).send().await?.text().await
}
