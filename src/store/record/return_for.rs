//! For whom the page is that a sign-in leads back to: [`ReturnFor`].

use super::PatientDigest;

/// For whom a page is that a browser wants to see after a launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ReturnFor {
    /// It was not opened inside a launch.
    #[default]
    Anyone,
    /// It was opened inside a launch that is about this patient.
    Patient(PatientDigest),
    /// It was opened inside a launch that has no patient.
    NoPatient,
}
