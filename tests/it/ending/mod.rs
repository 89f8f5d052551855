//! What happens to tokens when a launch ends, and asking the EHR about them.

mod after_another;
mod at_the_ehr;
mod client;
mod failing;
mod introspecting;
mod logout;
mod orphans;
mod requests;

use std::time::Duration;

use actix_smart_auth::sandbox::{Endpoint, ReceivedRequest};
use awc::http::Method;

use crate::support::{App, Browser, eventually};

/// The refresh and the access token of a launch.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tokens {
    refresh: String,
    access: String,
}

/// Launches standalone; the address of the launch, without a slash at the end, and its tokens.
async fn launched(app: &App, browser: &Browser) -> (String, Tokens) {
    let base = crate::support::open(app, browser).await;
    let tokens = tokens_of(browser, &base).await;
    (base, tokens)
}

async fn tokens_of(browser: &Browser, base: &str) -> Tokens {
    Tokens {
        refresh: browser.api(&format!("{base}/refresh-token")).await.body,
        access: browser.api(&format!("{base}/token")).await.body,
    }
}

/// The requests to the revocation endpoint, oldest first.
fn revocations(app: &App) -> Vec<ReceivedRequest> {
    let mut requests = app.sandbox.received_requests();
    requests.retain(|request| request.endpoint == Endpoint::Revocation);
    requests
}

/// Kind and token of each revocation request.
fn asked_for(app: &App) -> Vec<(String, String)> {
    let field = |request: &ReceivedRequest, name| request.parameter(name).unwrap();
    let asked = |request: &ReceivedRequest| (field(request, "token_type_hint"), field(request, "token"));
    revocations(app).iter().map(asked).collect()
}

/// What revoking these asks for.
fn both(tokens: &Tokens) -> [(String, String); 2] {
    [
        ("refresh_token".to_owned(), tokens.refresh.clone()),
        ("access_token".to_owned(), tokens.access.clone()),
    ]
}

/// Waits until so many revocations have been answered.
async fn answered(app: &App, count: usize) {
    eventually(&format!("{count} revocations have been answered"), || {
        let requests = revocations(app);
        requests.len() == count && requests.iter().all(|request| request.status.is_some())
    })
    .await;
}

/// Everything that was to be done is done.
async fn settled(app: &App) {
    let report = app.config.shutdown(Duration::from_secs(20)).await;
    assert_eq!(report.cut_off, 0);
}

/// What the FHIR server says to an access token.
async fn fhir_status(app: &App, access_token: &str) -> u16 {
    let url = format!("{}/Patient/amber-testwood", app.sandbox.fhir_base_url());
    let header = format!("Bearer {access_token}");
    let headers = [("authorization", header.as_str())];
    Browser::new().send(Method::GET, &url, &headers, None).await.status
}

fn revoked_grants(app: &App) -> Vec<bool> {
    app.sandbox.grants().iter().map(|grant| grant.revoked).collect()
}
