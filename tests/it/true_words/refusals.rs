//! The line of the log for each refusal: code, description and address, and nobody's name.

use actix_smart_auth::{
    options::EhrTexts,
    sandbox::{FaultPoint, Times, When},
};
use serde_json::json as value;

use super::{callback_of, json, lines, raw, says, the_refusal};
use crate::support::{App, Browser, DUE, Logs, Opened, eventually};

const URI: &str = "https://ehr.example/errors?code=17";

#[actix_web::test]
async fn a_refused_exchange_is_logged_with_code_description_and_address() {
    let (logs, app, browser) = (Logs::collect(), App::start(), Browser::new());
    let body = value!({"error": "invalid_scope", "error_description": "Scope x is\r\n not <b>registered</b>",
        "error_uri": URI});
    app.sandbox
        .inject(FaultPoint::Exchange, When::Before, json(400, &body), Times::Once);
    browser.get(&callback_of(&app, &browser).await).await;
    let line = the_refusal(&logs, &app);
    says(
        &line,
        &[
            "WARN",
            "request=\"exchange of a code\"",
            "status=400",
            "code=\"invalid_scope\"",
            "error_description=\"Scope x is not registered\"",
            &format!("error_uri=\"{URI}\""),
            &format!("endpoint=\"{}\"", app.sandbox.token_endpoint()),
        ],
    );
}

#[actix_web::test]
async fn a_refused_refresh_is_logged_without_the_patient_the_user_and_the_tokens() {
    let (logs, opened) = (Logs::collect(), Opened::start().await);
    let (record, _) = opened.record().await;
    let patient = record.tokens.context().patient().unwrap().to_owned();
    let user = record.identity.as_ref().unwrap().subject().to_owned();
    let says_all = format!("Session of {user} for {patient} has ended");
    let body =
        value!({"error": "weird_code", "error_description": says_all, "error_uri": format!("{URI}&p={patient}")});
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::Before, json(400, &body), Times::Once);
    opened.app.advance(DUE);
    opened.token().await;
    let line = the_refusal(&logs, &opened.app);
    says(
        &line,
        &[
            "request=\"refresh\"",
            "code=\"weird_code\"",
            "error_description=\"Session of … for … has ended\"",
            &format!("error_uri=\"{URI}&p=…\""),
        ],
    );
    assert!(!line.contains(&patient) && !line.contains(&user), "{line}");
}

#[actix_web::test]
async fn a_description_that_repeats_a_token_is_dropped_and_the_code_stays() {
    let (logs, opened) = (Logs::collect(), Opened::start().await);
    let tokens = opened.record().await.0.tokens.clone();
    let access = tokens.access_token().expose_secret();
    let body = value!({"error": "invalid_grant", "error_description": format!("{access} is dead")});
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::Before, json(400, &body), Times::Once);
    opened.app.advance(DUE);
    opened.token().await;
    let line = the_refusal(&logs, &opened.app);
    says(&line, &["INFO", "code=\"invalid_grant\""]);
    assert!(!line.contains("error_description") && !line.contains(access), "{line}");
}

#[actix_web::test]
async fn a_refusal_in_another_form_is_logged_with_what_it_says() {
    for (fault, description) in [
        (raw(400, "text/plain", "Invalid refresh token"), "Invalid refresh token"),
        (json(401, &value!({"message": "Unauthorized"})), "Unauthorized"),
        (json(400, &value!({"error": "It has expired"})), "It has expired"),
    ] {
        let (logs, opened) = (Logs::collect(), Opened::start().await);
        opened
            .app
            .sandbox
            .inject(FaultPoint::Refresh, When::Before, fault, Times::Once);
        opened.app.advance(DUE);
        opened.token().await;
        says(
            &the_refusal(&logs, &opened.app),
            &[&format!("error_description=\"{description}\"")],
        );
    }
}

#[actix_web::test]
async fn texts_of_the_ehr_can_be_left_out_and_code_and_address_stay() {
    let logs = Logs::collect();
    let app = App::builder()
        .config(|config| config.ehr_texts(EhrTexts::LeftOut))
        .start();
    let browser = Browser::new();
    let body = value!({"error": "invalid_scope", "error_description": "MARKER", "error_uri": URI});
    app.sandbox
        .inject(FaultPoint::Exchange, When::Before, json(400, &body), Times::Once);
    browser.get(&callback_of(&app, &browser).await).await;
    let line = the_refusal(&logs, &app);
    says(&line, &["code=\"invalid_scope\"", URI]);
    assert!(!line.contains("MARKER"), "{line}");

    let callback = callback_of(&app, &browser).await;
    let state = callback.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let refused = format!("/auth/callback?error=server_error&error_description=MARKER&state={state}");
    browser.get(&app.url(&refused)).await;
    let lines = lines(&logs, &app, "answered an authorization request with an error");
    assert!(lines.len() == 1 && lines[0].contains("server_error"), "{lines:?}");
    assert!(!lines[0].contains("MARKER"), "{lines:?}");
}

#[actix_web::test]
async fn a_refused_revocation_and_introspection_are_logged_too() {
    let (logs, opened) = (Logs::collect(), Opened::start().await);
    let patient = opened.record().await.0.tokens.context().patient().unwrap().to_owned();
    let body = value!({"error": "unauthorized_client", "error_description": format!("not for {patient}")});
    for point in [FaultPoint::Revocation, FaultPoint::Introspection] {
        opened
            .app
            .sandbox
            .inject(point, When::Before, json(403, &body), Times::Once);
    }
    let session = opened.app.config.resume(&opened.handle()).await.unwrap();
    session.introspect().await.unwrap_err();
    session.end().await.unwrap();
    let said = |request: &str| lines(&logs, &opened.app, &format!("request=\"{request}\""));
    eventually("both are logged", || {
        said("revocation").len() == 1 && said("introspection").len() == 1
    })
    .await;
    for line in said("revocation").into_iter().chain(said("introspection")) {
        says(
            &line,
            &["code=\"unauthorized_client\"", "error_description=\"not for …\""],
        );
        assert!(!line.contains(&patient), "{line}");
    }
}

#[actix_web::test]
async fn refusals_that_strangers_cause_are_logged_ten_times_and_do_not_push_out_others() {
    let (logs, opened) = (Logs::collect(), Opened::start().await);
    let app = &opened.app;
    let body = value!({"error": "invalid_grant", "error_description": "no such code"});
    app.sandbox
        .inject(FaultPoint::Exchange, When::Before, json(400, &body), Times::Always);
    for _ in 0..15 {
        let stranger = Browser::new();
        stranger.get(&callback_of(app, &stranger).await).await;
    }
    let of_strangers = || lines(&logs, app, "exchange of a code").len();
    assert_eq!(of_strangers(), 10);
    app.sandbox.inject(
        FaultPoint::Refresh,
        When::Before,
        raw(400, "text/plain", "dead"),
        Times::Once,
    );
    app.advance(DUE);
    opened.token().await;
    assert_eq!(lines(&logs, app, "request=\"refresh\"").len(), 1);
}
