//! Why there is no registration: [`EhrLookupError`].

/// Why there is no registration to work with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EhrLookupError {
    /// The application is not registered with such an EHR. Nothing was fetched.
    #[error("no EHR with this FHIR base URL is registered; register it, spelled as the EHR spells it in `iss`")]
    NotRegistered,
    /// The resolver failed, did not answer in time, or is asked for too much at once.
    #[error("the EHR registrations cannot be looked up at the moment; see the log")]
    Unavailable,
    /// The resolver's registration cannot be used; the log says why.
    #[error("the registration of this EHR cannot be used; see the log")]
    Invalid,
}

impl EhrLookupError {
    /// Whether the same look-up may succeed later without anybody changing anything.
    pub(crate) const fn is_temporary(self) -> bool {
        matches!(self, Self::Unavailable)
    }
}
