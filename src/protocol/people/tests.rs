use super::*;
use crate::{store::acceptance::sample, time::Timestamp};

fn known() -> People {
    let mut people = People::default();
    for name in ["pat-1", "7", "Dr. Ada Ng", "ada@ehr.example"] {
        people.name(name);
    }
    people.tokens.push("refresh-token-1234".to_owned());
    people
}

#[test]
fn those_who_are_known_are_hidden_wherever_they_stand_as_a_word() {
    for (text, hidden) in [
        ("pat-1 is locked", "… is locked"),
        ("no access to (PAT-1)!", "no access to (…)!"),
        ("error 7 in line 17", "error … in line 17"),
        ("pat-12 and xpat-1", "pat-12 and xpat-1"),
        ("ask Dr. Ada Ng.", "ask …."),
        ("login=ada%40ehr.example&x=1", "login=…&x=1"),
        ("nothing", "nothing"),
        ("", ""),
    ] {
        assert_eq!(known().hidden_in(text).as_deref(), Some(hidden), "{text}");
    }
}

#[test]
fn a_text_that_repeats_a_token_of_the_launch_is_dropped() {
    assert_eq!(known().hidden_in("no refresh-token-1234 here"), None);
    assert_eq!(
        known().hidden_in_address("https://ehr.example/?t=refresh-token-1234"),
        None
    );
}

#[test]
fn what_stands_where_a_person_is_named_is_hidden_though_nobody_is_known() {
    for (text, hidden) in [
        ("Patient/abc-1.2 was not found", "Patient/… was not found"),
        (
            "https://ehr.example/fhir/Practitioner/9?x=1",
            "https://ehr.example/fhir/Practitioner/…?x=1",
        ),
        ("the patient 4711 is not yours", "the patient … is not yours"),
        ("Patient ID: 'x7' unknown", "Patient ID: '…' unknown"),
        ("user \"smith\" is locked", "user \"…\" is locked"),
        ("user dr.smith is locked", "user … is locked"),
        ("ask ada.ng@ehr.example.", "ask …."),
        ("user=smith7;patient=8", "user=…;patient=…"),
        ("user=jdoe, patient=amber-testwood", "user=…, patient=…"),
        (
            "Patient amber-testwood is not available to user drjones",
            "Patient … is not available to user …",
        ),
        ("User jdoe may not open it", "User … may not open it"),
        ("User: Jane", "User: …"),
        ("user \"access\" is locked", "user \"…\" is locked"),
        ("user access is locked", "user access is locked"),
        // No scope: what stands before it is no part of it.
        ("the patient Observation.rs", "the patient …"),
        ("user: /smith7 is locked", "user: /… is locked"),
    ] {
        assert_eq!(People::default().hidden_in(text).as_deref(), Some(hidden), "{text}");
    }
}

#[test]
fn what_helps_to_mend_a_set_up_stays() {
    for text in [
        "Failed to fetch JWKS from https://app.example:8443/.well-known/jwks.json (timeout after 5000 ms)",
        "AADSTS700016: Application was not found. Trace ID: 0b3f6a1c-3d7e-4a52-9b1f-2f7a90c1d2e3",
        "The patient context is missing; user not found, account locked",
        "redirect_uri https://app.example/auth/callback does not match",
        "Client assertion expired at 1700000000",
    ] {
        assert_eq!(People::default().hidden_in(text).as_deref(), Some(text));
    }
}

#[test]
fn what_looks_like_a_token_is_hidden_in_a_text_and_stays_in_an_address() {
    let token = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ";
    let text = format!("bad token {token}.{token}");
    assert_eq!(People::default().hidden_in(&text).as_deref(), Some("bad token ….…"));
    for (incident, hidden) in [
        (
            "0b3f6a1c-3d7e-4a52-9b1f-2f7a90c1d2e3",
            "0b3f6a1c-3d7e-4a52-9b1f-2f7a90c1d2e3",
        ),
        // As long as one, and in its form.
        ("0b3f6a1c3d7e4a529b1f2f7a90c1d2e3", "…"),
        ("0b3f6a1c-3d7e-4a52-9b1f-2f7a90c1dxyz", "…"),
    ] {
        let said = People::default().hidden_in(&format!("see {incident}"));
        assert_eq!(said, Some(format!("see {hidden}")));
    }
    let address = format!("https://ehr.example/errors/{token}");
    assert_eq!(People::default().hidden_in_address(&address), Some(address));
}

