//! Why a question about a token brought nothing, and what that says of the server: [`Failed`].

use std::time::Duration;

use super::not_checked::NotChecked;
use crate::{
    backend::BackendError,
    launch::introspect::IntrospectError,
    protocol::{endpoint_error::EndpointError, transport_error::TransportError},
};

/// When it is worth asking again, where nobody says.
const SOON: Duration = Duration::from_secs(5);
/// When a failure that was just seen is worth being asked about again.
pub(super) const AGAIN: Duration = Duration::from_secs(1);

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) cause: NotChecked,
    /// When it is worth asking again.
    pub(super) retry_after: Duration,
    pub(super) server: Server,
}

/// What a failure says of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Server {
    /// It answers, though not what was wanted.
    Answers,
    /// It has trouble, or ends the connection. That costs no time.
    IsTroubled,
    /// It does not answer in time: whoever asks waits, and holds a place meanwhile.
    Hangs,
    /// It wants to be left alone for so long.
    AsksForPatience(Duration),
    /// Nothing: it was not asked.
    NotAsked,
}

impl Failed {
    /// Nothing was sent.
    pub(super) const fn unasked(cause: NotChecked, retry_after: Duration) -> Self {
        Self {
            cause,
            retry_after,
            server: Server::NotAsked,
        }
    }

    /// Nothing was sent, and nobody says when that will be different.
    pub(super) const fn unasked_for_now(cause: NotChecked) -> Self {
        Self::unasked(cause, SOON)
    }

    /// The application has no token of its own to ask with.
    pub(super) const fn without_own_token(error: BackendError) -> Self {
        Self::unasked_for_now(NotChecked::NoBackendToken(error))
    }

    /// The server has answered with success, and what it says cannot be used.
    pub(super) const fn unusable() -> Self {
        Self {
            cause: NotChecked::UnusableAnswer,
            retry_after: SOON,
            server: Server::Answers,
        }
    }

    pub(super) fn of(error: &IntrospectError) -> Self {
        let cause = NotChecked::of(error);
        let (server, retry_after) = match error {
            IntrospectError::Busy { retry_after } => (Server::NotAsked, *retry_after),
            IntrospectError::Endpoint(error) => Server::of_endpoint(error, cause),
            IntrospectError::Malformed(_) => (Server::Answers, SOON),
            IntrospectError::NoEndpoint | IntrospectError::Ehr(_) | IntrospectError::OtherEhr => {
                (Server::NotAsked, SOON)
            }
        };
        Self {
            cause,
            retry_after,
            server,
        }
    }
}

impl Server {
    fn of_endpoint(error: &EndpointError, cause: NotChecked) -> (Self, Duration) {
        let asked = error.retry_after().filter(|_| cause == NotChecked::EhrTrouble);
        let server = match (error, cause, asked) {
            (_, _, Some(asked)) => Self::AsksForPatience(asked),
            (EndpointError::Transport(TransportError::Timeout | TransportError::ConnectTimeout), ..) => Self::Hangs,
            (_, NotChecked::NoAnswer | NotChecked::EhrTrouble, None) => Self::IsTroubled,
            (_, NotChecked::NotSigned, None) => Self::NotAsked,
            _ => Self::Answers,
        };
        (server, SOON)
    }
}
