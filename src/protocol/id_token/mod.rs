//! Who the user is: the id token ([`verify()`]), the EHR's keys ([`KeySet`]) and `fhirUser` ([`FhirUserReference`]).
//!
//! Pure like the rest of the core. The caller fetches the keys, and fetches them once more when
//! [`IdTokenError::wants_newer_keys`] says so.

mod algorithm;
mod check;
mod claims;
mod error;
mod expected;
mod fhir_user;
mod jwk;
mod jws;
mod key_problem;
mod key_set;
mod nonce_policy;
mod public_key;
mod unverified;
mod verify;

#[cfg(test)]
pub(crate) mod tests;

#[cfg(any(test, fuzzing))]
pub(crate) use check::check_claims;
pub use claims::IdTokenClaims;
pub use error::{IdTokenError, TokenPart};
pub use expected::OtherAudiences;
pub(crate) use expected::{CLOCK_TOLERANCE, Expected};
pub use fhir_user::{FhirUserError, FhirUserReference, FhirUserType};
pub use key_problem::KeyProblem;
pub(crate) use key_set::KeySet;
pub use key_set::KeySetError;
pub use nonce_policy::NoncePolicy;
pub(crate) use unverified::{unverified_issuer, unverified_user};
pub(crate) use verify::verify;
