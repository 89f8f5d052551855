//! What the log says where the EHR does not accept the credentials.

use std::time::Duration;

use actix_smart_auth::{
    ClientAuth, PrivateKey, PrivateKeyJwt, Quirks,
    options::{AssertionAudience, BasicEncoding, ClientIdInBody, ClientSecretIn, SecretPlacement},
    sandbox::{Fault, FaultPoint, SandboxClient, Times, When},
};
use serde_json::json as value;

use super::{callback_of, json, lines, says, the_refusal};
use crate::support::{App, AppBuilder, Browser, CLIENT_ID, DUE, Logs, Opened, PRIVATE_KEY, Profile};

const HINT: [&str; 2] = ["BasicEncoding::Raw", "ClientIdInBody::Send"];

/// Signs in where the exchange has this answer.
async fn refused(app: &App, fault: Fault) {
    app.sandbox
        .inject(FaultPoint::Exchange, When::Before, fault, Times::Once);
    let browser = Browser::new();
    browser.get(&callback_of(app, &browser).await).await;
}

fn oauth(status: u16, code: &str) -> Fault {
    json(
        status,
        &value!({"error": code, "error_description": "Failed to fetch JWKS from https://app.example/jwks"}),
    )
}

#[actix_web::test]
async fn refused_credentials_are_logged_with_key_algorithm_and_endpoint() {
    for (profile, kid, algorithm) in [(Profile::Es384, "ec-1", "ES384"), (Profile::Rs384, "rsa-1", "RS384")] {
        let (logs, app) = (Logs::collect(), App::builder().profile(profile).start());
        refused(&app, oauth(401, "invalid_client")).await;
        let line = the_refusal(&logs, &app);
        says(
            &line,
            &[
                "ERROR",
                "Failed to fetch JWKS from https://app.example/jwks",
                &format!("kid=\"{kid}\""),
                &format!("algorithm=\"{algorithm}\""),
                &format!("endpoint=\"{}\"", app.sandbox.token_endpoint()),
                "client_auth=\"private_key_jwt\"",
                &format!("client_id=\"{CLIENT_ID}\""),
                &format!("jwks_url=\"{}\"", app.url("/.well-known/jwks.json")),
                "hint=\"the EHR has to have this public key under this `kid`",
            ],
        );
        // The answer's `Date` shows that they agree.
        assert!(!line.contains("clock"), "{line}");
        assert!(!line.contains(HINT[0]), "{line}");
    }
}

#[actix_web::test]
async fn the_key_set_that_is_named_is_the_registered_one_where_assertions_name_it() {
    let registered = "https://keys.example/jwks.json";
    let (logs, app) = (
        Logs::collect(),
        App::builder()
            .profile(Profile::Es384)
            .ehr(move |ehr| ehr.client_auth(PrivateKeyJwt::new("ec-1", PrivateKey::pem(PRIVATE_KEY)).jku(registered)))
            .start(),
    );
    refused(&app, oauth(401, "invalid_client")).await;
    says(&the_refusal(&logs, &app), &[&format!("jwks_url=\"{registered}\"")]);
}

#[actix_web::test]
async fn a_refused_client_without_a_key_is_told_what_it_sent_and_what_to_try() {
    type Change = fn(AppBuilder) -> AppBuilder;
    let no_key: [(Change, &str, &str); 3] = [
        (|app| app, "none", "SMART_CLIENT_SECRET, or SMART_PRIVATE_KEY_PATH"),
        (
            |app| {
                app.ehr(|ehr| {
                    let auth = ClientAuth::client_secret("a-secret.of_letters-1");
                    ehr.client_id("plain-app").client_auth(auth)
                })
            },
            "client_secret_basic",
            "SecretPlacement::Body",
        ),
        (
            |app| {
                let in_body = ClientSecretIn::Always(SecretPlacement::Body);
                app.profile(Profile::Secret)
                    .ehr(move |ehr| ehr.quirks(Quirks::default().client_secret_in(in_body)))
            },
            "client_secret_post",
            "SecretPlacement::Header",
        ),
    ];
    for (change, method, hint) in no_key {
        let (logs, app) = (Logs::collect(), change(App::builder()).start());
        let (id, secret) = ("plain-app", "a-secret.of_letters-1");
        app.sandbox
            .register(SandboxClient::secret(id, app.url("/auth/callback"), secret));
        refused(&app, oauth(401, "invalid_client")).await;
        let line = the_refusal(&logs, &app);
        says(&line, &[&format!("client_auth=\"{method}\""), "client_id=", hint]);
        assert!(!line.contains("jwks_url=") && !line.contains("kid="), "{line}");
    }
    // Another error is about something else.
    let (logs, app) = (Logs::collect(), App::start());
    refused(&app, oauth(400, "invalid_scope")).await;
    let line = the_refusal(&logs, &app);
    assert!(!line.contains("client_auth=") && !line.contains("hint="), "{line}");
}

