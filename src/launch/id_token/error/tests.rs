use super::*;
use crate::protocol::transport_error::TransportError;

#[test]
fn keys_that_cannot_be_fetched_are_an_outage_and_what_was_said_is_none() {
    let keys = |source| {
        let endpoint = "https://ehr.example/jwks".to_owned();
        IdentityError::Keys(DiscoveryError::Transport { endpoint, source })
    };
    for (error, is_unavailable) in [
        (keys(TransportError::Timeout), true),
        (keys(TransportError::DamagedBody), true),
        (keys(TransportError::BodyTooLarge), false),
        (IdentityError::NoIdToken, false),
        (IdentityError::NoIssuer, false),
    ] {
        assert_eq!(error.is_unavailable(), is_unavailable, "{error:?}");
    }
}
