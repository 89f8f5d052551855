use serde_json::json;

use super::*;
use crate::protocol::http::HttpResponse;

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const DEFAULT: Duration = Duration::from_secs(300);

fn response(members: serde_json::Value) -> TokenResponse {
    let mut body = json!({"access_token": "new", "token_type": "bearer", "expires_in": 100});
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    TokenResponse::parse(
        &HttpResponse::new(200, Vec::new(), body.to_string().into_bytes()),
        START,
    )
    .unwrap()
}

fn launch() -> TokenSet {
    first(
        json!({"access_token": "old", "refresh_token": "R1", "id_token": "I1", "scope": "a b", "patient": "p",
        "encounter": "e", "tenant": "t"}),
    )
}

fn first(members: serde_json::Value) -> TokenSet {
    TokenSet::of_launch(response(members), &Scopes::default(), START, DEFAULT)
}

fn later() -> Timestamp {
    START.saturating_add(Duration::from_secs(90))
}

#[test]
fn a_refresh_that_says_nothing_else_keeps_everything_else() {
    let before = launch();
    let after = before.refreshed(response(json!({})), later(), DEFAULT).unwrap();
    assert_eq!(after.access_token().expose_secret(), "new");
    assert_eq!(after.refresh_token().unwrap().expose_secret(), "R1");
    assert_eq!(after.raw_id_token().unwrap().expose_secret(), "I1");
    assert_eq!(after.granted_scopes().to_string(), "a b");
    assert_eq!(after.context(), before.context());
    assert_eq!(after.requested_at(), later());
    assert_eq!(after.expires_at(), later().saturating_add(Duration::from_secs(100)));
}

#[test]
fn what_a_refresh_says_replaces_what_was_there() {
    let members = json!({"refresh_token": "R2", "id_token": "I2", "scope": "a", "patient": "p", "encounter": "e2",
        "expires_in": null});
    let after = launch().refreshed(response(members), later(), DEFAULT).unwrap();
    assert_eq!(after.refresh_token().unwrap().expose_secret(), "R2");
    assert_eq!(after.raw_id_token().unwrap().expose_secret(), "I2");
    assert_eq!(after.granted_scopes().to_string(), "a");
    assert_eq!(after.context().encounter(), Some("e2"));
    assert_eq!(after.context().tenant(), Some("t"));
    assert_eq!(after.lifetime(), DEFAULT);
}

#[test]
fn a_blank_refresh_token_or_a_null_patient_changes_nothing() {
    let members = json!({"refresh_token": "", "patient": null, "id_token": ""});
    let after = launch().refreshed(response(members), later(), DEFAULT).unwrap();
    assert_eq!(after.refresh_token().unwrap().expose_secret(), "R1");
    assert_eq!(after.context().patient(), Some("p"));
    assert_eq!(after.raw_id_token().unwrap().expose_secret(), "I1");
}

#[test]
fn another_patient_or_a_sudden_one_is_an_error() {
    for patient in ["q", "P", "p2"] {
        let refreshed = launch().refreshed(response(json!({ "patient": patient })), later(), DEFAULT);
        assert_eq!(refreshed.unwrap_err(), RefreshMismatch::PatientChanged);
    }
    let without = first(json!({}));
    let refreshed = without.refreshed(response(json!({"patient": "p"})), later(), DEFAULT);
    assert_eq!(refreshed.unwrap_err(), RefreshMismatch::PatientChanged);
}

#[test]
fn a_token_is_due_at_half_its_life_or_five_minutes_and_unusable_at_a_tenth_or_thirty_seconds() {
    for (life, due_at, unusable_at) in [(3_600, 3_300, 3_570), (570, 285, 540), (100, 50, 90)] {
        let tokens = first(json!({ "expires_in": life }));
        let at = |seconds: u64| START.saturating_add(Duration::from_secs(seconds));
        assert!(!tokens.is_due(at(due_at)) && tokens.is_due(at(due_at + 1)), "{life}");
        assert!(tokens.is_usable(at(unusable_at - 1)), "{life}");
        assert!(!tokens.is_usable(at(unusable_at)), "{life}");
    }
}
