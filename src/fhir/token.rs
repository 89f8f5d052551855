//! The access token of the requests of one [`Fhir`](super::Fhir): [`CurrentToken`].

use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    launch::{
        error::LaunchError,
        session::{RefreshNow, SmartSession},
    },
    protocol::secret::AccessToken,
    runtime::Runtime,
};

/// The launch as it was when a request last needed its token.
pub(super) struct CurrentToken {
    session: Mutex<SmartSession>,
    /// The same for every state of the launch.
    runtime: Arc<Runtime>,
}

impl CurrentToken {
    pub(super) fn new(session: SmartSession) -> Self {
        Self {
            runtime: session.runtime(),
            session: Mutex::new(session),
        }
    }

    pub(super) const fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// The launch, with a token that is fresh. The store is asked only where that may have changed.
    pub(super) async fn fresh(&self) -> Result<SmartSession, LaunchError> {
        let session = self.session();
        if !session.tokens().is_due(session.runtime().now()) {
            return Ok(session);
        }
        let fresh = session.reload().await?;
        self.set(fresh.clone());
        Ok(fresh)
    }

    /// Another token than this one, which the server has refused. `None`: there is none now.
    pub(super) async fn other_than(&self, refused: &AccessToken) -> Result<Option<SmartSession>, LaunchError> {
        let is_other = |session: &SmartSession| session.access_token().expose_secret() != refused.expose_secret();
        let known = self.session();
        // Another request of the same page has got one already.
        if is_other(&known) {
            return Ok(Some(known));
        }
        let fresh = match known.refresh_now().await? {
            RefreshNow::Refreshed(fresh) => fresh,
            RefreshNow::TooEarly { .. } => known.reload().await?,
        };
        self.set(fresh.clone());
        Ok(Some(fresh).filter(is_other))
    }

    pub(super) fn session(&self) -> SmartSession {
        self.session.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, session: SmartSession) {
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = session;
    }
}
