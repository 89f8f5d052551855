//! Why there is no registration: [`EhrLookupError`].

use std::time::Duration;

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
    /// The application registers itself at this EHR at first use
    /// ([`register_at_first_use`](crate::SmartConfigBuilder::register_at_first_use)), and that has failed or has not come to its end.
    /// The log says why, and when the next attempt is made.
    #[error(
        "the application could not register itself at this EHR, or is still doing so; the log says why (try again in {} s)",
        retry_after.as_secs().saturating_add(1)
    )]
    #[non_exhaustive]
    RegistrationFailed {
        /// When the next attempt is made, or the present one may have come to its end.
        retry_after: Duration,
    },
    /// The resolver's registration cannot be used; the log says why.
    #[error("the registration of this EHR cannot be used; see the log")]
    Invalid,
}

impl EhrLookupError {
    /// Whether the same look-up may succeed later without anybody changing anything.
    pub(crate) const fn is_temporary(self) -> bool {
        matches!(self, Self::Unavailable | Self::RegistrationFailed { .. })
    }
}
