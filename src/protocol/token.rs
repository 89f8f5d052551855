//! Access token, refresh token and what came with them.

use std::time::Duration;

use crate::{
    protocol::{
        launch_context::LaunchContext,
        scope::Scopes,
        secret::{AccessToken, RawIdToken, RefreshToken},
    },
    time::Timestamp,
};

/// The tokens of a launch with their context, at one moment. A refresh gives a new one.
#[derive(Debug, Clone)]
pub struct TokenSet {
    pub(crate) access_token: AccessToken,
    pub(crate) refresh_token: Option<RefreshToken>,
    pub(crate) id_token: Option<RawIdToken>,
    pub(crate) granted: Scopes,
    pub(crate) requested_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) context: LaunchContext,
}

impl TokenSet {
    /// The access token.
    #[must_use]
    pub const fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// The refresh token, if the EHR gave one.
    #[must_use]
    pub const fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    /// The id token as it came. Not verified: do not believe what it says.
    #[must_use]
    pub const fn raw_id_token(&self) -> Option<&RawIdToken> {
        self.id_token.as_ref()
    }

    /// The scopes that the EHR granted; those requested when it did not say (RFC 6749, section 5.1).
    #[must_use]
    pub const fn granted_scopes(&self) -> &Scopes {
        &self.granted
    }

    /// When the request that brought the access token was sent.
    #[must_use]
    pub const fn requested_at(&self) -> Timestamp {
        self.requested_at
    }

    /// When the access token expires, counted from before the request was sent.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The launch context.
    #[must_use]
    pub const fn context(&self) -> &LaunchContext {
        &self.context
    }

    /// How long the access token lives in all.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        self.expires_at.saturating_since(self.requested_at)
    }

    /// Whether it is time to refresh: less is left than the smaller of 5 minutes and half of the token's life.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.remaining(now) < Duration::from_secs(300).min(self.lifetime() / 2)
    }

    /// Whether the access token may still be used: more is left than the smaller of 30 seconds and a tenth of its life.
    #[must_use]
    pub fn is_usable(&self, now: Timestamp) -> bool {
        self.remaining(now) > Duration::from_secs(30).min(self.lifetime() / 10)
    }

    fn remaining(&self, now: Timestamp) -> Duration {
        self.expires_at.saturating_since(now)
    }
}
