//! The claims of the id token.

use std::time::Duration;

use actix_smart_auth::error::{IdTokenError, TokenPart};
use serde_json::{Value, json};

use super::{
    good::Good,
    id_token::refused,
    rows::{Change, Change::Removed, IDENTITY, Outcome, Row, Tokens, again, row, same, set, told},
};
use crate::support::CLIENT_ID;

impl Good {
    /// What is different in each launch stands as a text in the table: a moment as `now` and seconds, and the issuer with
    /// a slash too many.
    pub(super) fn made_its_own(&self, change: &Change) -> Change {
        let own = |value: &Value| match value.as_str() {
            Some("ISSUER/") => json!(format!("{}/", self.issuer)),
            Some(text) if text.starts_with("now ") => {
                json!(self.now.saturating_add_signed(text["now ".len()..].parse().unwrap()))
            }
            _ => value.clone(),
        };
        match change {
            Removed => Removed,
            Change::Set(value) => Change::Set(own(value)),
            Change::Again(value) => Change::Again(own(value)),
        }
    }
}

fn refused_with(error: &str) -> Outcome {
    Outcome::Refused {
        error: format!("Identity(IdToken({error}))"),
        page: IDENTITY,
        tokens: Tokens::Revoked,
    }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// `found` is how the error shows the issuer.
fn other_issuer(found: &str) -> Outcome {
    Outcome::Refused {
        error: format!("Identity(IdToken(OtherIssuer {{ expected: \"ISSUER\", found: {found} }}))"),
        page: IDENTITY,
        tokens: Tokens::Revoked,
    }
}

#[rustfmt::skip]
pub(super) fn claim_rows() -> Vec<Row> {
    use IdTokenError as E;
    let twice = || refused(E::RepeatedMember(TokenPart::Claims));
    const OPTIONAL: &str = "it is optional";
    const UNREADABLE: &str = "it reads as absent, with a warning";
    vec![
        row("iss", Removed, refused(E::MissingIssuer)),
        row("iss", set(Value::Null), refused(E::MissingIssuer)),
        row("iss", set(json!(["https://ehr.example"])), refused(E::MalformedIssuer)),
        row("iss", set(""), other_issuer("None")),
        row("iss", set("https://evil.example"), other_issuer("Some(EhrText(20 characters))")),
        row("iss", set("ISSUER/"), other_issuer("Some(EhrText(LENGTH characters))")),
        row("iss", again("https://evil.example"), twice()),

        row("sub", Removed, refused(E::MissingSubject)),
        row("sub", set(Value::Null), refused(E::MissingSubject)),
        row("sub", set(1), refused(E::MalformedSubject)),
        row("sub", set(""), refused(E::EmptySubject)),
        row("sub", set("é"), refused(E::NonAsciiSubject)),
        row("sub", set("x".repeat(256)), refused(E::LongSubject)),
        row("sub", set("user-2"), told("sub: user-2", "the EHR signed it: this is the user")),
        row("sub", again("user-2"), twice()),

        row("aud", Removed, refused(E::MissingAudience)),
        row("aud", set(Value::Null), refused(E::MissingAudience)),
        row("aud", set(7), refused(E::MalformedAudience)),
        row("aud", set(json!([CLIENT_ID, 7])), refused(E::MalformedAudience)),
        row("aud", set(""), refused(E::OtherAudience)),
        row("aud", set(json!([])), refused(E::OtherAudience)),
        row("aud", set("other"), refused(E::OtherAudience)),
        row("aud", set(json!([CLIENT_ID, "other"])), told("aud: 2 in all", "`azp` says for whom it is")),
        row("aud", again("other"), twice()),

        row("azp", Removed, told("azp: none", "the client is the only audience")),
        row("azp", set(Value::Null), told("azp: none", "it is as absent")),
        row("azp", set(json!([CLIENT_ID])), refused(E::MalformedAuthorizedParty)),
        row("azp", set(""), refused(E::OtherAuthorizedParty)),
        row("azp", set("other"), refused(E::OtherAuthorizedParty)),
        row("azp", again("other"), twice()),

        row("exp", Removed, refused(E::MissingExpiry)),
        row("exp", set(Value::Null), refused(E::MissingExpiry)),
        row("exp", set("2000000000"), refused(E::MalformedExpiry)),
        row("exp", set("now -61"), refused(E::Expired { ago: seconds(61), issued_ago: None })),
        row("exp", set(0), refused_with("Expired { ago: NOWs, issued_ago: None }")),
        row("exp", set("now -58"), same("clocks may be a minute apart")),
        row("exp", again("now 900"), twice()),

        row("iat", Removed, refused(E::MissingIssuedAt)),
        row("iat", set(Value::Null), refused(E::MissingIssuedAt)),
        row("iat", set("1760000000"), refused(E::MalformedIssuedAt)),
        row("iat", set("now 62"), refused(E::IssuedInFuture { ahead: seconds(62) })),
        row("iat", set("now 58"), same("clocks may be a minute apart")),
        row("iat", again(0), twice()),

        row("nbf", Removed, told("at_hash and nbf: [1, 0]", OPTIONAL)),
        row("nbf", set(Value::Null), same(OPTIONAL)),
        row("nbf", set("soon"), refused(E::MalformedNotBefore)),
        row("nbf", set("now 62"), refused(E::NotYetValid { ahead: seconds(62) })),
        row("nbf", set("now 58"), same("clocks may be a minute apart")),
        row("nbf", again(0), twice()),

        row("nonce", Removed, refused(E::MissingNonce)),
        row("nonce", set(Value::Null), refused(E::MissingNonce)),
        row("nonce", set(7), refused(E::MalformedNonce)),
        row("nonce", set(""), refused(E::OtherNonce)),
        row("nonce", set("other"), refused(E::OtherNonce)),
        row("nonce", again("other"), twice()),

        row("auth_time", Removed, told("signed in: none", "it is not asked for")),
        row("auth_time", set(Value::Null), told("signed in: none", "it is not asked for")),
        row("auth_time", set("yesterday"), told("signed in: none", "it reads as absent")),
        row("auth_time", set("now -7"), told("signed in: 7 s ago", "it is told, not judged")),
        row("auth_time", again(0), twice()),

        row("at_hash", Removed, told("at_hash and nbf: [0, 1]", OPTIONAL)),
        row("at_hash", set(Value::Null), same(OPTIONAL)),
        row("at_hash", set(""), same("it is optional in the code flow, and not checked")),
        row("at_hash", set(7), same("it is optional in the code flow, and not checked")),
        row("at_hash", set("other"), same("it is optional in the code flow, and not checked")),
        row("at_hash", again("other"), twice()),

        row("fhirUser", Removed, told("user: none", OPTIONAL)),
        row("fhirUser", set(Value::Null), told("user: none", OPTIONAL)),
        row("fhirUser", set(1), told("user: none", UNREADABLE)),
        row("fhirUser", set(""), told("user: none", "it is as absent")),
        row("fhirUser", set("Group/1"), told("user: none", UNREADABLE)),
        row("fhirUser", set("javascript:alert(1)"), told("user: none", UNREADABLE)),
        row("fhirUser", set("Patient/2"), told("user: Patient/2", "the EHR signed it: this is the user")),
        row("fhirUser", again("Patient/2"), twice()),

        row("name", Removed, told("name: none", "for display")),
        row("name", set(Value::Null), told("name: none", "for display")),
        row("name", set(7), told("name: none", "for display")),
        row("name", set(""), told("name: none", "for display")),
        row("name", set("x"), told("name: x", "for display")),
        row("name", again("x"), twice()),
    ]
}
