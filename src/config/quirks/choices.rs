//! The values of options that are a choice.

use crate::protocol::scope::ScopeVersion;

/// Whether a refresh request has `scope` (RFC 6749, section 6: optional).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RefreshScope {
    /// It has none, which means "as before". The default.
    #[default]
    Omit,
    /// The scopes that were granted last, as the crate understood them. None if the EHR granted none.
    Granted,
    /// The scopes that the launch asked for. RFC 6749 forbids scopes that were not granted, so an EHR that grants a part
    /// may refuse.
    Requested,
}

/// Whether a refresh says that the person is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ActivityOnRefresh {
    /// No. The default.
    #[default]
    NotSaid,
    /// With `active_at=0` (so many seconds ago), where the EHR gave `active_ttl` with the token, and what is refreshed for is a use
    /// of the launch ([`LaunchUse`](crate::LaunchUse)). A refresh for a page that asks by itself says nothing.
    ActiveAt,
}

/// What it means that the metadata does not list the PKCE method `S256` (`code_challenge_methods_supported`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PkceListing {
    /// Nothing. The default: servers that do not know PKCE ignore what is sent.
    #[default]
    Ignored,
    /// No launch begins: for an EHR that is known to list what it can, so that a missing entry means that something is
    /// wrong. Needs the metadata, so not beside configured endpoints.
    Required,
}

/// In which version of SMART's grammar resource scopes are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ScopeVersionChoice {
    /// As they were configured. The default.
    #[default]
    AsConfigured,
    /// Always in this one.
    Always(ScopeVersion),
    /// In the only one that the metadata speaks of: by the capabilities `permission-v1` and `permission-v2`, else by the
    /// resource scopes in `scopes_supported`. As configured where it speaks of both, or of none. Needs the metadata, so
    /// not beside configured endpoints.
    FromMetadata,
}

impl From<ScopeVersion> for ScopeVersionChoice {
    fn from(version: ScopeVersion) -> Self {
        Self::Always(version)
    }
}

/// Which launches may send their authorization request by POST, where
/// [`AuthorizeMethod`](crate::options::AuthorizeMethod) says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PostedLaunches {
    /// Every launch. The default: SMART App Launch 2.2 wants every server to accept POST.
    #[default]
    Every,
    /// Launches from the EHR only. A launch that begins at the application is a redirect, however long its address is,
    /// whatever the metadata lists, and also with [`AuthorizeMethod::Post`](crate::options::AuthorizeMethod::Post).
    FromEhr,
}

/// Whether configured scopes may be for all resource types at once (`patient/*.rs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum WildcardScopes {
    /// They may. The default.
    #[default]
    Allowed,
    /// They are a mistake in the configuration.
    Refused,
}

/// What a granted resource scope without a context means, such as `Patient.read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum UnprefixedScopes {
    /// Nothing: it is kept as it came. The default.
    #[default]
    Verbatim,
    /// The context under which the type was asked for ([`Scopes::with_prefixes_of`](crate::scope::Scopes::with_prefixes_of)).
    AsRequested,
}
