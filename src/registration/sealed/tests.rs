//! Bytes that were written before.

use serde_json::{Value, json};

use super::*;

fn keys() -> SealingKeys {
    SealingKeys::from_bytes([std::array::from_fn(|at| u8::try_from(at * 7).unwrap())]).unwrap()
}

/// As the first version that kept registrations wrote them.
fn first() -> Value {
    json!({
        "v": 1, "ehr": "https://ehr.example/fhir", "client_id": "c", "secret": "s", "secret_expires_at": 0,
        "issued_at": 5_000, "token": "t", "uri": "https://ehr.example/register/c", "management": "offered",
        "origins": ["https://ehr.example"], "asked": {"scope": "a b"}, "members": {"scope": "a"},
    })
}

fn unsealed(value: &Value) -> Result<ClientRegistration, UnsealError> {
    let bytes = value.to_string().into_bytes();
    let sealed = keys().seal_apart(SealedKind::ClientRegistration, &UNNAMED, bytes);
    ClientRegistration::unseal(&keys(), &sealed.unwrap())
}

#[test]
fn a_registration_that_the_first_version_kept_opens() {
    let registration = unsealed(&first()).unwrap();
    assert_eq!(registration.client_id(), "c");
    assert_eq!(registration.client_secret().unwrap().expose_secret(), "s");
    assert_eq!(registration.client_secret_expiry(), SecretExpiry::Never);
    assert_eq!(registration.client_id_issued_at(), Some(Timestamp::from_millis(5_000)));
    assert_eq!(registration.changes().len(), 1);
    let (uri, token) = registration.access().unwrap();
    assert_eq!(uri.expose_secret(), "https://ehr.example/register/c");
    assert_eq!(token.expose_secret(), "t");
}

#[test]
fn a_member_that_this_version_does_not_know_is_passed_over() {
    let mut later = first();
    later["more"] = json!({"x": 1});
    assert!(unsealed(&later).is_ok());
}

#[test]
fn another_version_of_the_form_and_another_value_do_not_open() {
    let mut second = first();
    second["v"] = json!(2);
    assert_eq!(unsealed(&second).unwrap_err(), FormatError::Version(2).into());
    for (member, value) in [
        ("v", json!("1")),
        ("ehr", json!("ehr.example")),
        ("management", json!("maybe")),
        ("client_id", json!(null)),
        ("members", json!([])),
    ] {
        let mut broken = first();
        broken[member] = value;
        assert_eq!(
            unsealed(&broken).unwrap_err(),
            FormatError::Malformed.into(),
            "{member}"
        );
    }
}

#[test]
fn every_kind_of_management_is_kept_by_a_name_of_its_own() {
    for (management, name) in [
        (Management::Offered, "offered"),
        (Management::NotOffered, "not_offered"),
        (Management::UnusableAddress, "unusable_address"),
        (Management::OtherOrigin, "other_origin"),
    ] {
        assert_eq!((name_of(management), management_of(name)), (name, Ok(management)));
    }
}
