//! Claims are about people: they are in no log line, no page and no `Debug`.

use actix_smart_auth::sandbox::IdTokens;
use serde_json::json;

use crate::support::{App, Browser, DUE, Logs, open};

const MARKER: &str = "idTokenMARKER";

#[actix_web::test]
async fn no_claim_of_an_id_token_is_logged_or_shown() {
    let logs = Logs::collect();
    let app = App::start();
    for name in ["sub", "name", "preferred_username", "email", "acr", "x"] {
        app.sandbox.set_id_token_claim(name, format!("{MARKER}-{name}"));
    }
    app.sandbox
        .set_id_token_claim("fhirUser", format!("Practitioner/{MARKER}"));
    let browser = Browser::new();
    let base = open(&app, &browser).await;
    let user = browser.get(&format!("{base}/user")).await;
    assert!(user.body.contains(MARKER), "the handler got it: {}", user.body);

    // Refused for each reason that names a claim, unusable, and another one's.
    for (name, value) in [
        ("fhirUser", json!(format!("{MARKER} {MARKER}"))),
        ("sub", json!(format!("{MARKER}ü"))),
        ("sub", json!([MARKER])),
        ("aud", json!(format!("{MARKER}-aud"))),
        ("azp", json!(format!("{MARKER}-azp"))),
        ("nonce", json!(format!("{MARKER}-nonce"))),
        ("exp", json!(MARKER)),
    ] {
        app.sandbox.set_id_token_claim(name, value);
        let page = super::launch(&app).await;
        assert!(!page.body.contains(MARKER), "{name}: {}", page.body);
    }
    app.sandbox.set_refresh_id_tokens(IdTokens::Issued);
    app.sandbox
        .set_refresh_id_token_claim("sub", format!("{MARKER}-another"));
    app.advance(DUE);
    let ended = browser.get(&format!("{base}/patient")).await;
    assert_eq!(ended.status, 401, "another user: {}", ended.body);
    assert!(!ended.body.contains(MARKER));

    let text = logs.text();
    let leaking: Vec<_> = text.lines().filter(|line| line.contains(MARKER)).collect();
    assert!(leaking.is_empty(), "{leaking:#?}");
    assert!(text.contains("an id token was refused"), "nothing was logged");
}

#[actix_web::test]
async fn debug_output_shows_no_claim() {
    let app = App::builder()
        .config(|config| {
            config.on_launch(|launched: actix_smart_auth::Launched| async move {
                let shown = format!("{launched:?} {:?}", launched.fhir_user());
                assert!(!shown.contains("paula-pretend"), "{shown}");
                Ok(actix_smart_auth::LandAt::Default)
            })
        })
        .start();
    assert_eq!(super::launch(&app).await.status, 200);
}
