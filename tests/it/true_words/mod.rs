//! What is said of the EHR is true: in the log why it refused, on pages whether it answered, and at the end of a launch that
//! its refresh token is dead.

mod access_log;
mod answered;
mod callbacks;
mod credentials;
mod dead_refresh;
mod refusals;

use actix_smart_auth::sandbox::Fault;
use serde_json::Value;

use crate::support::{App, Browser, Logs};

/// An answer with this body.
fn raw(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Fault {
    Fault::Raw {
        status,
        content_type: content_type.to_owned(),
        body: body.into(),
    }
}

fn json(status: u16, body: &Value) -> Fault {
    raw(status, "application/json", body.to_string())
}

/// The lines of the log about the EHR of this application that say this.
fn lines(logs: &Logs, app: &App, saying: &str) -> Vec<String> {
    let (text, ehr) = (logs.text(), app.sandbox.fhir_base_url());
    let about = |line: &&str| line.contains(&ehr) && line.contains(saying);
    text.lines().filter(about).map(str::to_owned).collect()
}

/// The one line about a refusal.
#[track_caller]
fn the_refusal(logs: &Logs, app: &App) -> String {
    let lines = lines(logs, app, "the EHR refused a request");
    let [line] = lines.as_slice() else {
        panic!("not one line: {lines:#?}");
    };
    line.clone()
}

#[track_caller]
fn says(line: &str, parts: &[&str]) {
    for part in parts {
        assert!(line.contains(part), "{part} is not in {line}");
    }
}

/// Up to the redirect back from the EHR, which is not opened.
async fn callback_of(app: &App, browser: &Browser) -> String {
    browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await
}
