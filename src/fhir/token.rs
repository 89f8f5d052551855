//! The access token of the requests of one [`Fhir`](super::Fhir): [`CurrentToken`].

use std::sync::{Arc, Mutex, PoisonError};

use super::FhirError;
use crate::{
    backend::{BackendClient, BackendToken},
    config::Ehr,
    launch::session::{RefreshNow, SmartSession},
    protocol::{scope::Scopes, secret::AccessToken},
    runtime::Runtime,
};

/// Who asks, as it was when a request last needed its token.
pub(super) struct CurrentToken {
    source: Source,
    /// The same for every state of a launch.
    runtime: Arc<Runtime>,
}

enum Source {
    Launch(Mutex<SmartSession>),
    /// It has a memory of its own.
    Backend(BackendClient),
}

/// Who asks, with a token.
pub(super) enum Holder {
    /// A launch.
    Launch(SmartSession),
    /// The application itself.
    Backend(BackendToken, BackendClient),
}

/// For whom requests are, whether or not there is a token.
#[derive(Clone)]
pub(super) enum Whose {
    Launch(SmartSession),
    /// The application itself, at the EHR with this address.
    Backend(String),
}

impl CurrentToken {
    pub(super) fn of_launch(session: SmartSession) -> Self {
        Self {
            runtime: session.runtime(),
            source: Source::Launch(Mutex::new(session)),
        }
    }

    pub(super) fn of_backend(client: BackendClient) -> Self {
        Self {
            runtime: Arc::clone(client.runtime()),
            source: Source::Backend(client),
        }
    }

    pub(super) const fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    pub(super) fn whose(&self) -> Whose {
        match &self.source {
            Source::Launch(session) => Whose::Launch(seen(session)),
            Source::Backend(client) => Whose::Backend(client.fhir_base_url().to_owned()),
        }
    }

    /// Who asks, with a token that is fresh. The store is asked only where that may have changed.
    pub(super) async fn fresh(&self) -> Result<Holder, FhirError> {
        let session = match &self.source {
            Source::Backend(client) => return Ok(Holder::Backend(client.token().await?, client.clone())),
            Source::Launch(session) => session,
        };
        let known = seen(session);
        if !known.tokens().is_due(self.runtime.now()) {
            return Ok(Holder::Launch(known));
        }
        let fresh = known.reload().await?;
        see(session, &fresh);
        Ok(Holder::Launch(fresh))
    }

    /// Another token than this one, which the server has refused. `None`: there is none now.
    pub(super) async fn other_than(&self, refused: &Holder) -> Result<Option<Holder>, FhirError> {
        let session = match (&self.source, refused) {
            (Source::Backend(client), Holder::Backend(refused, _)) => {
                let other = client.other_than(refused).await?;
                return Ok(other.map(|token| Holder::Backend(token, client.clone())));
            }
            (Source::Launch(session), Holder::Launch(_)) => session,
            // Each has what it gave.
            _ => return Ok(None),
        };
        let refused = refused.access_token().expose_secret();
        let is_other = |session: &SmartSession| session.access_token().expose_secret() != refused;
        let known = seen(session);
        // Another request of the same page has got one already.
        if is_other(&known) {
            return Ok(Some(Holder::Launch(known)));
        }
        let fresh = match known.refresh_now().await? {
            RefreshNow::Refreshed(fresh) => fresh,
            RefreshNow::TooEarly { .. } => known.reload().await?,
        };
        see(session, &fresh);
        Ok(Some(fresh).filter(is_other).map(Holder::Launch))
    }
}

impl Holder {
    pub(super) fn access_token(&self) -> &AccessToken {
        match self {
            Self::Launch(session) => session.access_token(),
            Self::Backend(token, _) => token.access_token(),
        }
    }

    pub(super) fn granted_scopes(&self) -> &Scopes {
        match self {
            Self::Launch(session) => session.granted_scopes(),
            Self::Backend(token, _) => token.granted_scopes(),
        }
    }

    /// Whose data its scopes are for, as scopes begin.
    pub(super) fn context(&self) -> &'static str {
        match self {
            Self::Launch(session) if session.patient().is_some() => "patient",
            Self::Launch(_) => "user",
            Self::Backend(..) => "system",
        }
    }

    /// The registration, by which requests are sent. A process that has not needed it yet asks the application's resolver, which may take some
    /// seconds (12 at most): the time of the request begins after that.
    pub(super) async fn ehr(&self) -> Result<Arc<Ehr>, FhirError> {
        match self {
            Self::Launch(session) => match session.ehr() {
                Some(ehr) => Ok(ehr),
                None => Ok(session.runtime().ehr_of_record(session.ehr_key()).await?),
            },
            Self::Backend(_, client) => Ok(client.registration().await?),
        }
    }
}

fn seen(session: &Mutex<SmartSession>) -> SmartSession {
    session.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn see(session: &Mutex<SmartSession>, fresh: &SmartSession) {
    *session.lock().unwrap_or_else(PoisonError::into_inner) = fresh.clone();
}
