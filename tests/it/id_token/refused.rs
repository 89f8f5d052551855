//! A bad id token through the whole application: a page, nothing stored, and a line for the one who has to mend it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use actix_smart_auth::{
    LandAt, Launched,
    sandbox::{KeyIds, KeyRotation, SandboxServer},
    time::Clock as _,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::Watched;
use crate::support::{App, Browser, CLIENT_ID, Logs};

type Spoil = fn(&Watched);

/// What is wrong, how it is made, and what the log calls it.
const BAD: &[(&str, Spoil, &str)] = &[
    (
        "another issuer",
        |it| claim(it, "iss", json!("https://evil.example")),
        "IdToken(OtherIssuer",
    ),
    (
        "a slash after the issuer",
        |it| claim(it, "iss", json!(format!("{}/", it.app.sandbox.fhir_base_url()))),
        "IdToken(OtherIssuer",
    ),
    (
        "no issuer",
        |it| claim(it, "iss", Value::Null),
        "IdToken(MissingIssuer)",
    ),
    (
        "another audience",
        |it| claim(it, "aud", json!("another app")),
        "IdToken(OtherAudience)",
    ),
    (
        "several audiences without azp",
        |it| claim(it, "aud", json!([CLIENT_ID, "b"])),
        "IdToken(MissingAuthorizedParty)",
    ),
    (
        "another azp",
        |it| claim(it, "azp", json!("b")),
        "IdToken(OtherAuthorizedParty)",
    ),
    (
        "expired by 61 s",
        |it| claim(it, "exp", json!(it.app.clock.now().as_secs() - 61)),
        "IdToken(Expired { ago: 61s, issued_ago: None })",
    ),
    (
        "no expiry",
        |it| claim(it, "exp", Value::Null),
        "IdToken(MissingExpiry)",
    ),
    (
        "issued in the future",
        |it| claim(it, "iat", json!(it.app.clock.now().as_secs() + 61)),
        "IdToken(IssuedInFuture { ahead: 61s })",
    ),
    (
        "another nonce",
        |it| claim(it, "nonce", json!("x")),
        "IdToken(OtherNonce)",
    ),
    ("no user", |it| claim(it, "sub", Value::Null), "IdToken(MissingSubject)"),
    (
        "an empty user",
        |it| claim(it, "sub", json!("")),
        "IdToken(EmptySubject)",
    ),
    (
        "an unknown key",
        |it| it.app.sandbox.set_key_ids(KeyIds::InTokens("nobody".to_owned())),
        "IdToken(UnknownKey)",
    ),
    (
        "not a token",
        |it| token(&it.app.sandbox, "nonsense"),
        "IdToken(NotThreeParts)",
    ),
    (
        "an encrypted token",
        |it| token(&it.app.sandbox, "a.b.c.d.e"),
        "IdToken(Encrypted)",
    ),
    ("no signature", |it| unsigned(it, "none"), "IdToken(Unsigned)"),
    (
        "a shared key",
        |it| unsigned(it, "HS256"),
        "IdToken(SymmetricAlgorithm)",
    ),
    (
        "no key set",
        |it| {
            it.app
                .sandbox
                .set_metadata_field("jwks_uri", it.app.sandbox.token_endpoint())
        },
        "Keys(",
    ),
];

fn claim(watched: &Watched, name: &str, value: Value) {
    watched.app.sandbox.set_id_token_claim(name, value);
}

fn token(sandbox: &SandboxServer, token: &str) {
    sandbox.set_token_response_field("id_token", token);
}

/// A token with good claims that nobody has signed.
fn unsigned(watched: &Watched, algorithm: &str) {
    let now = watched.app.clock.now().as_secs();
    let issuer = watched.app.sandbox.fhir_base_url();
    let claims = json!({"iss": issuer, "sub": "x", "aud": CLIENT_ID, "iat": now, "exp": now + 300});
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}.", part(json!({"alg": algorithm})), part(claims));
    token(&watched.app.sandbox, &text);
}

