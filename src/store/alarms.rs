//! Saying once what is wrong with a server or a record: [`Alarms`].

use std::{
    io,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::StoreError;

/// How often the same thing is said: at every request it would bury the rest of the log.
const QUIET: Duration = Duration::from_secs(10);

/// Says what is wrong with the server or a record, once in a while per kind.
#[derive(Debug)]
pub(in crate::store) struct Alarms {
    /// What kind of server it is.
    server: &'static str,
    said: Mutex<Vec<Said>>,
}

/// What was said, and when.
#[derive(Debug)]
struct Said {
    error: StoreError,
    /// Which trouble it was: two of one error do not keep each other out of the log.
    of: String,
    at: Instant,
}

/// So many are remembered. The codes are the server's words; it does not decide how much is logged.
const MOST: usize = 64;

impl Alarms {
    pub(in crate::store) const fn of(server: &'static str) -> Self {
        Self {
            server,
            said: Mutex::new(Vec::new()),
        }
    }

    /// The server answered with an error of this code.
    pub(in crate::store) fn raise(&self, error: StoreError, code: &str) {
        if self.is_due(error, code) {
            tracing::error!(%error, code, "{} refused an operation of the token store; no launch is deleted", self.server);
        }
    }

    /// The server did not answer an operation in time.
    pub(in crate::store) fn late(&self, operation: &str) {
        let (error, code) = (StoreError::Unavailable, "no answer in time");
        if self.is_due(error, code) {
            tracing::error!(
                %error,
                code,
                operation,
                "{} did not answer an operation of the token store; no launch is deleted",
                self.server
            );
        }
    }

    /// A record cannot be used.
    pub(in crate::store) fn record(&self, error: StoreError, name: &str) {
        if self.is_due(error, "a record") {
            tracing::error!(%error, name, "a record in {} cannot be used; it is kept", self.server);
        }
    }

    /// A launch has ended whose record cannot be used.
    pub(in crate::store) fn ended_unread(&self, error: StoreError, name: &str) {
        if self.is_due(error, "an ended record") {
            tracing::error!(
                %error,
                name,
                "a launch was ended whose record in {} cannot be used; its tokens cannot be revoked",
                self.server
            );
        }
    }

    /// The thread for the connections could not be started. It is tried again with each operation.
    pub(in crate::store) fn no_thread(&self, error: &io::Error) -> StoreError {
        let cause = StoreError::Unavailable;
        if self.is_due(cause, "no thread") {
            tracing::error!(%error, "the thread for the connections to {} could not be started", self.server);
        }
        cause
    }

    fn is_due(&self, error: StoreError, of: &str) -> bool {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.retain(|said| said.at.elapsed() < QUIET);
        let is_new = said.iter().all(|said| said.error != error || said.of != of);
        let is_due = is_new && said.len() < MOST;
        if is_due {
            said.push(Said {
                error,
                of: of.to_owned(),
                at: Instant::now(),
            });
        }
        is_due
    }
}

#[cfg(test)]
mod tests;
