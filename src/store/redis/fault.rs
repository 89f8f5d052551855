//! What an error of Redis means, and saying so once.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::store::StoreError;

/// What to do about an error.
pub(super) enum Fault {
    /// The connection is gone; another one may do.
    Broken,
    /// The server does not know the script yet.
    NoScript,
    /// The server answered with an error.
    Answered(StoreError),
}

impl Fault {
    pub(super) fn of(error: &RedisError) -> Self {
        if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) {
            return Self::NoScript;
        }
        if error.kind() == ErrorKind::AuthenticationFailed {
            return Self::Answered(StoreError::Refused);
        }
        match error.code() {
            Some("OOM") => Self::Answered(StoreError::Full),
            // MISCONF: the server cannot save to its disk and has therefore stopped to take writes.
            Some("READONLY" | "MISCONF" | "NOREPLICAS") => Self::Answered(StoreError::ReadOnly),
            Some("NOAUTH" | "WRONGPASS" | "NOPERM") => Self::Answered(StoreError::Refused),
            Some("WRONGTYPE") => Self::Answered(StoreError::Unreadable),
            Some(_) => Self::Answered(StoreError::Unavailable),
            None => Self::Broken,
        }
    }
}

/// How often the same thing is said: at every request it would bury the rest of the log.
const QUIET: Duration = Duration::from_secs(10);

/// Says what is wrong with the server or a record, once in a while per kind.
#[derive(Debug, Default)]
pub(super) struct Alarms(Mutex<Vec<(StoreError, Instant)>>);

impl Alarms {
    /// The server answered with an error of this code.
    pub(super) fn raise(&self, error: StoreError, code: &str) {
        if self.is_due(error) {
            tracing::error!(%error, code, "Redis refused an operation of the token store; no launch is deleted");
        }
    }

    /// A record cannot be used.
    pub(super) fn record(&self, error: StoreError, name: &str) {
        if self.is_due(error) {
            tracing::error!(%error, name, "a record in Redis cannot be used; it is kept");
        }
    }

    /// A launch has ended whose record cannot be used.
    pub(super) fn ended_unread(&self, error: StoreError, name: &str) {
        if self.is_due(error) {
            tracing::error!(
                %error,
                name,
                "a launch was ended whose record in Redis cannot be used; its tokens cannot be revoked"
            );
        }
    }

    fn is_due(&self, error: StoreError) -> bool {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.retain(|(_, at)| at.elapsed() < QUIET);
        let due = said.iter().all(|(known, _)| *known != error);
        if due {
            said.push((error, Instant::now()));
        }
        due
    }
}