#[test]
fn a_parameter_of_an_address_that_is_named_like_a_person_is_hidden() {
    for (address, hidden) in [
        (
            "https://ehr.example/e?patient=4711&user_id=jsmith&x=1",
            "https://ehr.example/e?patient=…&user_id=…&x=1",
        ),
        (
            "https://ehr.example/e?Patient=é7#part",
            "https://ehr.example/e?Patient=…#part",
        ),
        (
            "https://ehr.example/e?subscription=7&code=9",
            "https://ehr.example/e?subscription=7&code=9",
        ),
        (
            "https://ehr.example/e?sub=jdoe&mrn=7&patientRef=8&the-user=9",
            "https://ehr.example/e?sub=…&mrn=…&patientRef=…&the-user=…",
        ),
        ("https://ehr.example/patient", "https://ehr.example/patient"),
    ] {
        assert_eq!(People::default().hidden_in_address(address).as_deref(), Some(hidden));
    }
    assert_eq!(
        People::default().hidden_in("no Patient/abc_4~711 here").as_deref(),
        Some("no Patient/… here")
    );
}

#[test]
fn debug_shows_nobody() {
    assert_eq!(format!("{:?}", known()), "People { .. }");
}

#[test]
fn a_scope_is_no_reference_to_anybody() {
    for text in [
        "invalid scope: patient/Observation.rs",
        "patient/*.rs is not allowed",
        "patient/Condition.read, patient/Observation.cruds.",
    ] {
        assert_eq!(People::default().hidden_in(text).as_deref(), Some(text), "{text}");
    }
    for (text, hidden) in [
        ("Patient/Observation.rs", "Patient/…"),
        ("patient/smith.rs", "patient/…"),
        ("patient/Smith", "patient/…"),
    ] {
        assert_eq!(People::default().hidden_in(text).as_deref(), Some(hidden), "{text}");
    }
    let scopes = "launch/patient patient/Observation.rs launch/patient/pat-1 patient/Patient.r?_id=pat-1";
    let hidden = "launch/patient patient/Observation.rs launch/patient/… patient/Patient.r?_id=…";
    assert_eq!(known().hidden_in_scopes(scopes), hidden);
    assert_eq!(known().hidden_in_scopes("openid refresh-token-1234"), "");
}

#[test]
fn of_a_launch_the_patient_the_encounter_the_user_and_the_tokens_are_known() {
    let mut record = sample::launch(sample::browser(), Timestamp::from_millis(0));
    record.tokens.context = LaunchContext {
        patient: Some("pat-77".to_owned()),
        encounter: Some("enc-88".to_owned()),
        ..LaunchContext::default()
    };
    let identity = serde_json::json!({
        "iss": "https://ehr.example", "sub": "subject-99", "aud": ["my-app"], "exp_ms": 1, "iat_ms": 0,
        "nonce_was_checked": true, "fhir_user": "https://ehr.example/fhir/Practitioner/doc-66",
        "other": { "given_name": "Ada", "email": "ada@ehr.example", "zoneinfo": "Europe/Vienna" },
    });
    let identity = IdTokenClaims::from_stored(identity).unwrap();
    let text = "pat-77 enc-88 subject-99 doc-66 Ada of Europe/Vienna";
    let of_launch = People::of_launch(&record.tokens, Some(&identity));
    assert_eq!(of_launch.hidden_in(text).as_deref(), Some("… … … … … of Europe/Vienna"));
    let of_context = People::of_context(&record.tokens.context);
    assert_eq!(
        of_context.hidden_in(text).as_deref(),
        Some("… … subject-99 doc-66 Ada of Europe/Vienna")
    );
    let tokens = &record.tokens;
    for token in [
        tokens.access_token.expose_secret(),
        tokens.refresh_token.as_ref().unwrap().expose_secret(),
        tokens.id_token.as_ref().unwrap().expose_secret(),
    ] {
        assert_eq!(of_launch.hidden_in(&format!("no {token}")), None, "{token}");
    }
}
