//! Why the application has no token of its own: [`BackendError`].

use std::time::Duration;

use super::failure::BackendFailure;
use crate::runtime::registrations::EhrLookupError;

/// Why the application has no token of its own.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// There is no such EHR, or it cannot be looked up.
    #[error(transparent)]
    Ehr(#[from] EhrLookupError),
    /// The registration is for launches only.
    #[error(
        "this EHR is registered for launches only; add `EhrBuilder::backend_scopes`, or name scopes with `BackendClient::with_scopes`"
    )]
    NotABackend,
    /// Several EHRs of the configuration are registered for the application itself, and an extractor cannot tell which is meant.
    #[error(
        "several EHRs have `backend_scopes`; take `SmartConfig::backend` in the handler, which says which one is meant"
    )]
    Several,
    /// The middleware is not there, so that an extractor finds no configuration.
    #[error("no `SmartAuth` is around this handler; add `.wrap(SmartAuth::new(config))` to the `App`")]
    NotInstalled,
    /// The list of scopes is empty.
    #[error("no scope is asked for; SMART demands one, such as `system/Patient.rs`")]
    NoScopes,
    /// The EHR gave no token, now or some seconds ago.
    #[error("{failure}; it is asked again in {} s at the earliest", retry_after.as_millis().div_ceil(1_000))]
    NoToken {
        /// Why.
        failure: BackendFailure,
        /// When it is asked again at the earliest.
        retry_after: Duration,
    },
    /// Another process asks the EHR, and was not done in time.
    #[error("another process is asking the EHR for the token and is not done yet; try again in a second")]
    NotInTime,
    /// The credentials of [`BackendClient::with_client_auth`](super::BackendClient::with_client_auth) cannot be used.
    #[error("the credentials given by `with_client_auth` cannot be used; the log says why")]
    UnusableCredentials,
    /// The token store is unavailable, and so is what other processes know.
    #[error("the token store is unavailable, and so is the token; repair the store, or try again")]
    StoreUnavailable,
    /// The work on the token was broken off by a panic, probably of a store, a transport or a signer of the application's own.
    #[error(
        "the work on the token was broken off by a panic, which stands where the process writes its errors; try again"
    )]
    Interrupted,
    /// The application is shutting down.
    #[error("the application is shutting down; no token is asked for any more")]
    ShuttingDown,
}

debug_is_its_text!(BackendError);

impl BackendError {
    /// As spans call it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Ehr(_) => "no_registration",
            Self::NotABackend => "not_a_backend",
            Self::UnusableCredentials => "unusable_credentials",
            Self::Several => "several",
            Self::NotInstalled => "not_installed",
            Self::NoScopes => "no_scopes",
            Self::NoToken { failure, .. } => failure.name(),
            Self::NotInTime => "not_in_time",
            Self::StoreUnavailable => "store_unavailable",
            Self::Interrupted => "interrupted",
            Self::ShuttingDown => "shutting_down",
        }
    }
}
