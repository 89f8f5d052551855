//! Secrets stay where they belong: of a whole flow, failures included, none is in a log, an error, a `Debug` output or an
//! answer.

mod flow;
mod secrets;
mod spy;
mod values;

use actix_smart_auth::{ClientAuth, SmartAuth, options::AuthorizeMethod, sandbox::SandboxClient, store::TokenStore};

use crate::support::{App, CLIENT_ID, Logs, PRIVATE_KEY, Profile};
use spy::Spy;

const CLIENT_SECRET: &str = "marker-of-the-client-secret:+/%";
const PATIENT: &str = "marker-patient-5e1f";

fn client_auth(profile: Profile) -> ClientAuth {
    match profile {
        Profile::Secret => ClientAuth::client_secret(CLIENT_SECRET),
        other => other.client_auth(),
    }
}

/// An application with a store that learns its secrets.
fn app(profile: Profile, method: AuthorizeMethod) -> (App, Spy) {
    let spy = Spy::default();
    spy.secrets.add("client secret", CLIENT_SECRET);
    // Lines of the key's base64, and parts of them.
    for line in PRIVATE_KEY.lines().filter(|line| !line.starts_with('-')) {
        spy.secrets.add("private key", line);
        spy.secrets.add("private key", &line[line.len() / 2..]);
    }
    let store = TokenStore::new(spy.clone());
    let app = App::builder()
        .profile(profile)
        .ehr(move |ehr| ehr.client_auth(client_auth(profile)).authorize_method(method))
        .config(move |config| config.store(store))
        .start();
    if profile == Profile::Secret {
        let redirect_uri = app.url("/auth/callback");
        app.sandbox
            .register(SandboxClient::secret(CLIENT_ID, redirect_uri, CLIENT_SECRET));
    }
    (app, spy)
}

/// Searches the log and the store's `Debug` output.
fn assert_nothing_leaked(app: &App, spy: &Spy, logs: &Logs) {
    spy.secrets.learn_from(&app.sandbox.received_requests());
    spy.secrets.add("patient", PATIENT);
    spy.secrets.assert_not_in(&logs.text(), "log", &[]);
    spy.users.assert_not_in(&logs.text(), "log", &[]);
    spy.secrets.assert_not_in(&spy.shown(), "records", &[]);
    let shown = format!(
        "{:?} {:#?} {:?}",
        app.config,
        app.config,
        SmartAuth::new(app.config.clone())
    );
    spy.secrets.assert_not_in(&shown, "configuration", &[]);
}
