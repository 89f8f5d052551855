use serde_json::json;

use super::*;
use crate::protocol::{
    http::HttpResponse,
    token_response::{Grant, Reading},
    token_type::TokenType,
    urls::FhirBaseUrl,
};
use crate::transport::captured_logs::capture_logs;

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const DEFAULT: Duration = Duration::from_secs(300);

fn response(members: serde_json::Value) -> TokenResponse {
    let mut body = json!({"access_token": "new", "token_type": "bearer", "expires_in": 100});
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    let reading = Reading {
        answer_to: Grant::Code,
        base: &FhirBaseUrl::parse("https://ehr.example/fhir").unwrap(),
        token_type: TokenType::Required,
        now: START,
    };
    TokenResponse::parse(
        &HttpResponse::new(200, Vec::new(), body.to_string().into_bytes()),
        &reading,
    )
    .unwrap()
}

/// By the default policy.
fn refreshed(launch: &TokenSet, members: serde_json::Value) -> Result<TokenSet, RefreshMismatch> {
    refreshed_by(PatientOnRefresh::default(), launch, members)
}

fn refreshed_by(
    policy: PatientOnRefresh,
    launch: &TokenSet,
    members: serde_json::Value,
) -> Result<TokenSet, RefreshMismatch> {
    launch
        .refreshed(response(members), later(), DEFAULT, policy)
        .map(|(tokens, _)| tokens)
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
    let after = refreshed(&before, json!({})).unwrap();
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
    let after = refreshed(&launch(), members).unwrap();
    assert_eq!(after.refresh_token().unwrap().expose_secret(), "R2");
    assert_eq!(after.raw_id_token().unwrap().expose_secret(), "I2");
    assert_eq!(after.granted_scopes().to_string(), "a");
    assert_eq!(after.context().encounter(), Some("e2"));
    assert_eq!(after.context().tenant(), Some("t"));
    assert_eq!(after.lifetime(), DEFAULT);
}

#[test]
fn the_client_of_an_installation_is_known_by_its_id() {
    let mut tokens = launch();
    assert_eq!(tokens.installation_client(), None);
    tokens.installation = Some(Box::new(Installation {
        client_id: "client-7".to_owned(),
        kid: "key-1".to_owned(),
    }));
    assert_eq!(tokens.installation_client(), Some("client-7"));
}

#[test]
fn a_blank_refresh_token_or_a_null_patient_changes_nothing() {
    let members = json!({"refresh_token": "", "patient": null, "id_token": ""});
    let after = refreshed(&launch(), members).unwrap();
    assert_eq!(after.refresh_token().unwrap().expose_secret(), "R1");
    assert_eq!(after.context().patient(), Some("p"));
    assert_eq!(after.raw_id_token().unwrap().expose_secret(), "I1");
}

#[test]
fn another_patient_is_an_error_by_every_policy() {
    for policy in [PatientOnRefresh::Ignored, PatientOnRefresh::TakenOver] {
        for patient in ["q", "P", "p2"] {
            let refreshed = refreshed_by(policy, &launch(), json!({ "patient": patient }));
            assert_eq!(refreshed.unwrap_err(), RefreshMismatch::PatientChanged);
        }
        let same = refreshed_by(policy, &launch(), json!({ "patient": "p", "encounter": "e2" })).unwrap();
        assert_eq!(
            (same.context().patient(), same.context().encounter()),
            (Some("p"), Some("e2"))
        );
    }
}

#[test]
fn a_patient_of_a_launch_without_one_is_ignored_with_the_encounter_unless_it_is_to_be_taken_over() {
    let without = first(json!({ "encounter": "e", "tenant": "t" }));
    let named = || json!({ "patient": "p", "encounter": "e2", "tenant": "t2" });
    let ignored = refreshed(&without, named()).unwrap();
    assert_eq!(
        (ignored.context().patient(), ignored.context().encounter()),
        (None, Some("e"))
    );
    // The token counts; all of the context is about that patient.
    assert_eq!(ignored.access_token().expose_secret(), "new");
    assert_eq!(ignored.context().tenant(), Some("t"));

    let without_both = first(json!({}));
    let ignored = refreshed(&without_both, named()).unwrap();
    assert_eq!(
        (ignored.context().patient(), ignored.context().encounter()),
        (None, None)
    );

    let report = |policy| {
        let refreshed = without.refreshed(response(named()), later(), DEFAULT, policy);
        refreshed.unwrap().1.has(TokenResponseFinding::PatientOnRefresh)
    };
    assert!(report(PatientOnRefresh::Ignored) && !report(PatientOnRefresh::TakenOver));

    let taken_over = refreshed_by(PatientOnRefresh::TakenOver, &without, named()).unwrap();
    let context = taken_over.context();
    assert_eq!((context.patient(), context.encounter()), (Some("p"), Some("e2")));
    // From now on it is the patient of the launch.
    let another = refreshed_by(PatientOnRefresh::TakenOver, &taken_over, json!({ "patient": "q" }));
    assert_eq!(another.unwrap_err(), RefreshMismatch::PatientChanged);
}

#[test]
fn an_encounter_of_a_launch_without_patient_is_taken_over_where_no_patient_is_named() {
    let without = first(json!({}));
    let after = refreshed(&without, json!({ "encounter": "e2" })).unwrap();
    assert_eq!(
        (after.context().patient(), after.context().encounter()),
        (None, Some("e2"))
    );
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

#[test]
fn another_encounter_is_logged_and_the_same_one_and_none_are_not() {
    for (launch, members, is_logged) in [
        (launch(), json!({ "encounter": "e2" }), true),
        (launch(), json!({ "encounter": "e" }), false),
        (launch(), json!({}), false),
        (first(json!({})), json!({ "encounter": "e" }), true),
        (first(json!({})), json!({}), false),
    ] {
        let logged = capture_logs(tracing::Level::WARN, || {
            refreshed(&launch, members.clone()).unwrap();
        });
        assert_eq!(logged.contains("another encounter"), is_logged, "{members}: {logged}");
    }
}
