//! Saying once what is wrong with a server or a record: [`Alarms`].

use std::{
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
    said: Mutex<Vec<(StoreError, Instant)>>,
}

impl Alarms {
    pub(in crate::store) const fn of(server: &'static str) -> Self {
        Self {
            server,
            said: Mutex::new(Vec::new()),
        }
    }

    /// The server answered with an error of this code.
    pub(in crate::store) fn raise(&self, error: StoreError, code: &str) {
        if self.is_due(error) {
            tracing::error!(%error, code, "{} refused an operation of the token store; no launch is deleted", self.server);
        }
    }

    /// A record cannot be used.
    pub(in crate::store) fn record(&self, error: StoreError, name: &str) {
        if self.is_due(error) {
            tracing::error!(%error, name, "a record in {} cannot be used; it is kept", self.server);
        }
    }

    /// A launch has ended whose record cannot be used.
    pub(in crate::store) fn ended_unread(&self, error: StoreError, name: &str) {
        if self.is_due(error) {
            tracing::error!(
                %error,
                name,
                "a launch was ended whose record in {} cannot be used; its tokens cannot be revoked",
                self.server
            );
        }
    }

    fn is_due(&self, error: StoreError) -> bool {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.retain(|(_, at)| at.elapsed() < QUIET);
        let due = said.iter().all(|(known, _)| *known != error);
        if due {
            said.push((error, Instant::now()));
        }
        due
    }
}
