//! Claims in the store.

use serde_json::{Value, json};

use super::support::*;
use crate::protocol::id_token::IdTokenClaims;

fn stored(user: &IdTokenClaims) -> Value {
    serde_json::to_value(user.to_stored()).unwrap()
}

#[test]
fn claims_come_back_from_the_store_as_they_went() {
    let least = json!({ "iss": ISSUER, "aud": CLIENT, "exp": NOW, "iat": NOW, "sub": "user-1" });
    for said in [
        claims(),
        least,
        claims_with("aud", json!([CLIENT, "b"])),
        claims_with("own", json!({ "a": [1, 2.5, null] })),
        claims_with("fhirUser", json!("https://elsewhere.example/Person/9")),
        claims_with("exp", json!(1e300)),
    ] {
        let user = accepted(&said);
        let text = stored(&user).to_string();
        let back = IdTokenClaims::from_stored(&mut serde_json::Deserializer::from_str(&text)).unwrap();
        assert_eq!(back, user);
    }
}

#[test]
fn no_nonce_is_stored() {
    assert!(!stored(&accepted(&claims())).to_string().contains(NONCE));
}

/// Launches outlive an update of the application: the form may grow, and may not change.
#[test]
fn the_stored_form_is_the_one_of_the_first_version() {
    assert_eq!(
        stored(&accepted(&claims())),
        json!({
            "iss": ISSUER,
            "sub": "user-1",
            "aud": [CLIENT],
            "azp": CLIENT,
            "exp_ms": (NOW + 300) * 1000,
            "iat_ms": NOW * 1000,
            "auth_time_ms": (NOW - 100) * 1000,
            "nonce_was_checked": true,
            "fhir_user": format!("{BASE}/Practitioner/123"),
            "other": { "at_hash": "not-checked", "fhirUser": "Practitioner/123", "name": "Dr. Ada Example", "nbf": NOW },
        })
    );
}

#[test]
fn what_was_not_stored_by_this_crate_is_refused() {
    for bad in [json!({}), json!(null), claims(), json!({ "iss": 1 })] {
        assert!(IdTokenClaims::from_stored(bad).is_err());
    }
}
