//! Why a token request is refused: [`Failure`].

use crate::sandbox::http::Reply;

/// An OAuth error (RFC 6749 section 5.2).
#[derive(Debug)]
pub(in crate::sandbox) struct Failure {
    status: u16,
    error: &'static str,
    description: String,
}

impl Failure {
    pub(in crate::sandbox) fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self {
            status: 400,
            error,
            description: description.into(),
        }
    }

    /// Nobody knows who asks.
    pub(in crate::sandbox) fn unauthenticated(description: &str) -> Self {
        Self {
            status: 401,
            ..Self::new("invalid_client", description)
        }
    }

    pub(super) fn throttled() -> Self {
        Self {
            status: 429,
            ..Self::new(
                "slow_down",
                "This was refreshed a moment ago: wait before the next time.",
            )
        }
    }

    pub(super) fn invalid_grant(description: &str) -> Self {
        Self::new("invalid_grant", description)
    }

    pub(in crate::sandbox) fn reply(&self) -> Reply {
        Reply::refusal(self.status, self.error, &self.description)
    }
}
