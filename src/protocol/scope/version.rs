//! SMART v1 and v2: [`ScopeVersion`].

/// The words for what is allowed: those of SMART App Launch 1 or of 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScopeVersion {
    /// `.read`, `.write`, `.*`; no search parameters (capability `permission-v1`).
    V1,
    /// Letters out of `cruds`, search parameters (capability `permission-v2`).
    V2,
}
