//! What comes of changes in an answer with an error.

use actix_smart_auth::error::CallbackQueryError;

use super::callback_table::{
    BAD,
    Change::{Long, Longer, OfAnotherLaunch, Removed, Repeated, Set, Twice},
    Row, STOPPED, refused, same,
};
use crate::refusal::Refusal;

/// The error of the untouched answer.
pub(super) const DENIED: Refusal<'static> = Refusal::by_ehr("access_denied", Some(28));
const EHR: (u16, &str) = (502, "ehr-error");

#[rustfmt::skip]
pub(super) const ERROR_ROWS: &[Row] = &[
    refused("state", Removed, Refusal::Query(CallbackQueryError::StateMissing), BAD),
    refused("state", Set(""), Refusal::Query(CallbackQueryError::StateMissing), BAD),
    refused("state", Repeated, Refusal::repeated("state"), BAD),
    refused("state", Set("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), Refusal::StateMismatch, (401, "sign-in-expired")),
    refused("state", OfAnotherLaunch, Refusal::StateMismatch, (401, "sign-in-expired")),

    refused("error", Removed, Refusal::NoCode, BAD),
    refused("error", Set(""), Refusal::NoCode, BAD),
    refused("error", Repeated, Refusal::repeated("error"), BAD),
    refused("error", Set("temporarily_unavailable"),
        Refusal::by_ehr("temporarily_unavailable", Some(28)), EHR),
    refused("error", Set("Call+555-0100"),
        Refusal::by_ehr("unknown", Some(28)), EHR),
    refused("error", Set("%FF"),
        Refusal::by_ehr("unknown", Some(28)), EHR),

    refused("error_description", Removed,
        Refusal::by_ehr("access_denied", None), (403, "access-denied")),
    refused("error_description", Set(""),
        Refusal::by_ehr("access_denied", None), (403, "access-denied")),
    refused("error_description", Set("%FF"),
        Refusal::by_ehr("access_denied", Some(1)), (403, "access-denied")),
    refused("error_description", Long(50_000),
        Refusal::by_ehr("access_denied", Some(1000)), (403, "access-denied")),
    refused("error_description", Repeated, Refusal::repeated("error_description"), BAD),

    same("iss", Removed, "nothing is sent to anybody because of an error, and the person should read it"),
    same("iss", Set(""), "it is as absent"),
    refused("iss", Repeated, Refusal::repeated("iss"), BAD),
    refused("iss", Set("https://evil.example"), Refusal::WrongIssuer, STOPPED),
    refused("iss", Longer("/"), Refusal::WrongIssuer, STOPPED),
    refused("iss", OfAnotherLaunch, Refusal::WrongIssuer, STOPPED),

    same("code", Set("guessed"), "the error wins, and no code is sent"),
    refused("code", Twice("a", "b"), Refusal::repeated("code"), BAD),
    refused("error_uri", Twice("a", "b"), Refusal::repeated("error_uri"), BAD),
    same("session_state", Set("x"), "what is not known is ignored"),
];
