//! What earlier versions wrote goes on reading.

use super::*;
use crate::{
    protocol::client_auth::{SecretPlacement, SigningAlgorithm},
    store::EndpointsSource,
};

fn text(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// Stores of running installations hold exactly this. The samples must go on reading; never change them.
#[test]
fn launches_of_version_one_go_on_reading_and_are_still_what_is_written() {
    let before = r#"{"v":1,"browser":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE","proof":"BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU","ehr":"https://ehr.example/fhir","aud":"https://ehr.example/fhir/","kind":"ehr","endpoints":{"token":"https://ehr.example/auth/token","revocation":"https://ehr.example/auth/revoke","introspection":"https://ehr.example/auth/introspect?x=1","issuer":"https://ehr.example","jwks_uri":"https://ehr.example/auth/jwks"},"requested":"launch openid fhirUser patient/*.rs","user":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc","opened_at":1700000000123,"tokens":{"access_token":"MARKER-access","refresh_token":"MARKER-refresh","id_token":"MARKER-id","granted":"launch openid fhirUser patient/*.rs","requested_at":1700000000123,"expires_at":1700003600123,"context":{"patient":"p1","encounter":"e1","fhir_context":[{"reference":"ImagingStudy/1","role":"launch","x":1}],"need_patient_banner":false,"intent":"order","smart_style_url":"https://ehr.example/style.json","tenant":"t","other":{"appContext":"é\"\\\u0001","n":1.5}}},"refresh":{"last_success":1,"failures":2,"not_before":3,"unanswered_since":4,"last_failure":"ehr_unavailable"}}"#;
    // The first versions wrote no digest of the patient.
    let read = LaunchRecord::from_bytes(before.as_bytes()).unwrap();
    let mut expected = full_launch();
    (expected.patient, expected.began_at) = (None, None);
    Arc::make_mut(&mut expected.origin).client = None;
    expected.patient_facts = None;
    assert_eq!(read.to_bytes(), expected.to_bytes());
    assert_eq!(value(&read.to_bytes()), value(before.as_bytes()));
    assert_eq!(FormerPatient::of(&read), FormerPatient::Unknown);

    let mut now = value(before.as_bytes());
    // The next ones pinned no client.
    now["patient_digest"] = json!(SIXES);
    let read = LaunchRecord::from_bytes(&text(&now)).unwrap();
    expected.patient = full_launch().patient;
    assert_eq!(read.to_bytes(), expected.to_bytes());

    (now["client"], now["auth"]) = (json!("my-app"), json!("secret"));
    let read = LaunchRecord::from_bytes(&text(&now)).unwrap();
    (expected.origin, expected.began_at) = (full_launch().origin, None);
    assert_eq!(read.to_bytes(), expected.to_bytes());

    // Nor did they say when the sign-in began.
    now["began_at"] = now["opened_at"].clone();
    let read = LaunchRecord::from_bytes(&text(&now)).unwrap();
    expected.began_at = full_launch().began_at;
    assert_eq!(read.to_bytes(), expected.to_bytes());

    // Nor could they keep who the patient is.
    now["patient_facts"] = json!({
        "id": "p1", "birth_date": "1987-02-20", "gender": "female", "deceased": {"on": "2025-01-02"},
        "names": [{"use": "official", "text": "MARKER-name", "given": ["MARKER-given"]}],
        "identifiers": [{"system": "urn:mrn", "value": "MARKER-number", "type_code": "MR"}]
    });
    let read = LaunchRecord::from_bytes(&text(&now)).unwrap();
    assert_eq!(read.to_bytes(), full_launch().to_bytes());
    assert_eq!(value(&read.to_bytes()), now);
    assert_eq!(FormerPatient::of(&read), FormerPatient::Patient(PatientDigest([6; 32])));
}

/// As above.
#[test]
fn ended_launches_of_version_one_go_on_reading_and_are_still_what_is_written() {
    let end = |members: Value| {
        let mut end = json!({
            "v": 1, "browser": ONES, "proof": FIVES, "kind": "ehr", "ehr": "https://ehr.example/fhir",
            "reason": "other_user", "ended_at": 1_700_000_000_123_u64
        });
        let members = members.as_object().unwrap().clone();
        end.as_object_mut().unwrap().extend(members);
        end
    };
    // The first versions hashed the patient without a key, and wrote nothing where there was none: nothing is known.
    let before = end(json!({"patient": "cR0JEYxWd3bKlJ6hic1HUA2hnhZZ5F2TVWj8AtURyBY"}));
    for before in [before, end(json!({}))] {
        let read = EndedLaunch::from_bytes(&text(&before)).unwrap();
        assert_eq!(read.patient, FormerPatient::Unknown);
        assert_eq!(
            (read.browser, read.reason, read.ended_at),
            (BROWSER, EndReason::OtherUser, NOW)
        );
        assert_eq!(value(&read.to_bytes()), end(json!({})));
    }
    let mut without = full_launch();
    without.tokens.context = serde_json::from_value(json!({})).unwrap();
    let without = EndedLaunch::of(&without, EndReason::OtherUser, NOW);
    for (written, now) in [
        (ended(), end(json!({"patient_digest": SIXES}))),
        (without, end(json!({"without_patient": true}))),
    ] {
        assert_eq!(value(&written.to_bytes()), now);
        let read = EndedLaunch::from_bytes(&text(&now)).unwrap();
        assert_eq!(read.patient, written.patient);
        assert_eq!(value(&read.to_bytes()), now);
    }
}

/// As above.
#[test]
fn outcomes_of_version_one_go_on_reading_and_are_still_what_is_written() {
    // The first versions gave no browser a new id.
    let before =
        json!({"v": 1, "landed": {"launch": "AAAAAAAAAAAAAAAAAAAAAA", "secret": "MARKER-secret", "location": "/x"}});
    let read = CallbackOutcome::from_bytes(&text(&before)).unwrap();
    assert!(matches!(&read, CallbackOutcome::Landed { new_browser: None, .. }));
    assert_eq!(value(&read.to_bytes()), before);

    let mut now = before;
    now["landed"]["new_browser"] = json!("MARKER-browser-cookie");
    let read = CallbackOutcome::from_bytes(&text(&now)).unwrap();
    assert_eq!(value(&read.to_bytes()), now);
    assert_eq!(value(&landed("/x").to_bytes()), now);

    let failure = json!({"v": 1, "failed": {
        "kind": "access_denied", "began": "ehr", "ehr": "https://ehr.example/fhir", "error_code": "access_denied", "description": "a description <from> outside"
    }});
    let read = CallbackOutcome::from_bytes(&text(&failure)).unwrap();
    assert_eq!(value(&read.to_bytes()), failure);
    assert_eq!(value(&failed(FailedCallbackKind::AccessDenied).to_bytes()), failure);
}

/// Browsers hold exactly this in their cookies, sealed, while a new version of an application takes over.
#[test]
fn pending_authorizations_of_version_one_go_on_reading_and_are_still_what_is_written() {
    let mut pending = json!({
        "v": 1, "ehr": "https://ehr.example/fhir", "kind": "ehr",
        "endpoints": {
            "token": "https://ehr.example/auth/token",
            "revocation": "https://ehr.example/auth/revoke",
            "issuer": "https://ehr.example",
            "jwks_uri": "https://ehr.example/auth/jwks"
        },
        "redirect_uri": "https://app.example/auth/callback", "aud": "https://ehr.example/fhir/",
        "code_verifier": "MARKER-verifier", "nonce": "MARKER-nonce",
        "requested": "launch openid fhirUser patient/*.rs",
        "return_to": "labs?tab=2", "return_patient": SEVENS, "started_at": 1_700_000_000_123_u64
    });
    // The first versions pinned no client.
    let read = PendingRecord::from_bytes(&text(&pending)).unwrap();
    assert_eq!(read.client, None);
    assert_eq!(value(&read.to_bytes()), pending);

    (pending["client"], pending["auth"]) = (json!("my-app"), json!("secret"));
    let read = PendingRecord::from_bytes(&text(&pending)).unwrap();
    assert_eq!(read.to_bytes(), sample::pending(NOW).to_bytes());
    assert_eq!(value(&read.to_bytes()), pending);

    let members = pending.as_object_mut().unwrap();
    // The browser's session was there once, and is not looked at any more.
    members.insert("session".to_owned(), json!(ONES));
    let read = PendingRecord::from_bytes(&text(&Value::Object(members.clone()))).unwrap();
    assert_eq!(read.to_bytes(), sample::pending(NOW).to_bytes());
    members.remove("session");
    members.remove("return_patient");
    members.insert("return_without_patient".to_owned(), json!(true));
    let read = PendingRecord::from_bytes(&text(&pending)).unwrap();
    assert_eq!(read.return_for, ReturnFor::NoPatient);
    assert_eq!(value(&read.to_bytes()), pending);
}

/// Written since the version that looks at the promise; records without it promise nothing.
#[test]
fn the_promise_of_an_iss_is_kept_and_its_absence_is_none() {
    let endpoints = json!({"token": "https://ehr.example/auth/token", "iss_promised": true});
    let mut launch = value(&full_launch().to_bytes());
    launch["endpoints"] = endpoints.clone();
    let read = LaunchRecord::from_bytes(launch.to_string().as_bytes()).unwrap();
    assert_eq!(
        read.origin.endpoints.iss_parameter,
        crate::options::IssParameter::Promised
    );
    assert_eq!(value(&read.to_bytes())["endpoints"], endpoints);
    for absent in [json!(null), json!(false)] {
        launch["endpoints"]["iss_promised"] = absent;
        let read = LaunchRecord::from_bytes(launch.to_string().as_bytes()).unwrap();
        assert_eq!(
            read.origin.endpoints.iss_parameter,
            crate::options::IssParameter::NotPromised
        );
        assert_eq!(value(&read.to_bytes())["endpoints"].get("iss_promised"), None);
    }
}

/// Written since the version that can send a secret in the body; records without it send it in the header.
#[test]
fn the_place_of_a_secret_is_kept_and_its_absence_is_the_header() {
    let endpoints = json!({"token": "https://ehr.example/auth/token", "secret_in_body": true});
    let mut launch = value(&full_launch().to_bytes());
    assert_eq!(launch["endpoints"].get("secret_in_body"), None);
    assert_eq!(full_launch().origin.endpoints.client_secret, SecretPlacement::Header);
    launch["endpoints"] = endpoints.clone();
    let read = LaunchRecord::from_bytes(&text(&launch)).unwrap();
    assert_eq!(read.origin.endpoints.client_secret, SecretPlacement::Body);
    assert_eq!(value(&read.to_bytes())["endpoints"], endpoints);
    for absent in [None, Some(json!(null)), Some(json!(false))] {
        launch["endpoints"] = json!({"token": "https://ehr.example/auth/token"});
        if let Some(absent) = absent {
            launch["endpoints"]["secret_in_body"] = absent;
        }
        let read = LaunchRecord::from_bytes(&text(&launch)).unwrap();
        assert_eq!(read.origin.endpoints.client_secret, SecretPlacement::Header);
        assert_eq!(value(&read.to_bytes())["endpoints"].get("secret_in_body"), None);
    }
    launch["endpoints"]["secret_in_body"] = json!("yes");
    let error = LaunchRecord::from_bytes(&text(&launch)).unwrap_err();
    assert_eq!(error, FormatError::Malformed);

    let mut pending = value(&sample::pending(NOW).to_bytes());
    pending["endpoints"]["secret_in_body"] = json!(true);
    let read = PendingRecord::from_bytes(&text(&pending)).unwrap();
    assert_eq!(read.endpoints.client_secret, SecretPlacement::Body);
    assert_eq!(value(&read.to_bytes()), pending);
}

/// Written since the version that can fall back on the endpoints of the registration; records without it had them from the
/// metadata, as far as anybody knows.
#[test]
fn the_source_of_endpoints_is_kept_and_its_absence_is_the_metadata() {
    let mut launch = value(&full_launch().to_bytes());
    assert_eq!(launch["endpoints"].get("source"), None);
    for (name, source) in [
        ("registration", EndpointsSource::Registration),
        ("fallback", EndpointsSource::Fallback),
    ] {
        launch["endpoints"]["source"] = json!(name);
        let read = LaunchRecord::from_bytes(&text(&launch)).unwrap();
        assert_eq!(read.origin.endpoints.source, source);
        assert_eq!(value(&read.to_bytes()), launch);
    }
    for metadata in [json!(null), json!("metadata")] {
        launch["endpoints"]["source"] = metadata;
        let read = LaunchRecord::from_bytes(&text(&launch)).unwrap();
        assert_eq!(read.origin.endpoints.source, EndpointsSource::Metadata);
        assert_eq!(value(&read.to_bytes())["endpoints"].get("source"), None);
    }
    launch["endpoints"]["source"] = json!("another");
    let error = LaunchRecord::from_bytes(&text(&launch)).unwrap_err();
    assert_eq!(error, FormatError::Malformed);
}

/// Written since the version that verifies id tokens; records without it have no claims. Never change the sample.
#[test]
fn the_claims_of_an_id_token_go_on_reading_and_are_still_what_is_written() {
    let identity = json!({
        "iss": "https://ehr.example/fhir", "sub": "MARKER-sub", "aud": ["app"], "azp": "app",
        "exp_ms": 1_700_000_300_000_u64, "iat_ms": 1_700_000_000_000_u64, "auth_time_ms": 1_699_999_000_000_u64,
        "nonce_was_checked": true, "fhir_user": "https://ehr.example/fhir/Practitioner/MARKER-user",
        "other": {"name": "MARKER-name", "x": [1, {"y": 0.5}]}
    });
    let mut launch = value(&full_launch().to_bytes());
    assert_eq!(launch.get("identity"), None);
    launch["identity"] = identity.clone();
    let read = LaunchRecord::from_bytes(launch.to_string().as_bytes()).unwrap();
    assert_eq!(value(&read.to_bytes())["identity"], identity);
    let claims = read.identity.as_ref().unwrap();
    assert_eq!(
        (claims.issuer(), claims.subject()),
        ("https://ehr.example/fhir", "MARKER-sub")
    );
    assert_eq!(claims.fhir_user().unwrap().reference(), "Practitioner/MARKER-user");
    assert_eq!(claims.claim("x"), Some(&json!([1, {"y": 0.5}])));
    assert!(!format!("{read:?}").contains("MARKER-sub"));
    for wrong in [json!("x"), json!({}), json!({"iss": 1})] {
        launch["identity"] = wrong;
        let error = LaunchRecord::from_bytes(launch.to_string().as_bytes()).unwrap_err();
        assert_eq!(error, FormatError::Malformed);
    }
}

/// Written since the version that pins the client.
#[test]
fn each_kind_of_credentials_keeps_its_name_and_half_a_client_is_none() {
    for (kind, name) in [
        (CredentialKind::Public, "public"),
        (CredentialKind::Secret, "secret"),
        (CredentialKind::PrivateKey, "key"),
    ] {
        let mut launch = full_launch();
        Arc::make_mut(&mut launch.origin).client.as_mut().unwrap().credentials = kind;
        assert_eq!(value(&launch.to_bytes())["auth"], name);
        assert_eq!(
            LaunchRecord::from_bytes(&launch.to_bytes()).unwrap().origin.client,
            launch.origin.client
        );
    }
    for absent in ["client", "auth"] {
        let mut half = value(&full_launch().to_bytes());
        half.as_object_mut().unwrap().remove(absent);
        assert_eq!(LaunchRecord::from_bytes(&text(&half)).unwrap().origin.client, None);
    }
}

/// Written since the version that can have two keys for one EHR; records without it are signed with the first one.
#[test]
fn the_algorithm_of_assertions_is_kept_where_an_ehr_takes_one_alone() {
    let mut launch = value(&full_launch().to_bytes());
    assert_eq!(launch["endpoints"].get("assertion_alg"), None);
    assert_eq!(full_launch().origin.endpoints.assertion_algorithm, None);
    for (name, algorithm) in [("RS384", SigningAlgorithm::Rs384), ("ES384", SigningAlgorithm::Es384)] {
        launch["endpoints"] = json!({"token": "https://ehr.example/auth/token", "assertion_alg": name});
        let read = LaunchRecord::from_bytes(&text(&launch)).unwrap();
        assert_eq!(read.origin.endpoints.assertion_algorithm, Some(algorithm));
        assert_eq!(value(&read.to_bytes()), launch);
    }
    for unknown in [json!("RS256"), json!("es384"), json!(true)] {
        launch["endpoints"]["assertion_alg"] = unknown;
        let error = LaunchRecord::from_bytes(&text(&launch)).unwrap_err();
        assert_eq!(error, FormatError::Malformed);
    }
    let mut pending = value(&sample::pending(NOW).to_bytes());
    pending["endpoints"]["assertion_alg"] = json!("ES384");
    let read = PendingRecord::from_bytes(&text(&pending)).unwrap();
    assert_eq!(read.endpoints.assertion_algorithm, Some(SigningAlgorithm::Es384));
    assert_eq!(value(&read.to_bytes()), pending);
}
