//! Tokens that are for others beside us.

use serde_json::{Value, json};

use super::support::*;
use crate::protocol::id_token::{Expected, IdTokenError, OtherAudiences};

fn by(other_audiences: OtherAudiences) -> Expected<'static> {
    Expected {
        other_audiences,
        ..expected()
    }
}

fn of_several(authorized_party: Value) -> Value {
    with(
        claims_with("azp", authorized_party),
        "aud",
        json!(["https://ehr.example/fhir", CLIENT]),
    )
}

#[test]
fn nobody_has_to_say_for_whom_a_token_of_several_audiences_is_where_that_is_allowed() {
    let silent = of_several(Value::Null);
    let user = accepted_with(&silent, &by(OtherAudiences::Allowed));
    assert_eq!(user.authorized_party(), None);
    assert_eq!(user.audience().len(), 2);
    assert_eq!(
        refused_with(&silent, &by(OtherAudiences::WithAuthorizedParty)),
        IdTokenError::MissingAuthorizedParty
    );
    assert_eq!(OtherAudiences::default(), OtherAudiences::WithAuthorizedParty);
}

#[test]
fn our_client_has_to_be_an_audience_and_the_authorized_party_by_every_policy() {
    for policy in [OtherAudiences::Allowed, OtherAudiences::WithAuthorizedParty] {
        let expected = by(policy);
        accepted_with(&of_several(json!(CLIENT)), &expected);
        assert_eq!(
            refused_with(&of_several(json!("other")), &expected),
            IdTokenError::OtherAuthorizedParty
        );
        assert_eq!(
            refused_with(&of_several(json!([CLIENT])), &expected),
            IdTokenError::MalformedAuthorizedParty
        );
        for aud in [json!(["https://ehr.example/fhir"]), json!("other"), json!([])] {
            let without_us = with(claims_with("azp", Value::Null), "aud", aud);
            assert_eq!(refused_with(&without_us, &expected), IdTokenError::OtherAudience);
        }
    }
}
