//! A new sign-in at the EHR: demanded, and believed only where the id token says that it happened.

mod after_timeout;
mod client;
mod max_age;
mod refused;
mod start_again;

use std::time::Duration;

use actix_smart_auth::{
    Quirks, SignIn,
    sandbox::{Endpoint, ReceivedRequest},
};

use crate::support::{App, AppBuilder, Opened};

/// Seconds that a launch may be unused here: less than a token lives.
const IDLE: u64 = 600;

/// An application that demands a new sign-in after a time-out.
fn again() -> AppBuilder {
    let app = App::builder().ehr(|ehr| ehr.sign_in(SignIn::AgainAfterTimeout));
    app.config(|config| config.idle_lifetime(Duration::from_secs(IDLE)))
}

/// The same, with a launch that has just timed out.
async fn timed_out(app: AppBuilder) -> Opened {
    let opened = Opened::with(app).await;
    opened.app.advance(IDLE);
    opened
}

/// Adds a `prompt` of the EHR's own to every request.
fn with_prompt(prompt: &'static str) -> Quirks {
    Quirks::none().authorization_parameter("prompt", prompt)
}

fn last_authorization(app: &App) -> ReceivedRequest {
    let requests = app.sandbox.received_requests();
    let mut authorizations = requests.into_iter().filter(|it| it.endpoint == Endpoint::Authorize);
    authorizations.next_back().unwrap()
}

/// What the last authorization request said about the sign-in: `prompt` and `max_age`.
fn asked(app: &App) -> (Option<String>, Option<String>) {
    let request = last_authorization(app);
    let one = |name: &str| {
        let values: Vec<_> = request.query.iter().filter(|(key, _)| key == name).collect();
        assert!(values.len() < 2, "{values:?}");
        values.first().map(|(_, value)| value.clone())
    };
    (one("prompt"), one("max_age"))
}

fn nothing() -> (Option<String>, Option<String>) {
    (None, None)
}

fn login() -> (Option<String>, Option<String>) {
    (Some("login".to_owned()), Some("0".to_owned()))
}
