//! Id tokens, good and bad; keys; `fhirUser`.
//!
//! Tokens are signed here with another library than the one that verifies them, and two come from RFCs.

mod fhir_user;
mod good;
mod key_sets;
mod mutations;
mod properties;
mod refused_claims;
mod refused_form;
mod refused_key;
mod stored;
mod support;
mod unverified;
