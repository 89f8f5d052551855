//! Where a launch began: [`LaunchKind`].

/// How a launch began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LaunchKind {
    /// In the EHR, which passed `iss` and `launch`.
    Ehr,
    /// In the application.
    Standalone,
}
