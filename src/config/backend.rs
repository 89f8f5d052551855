//! What a registration has for the application itself, without a user.

use crate::protocol::scope::Scopes;

/// When a token of the application itself is renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BackendRenewal {
    /// When somebody asks for it and it is due. The default: an EHR is not asked for tokens that nobody needs.
    #[default]
    WhenAsked,
    /// Whenever it is due, from the first time on that somebody has asked for it and until the application shuts down: no request
    /// waits for the EHR then, also after a pause.
    InBackground,
}

/// What was checked of it.
#[derive(Debug, Clone)]
pub(crate) struct BackendRegistration {
    pub(crate) scopes: Scopes,
    pub(crate) renewal: BackendRenewal,
}
