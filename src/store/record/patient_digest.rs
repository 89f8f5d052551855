//! A patient, recognised and not named: [`PatientDigest`].

use std::fmt;

/// A patient of an EHR, hashed with a key of this application: enough to see that two launches are about the same
/// person, no more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PatientDigest(pub [u8; 32]);

impl fmt::Debug for PatientDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PatientDigest([redacted])")
    }
}
