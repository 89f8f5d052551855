//! What comes of changes in an answer with an error.

use super::callback_table::{BAD, Change::*, Row, STOPPED, refused, same};

/// `Debug` of the error of the untouched answer.
pub(super) const DENIED: &str =
    "Refused(EhrError { code: \"access_denied\", description: Some(EhrText(28 characters)), uri: None })";
const EHR: (u16, &str) = (502, "ehr-error");

#[rustfmt::skip]
pub(super) const ERROR_ROWS: &[Row] = &[
    refused("state", Removed, "Query(StateMissing)", BAD),
    refused("state", Set(""), "Query(StateMissing)", BAD),
    refused("state", Repeated, "Query(Repeated { parameter: \"state\" })", BAD),
    refused("state", Set("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), "StateMismatch", (401, "sign-in-expired")),
    refused("state", OfAnotherLaunch, "StateMismatch", (401, "sign-in-expired")),

    refused("error", Removed, "NoCode", BAD),
    refused("error", Set(""), "NoCode", BAD),
    refused("error", Repeated, "Query(Repeated { parameter: \"error\" })", BAD),
    refused("error", Set("temporarily_unavailable"),
        "Refused(EhrError { code: \"temporarily_unavailable\", description: Some(EhrText(28 characters)), uri: None })", EHR),
    refused("error", Set("Call+555-0100"),
        "Refused(EhrError { code: \"unknown\", description: Some(EhrText(28 characters)), uri: None })", EHR),
    refused("error", Set("%FF"),
        "Refused(EhrError { code: \"unknown\", description: Some(EhrText(28 characters)), uri: None })", EHR),

    refused("error_description", Removed,
        "Refused(EhrError { code: \"access_denied\", description: None, uri: None })", (403, "access-denied")),
    refused("error_description", Set(""),
        "Refused(EhrError { code: \"access_denied\", description: None, uri: None })", (403, "access-denied")),
    refused("error_description", Set("%FF"),
        "Refused(EhrError { code: \"access_denied\", description: Some(EhrText(1 characters)), uri: None })", (403, "access-denied")),
    refused("error_description", Long(50_000),
        "Refused(EhrError { code: \"access_denied\", description: Some(EhrText(1000 characters)), uri: None })", (403, "access-denied")),
    refused("error_description", Repeated, "Query(Repeated { parameter: \"error_description\" })", BAD),

    same("iss", Removed, "nothing is sent to anybody because of an error, and the person should read it"),
    same("iss", Set(""), "it is as absent"),
    refused("iss", Repeated, "Query(Repeated { parameter: \"iss\" })", BAD),
    refused("iss", Set("https://evil.example"), "WrongIssuer", STOPPED),
    refused("iss", Longer("/"), "WrongIssuer", STOPPED),
    refused("iss", OfAnotherLaunch, "WrongIssuer", STOPPED),

    same("code", Set("guessed"), "the error wins, and no code is sent"),
    refused("code", Twice("a", "b"), "Query(Repeated { parameter: \"code\" })", BAD),
    refused("error_uri", Twice("a", "b"), "Query(Repeated { parameter: \"error_uri\" })", BAD),
    same("session_state", Set("x"), "what is not known is ignored"),
];
