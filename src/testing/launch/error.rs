//! Why a made-up launch cannot be opened: [`TestLaunchError`].

use crate::{
    config::ConfigError,
    launch::keep::NotKept,
    protocol::{id_token::FhirUserError, token_error::TokenError, urls::UrlError},
    store::StoreError,
};

/// Why a made-up launch cannot be opened: something in it no EHR could say.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TestLaunchError {
    /// The configuration, as [`TestLaunchBuilder::config`](super::TestLaunchBuilder::config) or
    /// [`ehr`](super::TestLaunchBuilder::ehr) left it.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The configuration has no EHR.
    #[error("the configuration has no EHR any more; `config` may change options, and `ehr` the registration")]
    NoEhr,
    /// The context, as a token response: a `patient` that is no id, for example.
    #[error("no token response could have this context: {0}")]
    Context(#[from] TokenError),
    /// The user.
    #[error("the user is none that an EHR could name: {0}")]
    User(#[from] FhirUserError),
    /// The claims of the id token.
    #[error("the claims of the user cannot be used: {reason}")]
    Claims {
        /// What is wrong with them.
        reason: String,
    },
    /// An address of the made-up EHR.
    #[error("the token endpoint of the made-up EHR {0}")]
    Endpoint(#[from] UrlError),
    /// The token store of the configuration.
    #[error("the launch could not be stored: {0}")]
    Store(#[from] StoreError),
    /// The audit sink of the configuration, where [`AuditFailure::RefuseSignIn`](crate::audit::AuditFailure::RefuseSignIn) is set.
    #[error("the launch was not opened, as the audit sink of the configuration did not take its event")]
    NotAudited,
}

impl From<NotKept> for TestLaunchError {
    fn from(error: NotKept) -> Self {
        match error {
            NotKept::Store(error) => Self::Store(error),
            NotKept::Unaudited(_) => Self::NotAudited,
        }
    }
}
