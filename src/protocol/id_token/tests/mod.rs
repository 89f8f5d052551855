//! Id tokens, good and bad; keys; `fhirUser`.
//!
//! Tokens are signed here with another library than the one that verifies them, but for ES512, which that library does
//! not know. Three come from RFCs, one of them with ES512.

mod fhir_user;
mod good;
mod key_candidates;
mod key_sets;
mod mutations;
mod other_audiences;
mod properties;
mod refused_claims;
mod refused_form;
mod refused_key;
mod stored;
pub(crate) mod support;
mod tolerance;
mod unverified;
