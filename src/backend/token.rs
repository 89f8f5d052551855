//! An access token of the application's own: [`BackendToken`].

use std::time::Duration;

use crate::{
    protocol::{scope::Scopes, secret::AccessToken, token_response::TokenResponse},
    time::Timestamp,
};

/// How long before its end a token is not handed out any more, at most: a request needs time to arrive.
const MARGIN: Duration = Duration::from_secs(30);
/// How long before its end it is renewed, at least.
const EARLY: Duration = Duration::from_secs(60);

/// An access token of the application itself, which no user stands behind.
///
/// As a handler argument it is the token of the only EHR of the configuration that has
/// [`backend_scopes`](crate::EhrBuilder::backend_scopes), for its scopes.
#[derive(Debug, Clone)]
pub struct BackendToken {
    pub(super) access_token: AccessToken,
    pub(super) granted: Scopes,
    pub(super) requested_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

impl BackendToken {
    /// `requested_at` is from before the request was sent.
    pub(super) fn of(
        response: TokenResponse,
        requested: &Scopes,
        requested_at: Timestamp,
        default_lifetime: Duration,
    ) -> Self {
        Self {
            access_token: response.access_token,
            granted: response.scope.unwrap_or_else(|| requested.clone()),
            requested_at,
            expires_at: requested_at.saturating_add(response.expires_in.unwrap_or(default_lifetime)),
        }
    }

    /// The access token.
    #[must_use]
    pub const fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// The scopes that the EHR granted; those asked for when it did not say (RFC 6749, section 5.1).
    #[must_use]
    pub const fn granted_scopes(&self) -> &Scopes {
        &self.granted
    }

    /// When it expires, counted from before it was asked for, by the clock of the token store.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Whether it may be handed out: more is left than half a minute or a tenth of its life, whichever is shorter.
    pub(super) fn is_usable(&self, now: Timestamp) -> bool {
        self.left(now) > MARGIN.min(self.life() / 10)
    }

    /// Whether it is time for another one.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.left(now) <= self.early()
    }

    /// Not one that was asked for in the future: the store's clock was set back, and nobody knows how old it is.
    pub(super) fn is_younger_than(&self, age: Duration, now: Timestamp) -> bool {
        self.requested_at <= now && now.saturating_since(self.requested_at) < age
    }

    fn early(&self) -> Duration {
        let life = self.life();
        EARLY.max(life / 10).min(life / 2)
    }

    fn life(&self) -> Duration {
        self.expires_at.saturating_since(self.requested_at)
    }

    fn left(&self, now: Timestamp) -> Duration {
        self.expires_at.saturating_since(now)
    }
}

/// Whether it is the same token.
pub(super) fn is_same(one: &AccessToken, other: &AccessToken) -> bool {
    one.expose_secret() == other.expose_secret()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(life: u64) -> BackendToken {
        BackendToken {
            access_token: AccessToken::new("t"),
            granted: Scopes::default(),
            requested_at: Timestamp::from_millis(0),
            expires_at: Timestamp::from_millis(life * 1_000),
        }
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn a_token_is_due_at_a_tenth_or_a_minute_and_at_half_of_its_life_at_most() {
        for (life, due_at) in [(3_600, 3_240), (600, 540), (300, 240), (100, 50), (10, 5)] {
            let token = token(life);
            assert!(
                !token.is_due(at(due_at).saturating_sub(Duration::from_millis(1))),
                "{life}"
            );
            assert!(token.is_due(at(due_at)), "{life}");
        }
    }

    #[test]
    fn a_token_is_handed_out_until_half_a_minute_or_a_tenth_of_its_life_is_left() {
        for (life, end) in [(3_600, 3_570), (300, 270), (100, 90), (10, 9)] {
            let token = token(life);
            assert!(
                token.is_usable(at(end).saturating_sub(Duration::from_millis(1))),
                "{life}"
            );
            assert!(!token.is_usable(at(end)), "{life}");
        }
    }
}
