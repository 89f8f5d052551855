//! Who the user is: the id token ([`verify()`]), the EHR's keys ([`KeySet`]) and `fhirUser` ([`FhirUserReference`]).
//!
//! Pure like the rest of the core. Who calls it fetches the keys, and fetches them once more when
//! [`IdTokenError::wants_newer_keys`] says so.

mod algorithm;
mod check;
mod claims;
mod error;
mod fhir_user;
mod json;
mod jwk;
mod jws;
mod key_set;
mod public_key;
mod unverified;
mod verify;

#[cfg(test)]
mod tests;

pub(crate) use check::CLOCK_LEEWAY;
#[cfg(any(test, fuzzing))]
pub(crate) use check::check_claims;
pub use claims::IdTokenClaims;
pub use error::{IdTokenError, TokenPart};
pub use fhir_user::{FhirUserError, FhirUserReference, FhirUserType};
pub use jwk::KeyProblem;
pub(crate) use key_set::KeySet;
pub use key_set::KeySetError;
pub(crate) use unverified::{unverified_issuer, unverified_user};
pub use verify::NoncePolicy;
pub(crate) use verify::{Expected, verify};