#[actix_web::test]
async fn a_bad_id_token_is_a_calm_page_opens_nothing_and_is_named_in_the_log() {
    let logs = Logs::collect();
    for (what, spoil, named) in BAD {
        let asked = Arc::new(AtomicUsize::new(0));
        let hook = Arc::clone(&asked);
        let watched = Watched::with(App::builder().config(move |config| {
            config.on_launch(move |_: Launched| {
                hook.fetch_add(1, Ordering::SeqCst);
                async { Ok(LandAt::Default) }
            })
        }));
        spoil(&watched);
        let (app, browser) = (&watched.app, Browser::new());
        let callback = browser
            .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
            .await;
        let page = browser.get(&callback).await;
        let (status, code) = (502, "identity-refused");
        assert_eq!(page.status, status, "{what}: {}", page.body);
        assert!(page.body.contains("Please start again."), "{what}: {}", page.body);
        let again = browser.api(&callback).await;
        assert_eq!(
            (again.status, again.json()["code"].as_str()),
            (status, Some(code)),
            "{what}"
        );
        assert_eq!(app.exchanges(), 1, "{what}: the code is sent once");
        assert_eq!(watched.opened(), 0, "{what}: nothing is stored");
        assert_eq!(asked.load(Ordering::SeqCst), 0, "{what}: the application is not asked");
        let jar = browser.jar();
        assert!(
            !jar.iter().any(|(path, ..)| path.starts_with("/~")),
            "{what}: no launch"
        );

        let (log, ehr) = (logs.text(), app.sandbox.fhir_base_url());
        let told = |line: &str| line.contains("ERROR") && line.contains(&ehr) && line.contains(named);
        assert!(log.lines().any(told), "{what}: not in the log");
    }
}

#[actix_web::test]
async fn the_page_says_what_happened_without_a_word_of_the_token() {
    let watched = Watched::start();
    watched.app.sandbox.set_id_token_claim("aud", "MARKER-aud");
    let page = watched.launch().await;
    assert!(
        page.body.contains("It could not be checked who signed in"),
        "{}",
        page.body
    );
    assert!(page.body.contains("nothing was opened"), "{}", page.body);
    assert!(
        !page.body.contains("MARKER") && !page.body.contains("aud"),
        "{}",
        page.body
    );
}

#[actix_web::test]
async fn a_signature_with_another_key_of_the_set_is_refused() {
    let watched = Watched::start();
    let keys = Browser::new().api(&watched.app.sandbox.jwks_url()).await.json();
    let first = keys["keys"][0]["kid"].as_str().unwrap().to_owned();
    watched.app.sandbox.rotate_id_token_key(KeyRotation::KeepOld);
    watched.app.sandbox.set_key_ids(KeyIds::InTokens(first));
    let logs = Logs::collect();
    assert_eq!(watched.launch().await.status, 502);
    let ehr = watched.app.sandbox.fhir_base_url();
    let log = logs.text();
    assert!(
        log.lines()
            .any(|line| line.contains(&ehr) && line.contains("IdToken(BadSignature)"))
    );
}

#[actix_web::test]
async fn the_edges_of_what_is_allowed_open() {
    type Change = fn(&Watched);
    let edges: [(&str, Change); 6] = [
        ("expired 59 s ago", |it| {
            claim(it, "exp", json!(it.app.clock.now().as_secs() - 59))
        }),
        ("issued in 60 s", |it| {
            claim(it, "iat", json!(it.app.clock.now().as_secs() + 60))
        }),
        ("a list of one audience", |it| claim(it, "aud", json!([CLIENT_ID]))),
        ("azp is this client", |it| {
            claim(it, "aud", json!([CLIENT_ID, "b"]));
            claim(it, "azp", json!(CLIENT_ID));
        }),
        ("no key ids at all", |it| it.app.sandbox.set_key_ids(KeyIds::Absent)),
        ("malformed keys beside the good one", |it| {
            it.app
                .sandbox
                .set_more_keys(vec![json!({"kty": "RSA"}), json!(7), json!({"kty": "oct", "k": "AA"})]);
        }),
    ];
    for (what, change) in edges {
        let watched = Watched::start();
        change(&watched);
        let page = watched.launch().await;
        assert_eq!(page.status, 200, "{what}: {}", page.body);
    }
}