/// The error's own text knows nothing of clocks.
#[actix_web::test]
async fn the_last_line_about_a_refused_client_points_to_the_one_with_the_reason() {
    let (logs, opened) = (Logs::collect(), Opened::start().await);
    let app = &opened.app;
    app.sandbox.inject(
        FaultPoint::Refresh,
        When::Before,
        oauth(401, "invalid_client"),
        Times::Once,
    );
    app.advance(DUE);
    opened.token().await;
    refused(app, oauth(401, "invalid_client")).await;
    let pointing = lines(
        &logs,
        app,
        "the EHR refuses this application; the line above says what is known and what to try",
    );
    let [of_refresh, of_exchange] = pointing.as_slice() else {
        panic!("not two lines: {pointing:#?}");
    };
    says(of_refresh, &["The launch is kept", "(invalid_client, status 401)"]);
    says(of_exchange, &["(invalid_client, status 401)"]);
    assert!(pointing.iter().all(|line| !line.contains("check")), "{pointing:#?}");
}

#[actix_web::test]
async fn a_client_that_cannot_authenticate_is_not_said_to_be_refused() {
    let (logs, app) = (
        Logs::collect(),
        App::builder()
            .profile(Profile::Es384)
            .ehr(|ehr| {
                let quirks = Quirks::default().assertion_audience(AssertionAudience::Issuer);
                ehr.quirks(quirks)
            })
            .start(),
    );
    app.sandbox.set_metadata_field("issuer", value!(null));
    let browser = Browser::new();
    browser.get(&callback_of(&app, &browser).await).await;
    let told = lines(
        &logs,
        &app,
        "this application cannot authenticate at the EHR; nothing was sent",
    );
    let [line] = told.as_slice() else {
        panic!("not one line: {told:#?}");
    };
    says(line, &["ERROR", "names no `issuer` for the assertion"]);
    assert!(lines(&logs, &app, "the EHR refuses").is_empty());
}

#[actix_web::test]
async fn clocks_that_differ_are_named_where_credentials_are_refused() {
    for (step, said) in [(120, "behind"), (-120, "ahead of")] {
        let (logs, app) = (
            Logs::collect(),
            App::builder().profile(Profile::Es384).with_clock_of_its_own().start(),
        );
        let by = Duration::from_secs(120);
        // The sandbox's server dates its answers by the clock of the machine.
        if step > 0 {
            app.clock.step_forward(by);
        } else {
            app.clock.step_back(by);
        }
        refused(&app, oauth(401, "invalid_client")).await;
        let line = the_refusal(&logs, &app);
        says(
            &line,
            &[
                "clocks=\"the EHR's clock is 1",
                &format!(" s {said} this machine's\""),
                "hint=\"the clocks differ: set this machine's clock first (NTP)",
            ],
        );
        refused(&app, oauth(400, "invalid_scope")).await;
        let others = lines(&logs, &app, "invalid_scope");
        assert!(others.iter().all(|line| !line.contains("clocks=")), "{others:?}");
    }
}

#[actix_web::test]
async fn a_refusal_of_credentials_that_are_changed_by_encoding_names_the_options() {
    for (status, code) in [(403, "unauthorized_client"), (401, "invalid_client")] {
        let (logs, app) = (Logs::collect(), App::builder().profile(Profile::Secret).start());
        refused(&app, oauth(status, code)).await;
        says(&the_refusal(&logs, &app), &HINT);
    }
    let (logs, app) = (Logs::collect(), App::builder().profile(Profile::Secret).start());
    refused(&app, Fault::Status(403)).await;
    says(&the_refusal(&logs, &app), &HINT);
}

#[actix_web::test]
async fn the_options_are_not_named_where_they_make_no_difference() {
    let as_is: [fn(AppBuilder) -> AppBuilder; 3] = [
        |app| {
            app.ehr(|ehr| {
                let auth = ClientAuth::client_secret("a-secret.of_letters-1");
                ehr.client_id("plain-app").client_auth(auth)
            })
        },
        |app| {
            app.ehr(|ehr| {
                let quirks = Quirks::default()
                    .basic_encoding(BasicEncoding::Raw)
                    .client_id_in_body(ClientIdInBody::Send);
                ehr.client_id("plain app").quirks(quirks)
            })
        },
        // In the body every value is encoded once, and decoded by every server.
        |app| {
            let in_body = ClientSecretIn::Always(SecretPlacement::Body);
            app.ehr(move |ehr| ehr.quirks(Quirks::default().client_secret_in(in_body)))
        },
    ];
    for change in as_is {
        let (logs, app) = (Logs::collect(), change(App::builder().profile(Profile::Secret)).start());
        for id in ["plain-app", "plain app"] {
            let client = SandboxClient::secret(id, app.url("/auth/callback"), "a-secret.of_letters-1");
            app.sandbox.register(client);
        }
        refused(&app, oauth(401, "invalid_client")).await;
        let line = the_refusal(&logs, &app);
        assert!(!line.contains(HINT[0]), "{line}");
    }
    // Another error is about something else.
    let (logs, app) = (Logs::collect(), App::builder().profile(Profile::Secret).start());
    refused(&app, oauth(400, "invalid_scope")).await;
    assert!(!the_refusal(&logs, &app).contains(HINT[0]));
}
