//! Why there is no registration of the application's own at an EHR: [`FirstUseError`].

use std::time::Duration;

use crate::{
    config::ConfigError,
    protocol::{client_registration::RegistrationHindrance, urls::UrlError},
    registration::error::RegistrationError,
};

/// Why there is no registration that the application made by itself, or why it cannot be looked at.
///
/// No secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FirstUseError {
    /// The configuration does not register itself anywhere.
    #[error("nothing is registered at first use here; give `SmartConfigBuilder::register_at_first_use`")]
    NotConfigured,
    /// The FHIR base URL cannot be used.
    #[error("the FHIR base URL {0}")]
    FhirBaseUrl(UrlError),
    /// What [`FirstUse`](crate::registration::FirstUse) says of this EHR cannot be used. Nothing was sent.
    #[error("what `FirstUse::to_register` says of this EHR cannot be used, and nothing was sent: {0}")]
    Unusable(ConfigError),
    /// The store of registrations does not answer. Nothing was sent.
    #[error("the store of registrations does not answer, and nothing is registered without it")]
    StoreUnavailable,
    /// The store does not take what is to be kept: it is too large, or the store has a problem of its own.
    #[error("the store of registrations does not take it; its own log may say why")]
    StoreRefused,
    /// What is kept cannot be read. Nothing was sent.
    #[error(
        "what is kept of the registration cannot be read, and nothing is registered in its place: give the sealing keys with \
         which it was written; or throw it away with `KeptRegistrations::forget`, and the application is registered anew"
    )]
    Unreadable,
    /// The EHR could not be asked, refused, or did not answer.
    #[error(transparent)]
    Registration(#[from] RegistrationError),
    /// The EHR registered a client whose secret is over already, or within a minute. It is deleted again where the EHR offers that
    /// and says that it has just made it; else the log names it.
    #[error(
        "the EHR registered a client whose secret is over already, or within a minute (`client_secret_expires_at`), and that is \
         of no use; compare the clocks, and ask the EHR's operator"
    )]
    SecretOver,
    /// The EHR registered a client with which nobody can launch, or the application gets no token. It is deleted again where the EHR
    /// offers that and says that it has just made it; else the log names it.
    #[error("{0}; change what `FirstUse::to_register` asks for, or ask the EHR's operator")]
    Hindered(RegistrationHindrance),
    /// The last attempt, of whichever process, has failed, and it is not time for the next.
    #[error("{what} (the next attempt is made in {} s)", retry_after.as_secs().saturating_add(1))]
    #[non_exhaustive]
    FailedBefore {
        /// Why, in words.
        what: String,
        /// When the next one is made.
        retry_after: Duration,
    },
    /// The EHR's secrets are short-lived, and reading a registration gives no other one: each time another client has to be registered. So
    /// that their number stays bounded, the time between two of them grows, up to half an hour.
    #[error(
        "the EHR's secrets live for less than half an hour, and another client is not registered before {} s have passed; ask the \
         EHR's operator for secrets that live longer or that are renewed when a registration is read, or register with a key \
         (`private_key_jwt`)",
        retry_after.as_secs().saturating_add(1)
    )]
    #[non_exhaustive]
    SecretsShortLived {
        /// When the next one is registered.
        retry_after: Duration,
    },
    /// The application registers itself at very many EHRs at once already, and those of them that hang are given up within a minute and a half.
    /// Nothing was sent.
    #[error(
        "the application registers itself at as many EHRs at once as it may (512), and at this one when those that hang are given up; \
         try again"
    )]
    TooMany,
    /// Another process registers, and does not come to an end.
    #[error("another process registers the application at the EHR, and has not come to an end in time; try again")]
    NotInTime,
    /// The EHR takes long. The registration goes on, and is used when it is there.
    #[error("the EHR takes long to register the application; that goes on, so try again")]
    StillRegistering,
    /// A client was registered, and the store did not take it, or did not say whether it did.
    #[error(
        "a client was registered and could not be saved; it is deleted again where the EHR offers that and says that it has just \
         made it, and the store has it for sure not; else the log names it"
    )]
    NotSaved,
    /// The registration was forgotten while the EHR was asked for it.
    #[error(
        "the registration was forgotten while it was read; the application is registered anew when it is next needed"
    )]
    Forgotten,
    /// The work was broken off by a panic, probably of a store or a transport of the application's own.
    #[error("registering was broken off by a panic, which stands where the process writes its errors; try again")]
    Interrupted,
    /// The process is shutting down.
    #[error("the process is shutting down")]
    ShuttingDown,
}

/// Why there is no registration, and when it is worth asking for again.
#[derive(Debug, Clone)]
pub(super) struct Failed {
    pub(super) error: FirstUseError,
    pub(super) retry_after: Duration,
}

/// When it is worth asking again where no pause is made.
const SOON: Duration = Duration::from_secs(5);

impl From<FirstUseError> for Failed {
    fn from(error: FirstUseError) -> Self {
        let retry_after = match error {
            FirstUseError::FailedBefore { retry_after, .. } | FirstUseError::SecretsShortLived { retry_after } => {
                retry_after
            }
            _ => SOON,
        };
        Self { error, retry_after }
    }
}
