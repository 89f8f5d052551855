//! [`SmartSession`]: one open launch, with an access token that was fresh when the handler began.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::{
    config::Ehr,
    launch::{
        error::LaunchError,
        handle::LaunchHandle,
        insufficient_scope::InsufficientScope,
        introspect::{IntrospectError, IntrospectionAuth, introspect},
        logout,
        refresh::{Refreshed, Refresher},
        revoke::Revoker,
        smart_style::KeptStyles,
    },
    protocol::{
        endpoint_error::EndpointError, introspection::Introspection, launch_facts::launch_facts, launch_id::LaunchId,
        people::People, scope::Scopes, secret::AccessToken, transport_error::TransportError,
    },
    runtime::{Runtime, engine::Engine},
    store::{LaunchKind, LaunchRecord, LaunchUse, LoadedLaunch, Version},
    time::Timestamp,
};

/// An open launch of this browser tab, with an access token that is fresh.
///
/// As a handler argument it is loaded, and refreshed when that is due, *before* the handler runs. Cheap to clone,
/// `Send`, and good for as long as the launch is open: a stream that runs for an hour asks
/// [`current_token`](Self::current_token) each time.
///
/// For pages that work with and without a launch take `Result<SmartSession, SmartSessionError>` and ask
/// `error.is_absent()`. `Option<SmartSession>` is `None` on *any* error, an outage included.
#[derive(Clone)]
pub struct SmartSession {
    sessions: Arc<Sessions>,
    launch: Arc<Launch>,
    record: Arc<LaunchRecord>,
    /// How it is loaded again.
    launch_use: LaunchUse,
}

/// What clones of one value share.
struct Launch {
    id: LaunchId,
    /// Whether [`SmartSession::end`] was called on one of them.
    ended: AtomicBool,
    /// Why one of them could not be used the last time.
    failed: Mutex<Option<LaunchError>>,
}

/// What [`SmartSession::refresh_now`] did.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RefreshNow {
    /// The launch with its new access token.
    Refreshed(SmartSession),
    /// Nothing: the EHR is not to be asked again so soon, or gave no refresh token. The present token stays.
    TooEarly {
        /// When it is worth asking again.
        retry_after: Duration,
    },
}

/// What sessions work with: made once per configuration. It keeps the engine open, so that a stream or a job that holds a
/// session goes on while it does.
pub(crate) struct Sessions {
    runtime: Arc<Runtime>,
    refresher: Refresher,
    revoker: Revoker,
    styles: KeptStyles,
    _engine: Engine,
}

impl Sessions {
    /// `engine` is an owning handle.
    pub(crate) fn new(runtime: Arc<Runtime>, refresher: Refresher, revoker: Revoker, engine: Engine) -> Self {
        Self {
            runtime,
            refresher,
            revoker,
            styles: KeptStyles::default(),
            _engine: engine,
        }
    }

    /// Loads a launch by its id and makes its token fresh.
    pub(crate) async fn load(
        self: &Arc<Self>,
        id: LaunchId,
        launch_use: LaunchUse,
    ) -> Result<SmartSession, LaunchError> {
        let stored = self.stored(&id, launch_use).await?;
        let record = self.refresher.ensure_fresh(id.key(), stored, launch_use).await?;
        Ok(self.session(id, record, launch_use))
    }

    /// The session of a launch whose token is fresh.
    pub(crate) fn session(
        self: &Arc<Self>,
        id: LaunchId,
        record: Arc<LaunchRecord>,
        launch_use: LaunchUse,
    ) -> SmartSession {
        let ended = AtomicBool::new(false);
        SmartSession {
            sessions: Arc::clone(self),
            launch: Arc::new(Launch {
                id,
                ended,
                failed: Mutex::default(),
            }),
            record,
            launch_use,
        }
    }

    async fn stored(&self, id: &LaunchId, launch_use: LaunchUse) -> Result<(Arc<LaunchRecord>, Version), LaunchError> {
        let loaded = self.runtime.load(id.key(), launch_use).await;
        match loaded.map_err(|error| LaunchError::not_loaded(&self.runtime, id.key(), error))? {
            LoadedLaunch::Open { record, version } => Ok((record, version)),
            LoadedLaunch::Ended(ended) => Err(LaunchError::Ended(ended.reason)),
            LoadedLaunch::NotFound => Err(LaunchError::NotFound),
        }
    }
}

impl SmartSession {
    pub(crate) fn runtime(&self) -> Arc<Runtime> {
        Arc::clone(&self.sessions.runtime)
    }

    pub(crate) fn record(&self) -> &LaunchRecord {
        &self.record
    }

    /// What was fetched of the looks of EHRs.
    pub(super) fn styles(&self) -> &KeptStyles {
        &self.sessions.styles
    }

    /// The key of the EHR registration.
    pub(crate) fn ehr_key(&self) -> &str {
        &self.record.origin.ehr
    }

    /// Whether this value, or a clone of it, was used to end the launch.
    #[cfg(feature = "actix")]
    pub(crate) fn was_ended(&self) -> bool {
        self.launch.ended.load(Ordering::Acquire)
    }

    /// Whether this error is of this value, or of a clone of it, and not of another launch.
    #[cfg(feature = "actix")]
    pub(crate) fn has_failed_with(&self, error: LaunchError) -> bool {
        *self.launch.failed.lock().unwrap_or_else(PoisonError::into_inner) == Some(error)
    }

    fn noting(&self, error: LaunchError) -> LaunchError {
        *self.launch.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        error
    }

    /// The access token, as it was when the handler began.
    #[must_use]
    pub fn access_token(&self) -> &AccessToken {
        self.record.tokens.access_token()
    }

    /// The access token that is right *now*: refreshed first when that is due. For long handlers, streams and jobs.
    ///
    /// It counts as a use of the launch where the request did ([`launch_use`](Self::launch_use)). A stream that is open
    /// for as long as the tab is should not count: a forgotten tab would keep the launch open.
    ///
    /// # Errors
    ///
    /// [`LaunchError`] when the launch has ended meanwhile, or when the token has run out and cannot be refreshed now.
    pub async fn current_token(&self) -> Result<AccessToken, LaunchError> {
        Ok(self.reload().await?.access_token().clone())
    }

    /// This launch as it is now, with a fresh access token. Counts as [`current_token`](Self::current_token) does.
    ///
    /// # Errors
    ///
    /// As [`current_token`](Self::current_token).
    pub async fn reload(&self) -> Result<Self, LaunchError> {
        let fresh = self.sessions.load(self.launch.id.clone(), self.launch_use).await;
        let fresh = fresh.map_err(|error| self.noting(error))?;
        Ok(Self {
            record: fresh.record,
            ..self.clone()
        })
    }

    /// Refreshes the access token now, although it may not be due, as far as the pace allows: EHRs throttle clients
    /// that refresh more than about once a minute. For a FHIR server that answered 401. Counts as
    /// [`current_token`](Self::current_token) does.
    ///
    /// # Errors
    ///
    /// [`LaunchError`] when the launch has ended, or when the EHR gave no new token; the present token may still serve.
    pub async fn refresh_now(&self) -> Result<RefreshNow, LaunchError> {
        let stored = self.sessions.stored(&self.launch.id, self.launch_use).await;
        let stored = stored.map_err(|error| self.noting(error))?;
        let refreshed = self
            .sessions
            .refresher
            .refresh_now(self.launch.id.key(), stored, self.launch_use)
            .await
            .map_err(|error| self.noting(error))?;
        Ok(match refreshed {
            Refreshed::Yes(record) => RefreshNow::Refreshed(Self { record, ..self.clone() }),
            Refreshed::TooEarly { retry_after } => RefreshNow::TooEarly { retry_after },
        })
    }

    /// Whether this request counts as a use of the launch, and with it [`current_token`](Self::current_token),
    /// [`reload`](Self::reload) and [`refresh_now`](Self::refresh_now). A launch that was resumed outside of a request
    /// counts.
    #[must_use]
    pub const fn launch_use(&self) -> LaunchUse {
        self.launch_use
    }

    /// The same launch for somebody who counts in another way. Nothing is loaded.
    pub(crate) fn counting(self, launch_use: LaunchUse) -> Self {
        Self { launch_use, ..self }
    }

    /// Notes that the launch was used now. Should it have ended since it was loaded, the next request finds out.
    pub(crate) async fn note_use(&self) {
        if let Err(error) = self
            .sessions
            .runtime
            .load(self.launch.id.key(), LaunchUse::Counts)
            .await
        {
            tracing::warn!(launch = self.log_name(), %error, "the use of a launch could not be noted");
        }
    }

    /// Ends this launch. Its page then says so; other launches of this browser stay. Returns whether it was open.
    ///
    /// In a handler, the answer also makes the browser drop the pages of the launch that it keeps for its *Back* button.
    ///
    /// Its tokens are revoked where the EHR has an endpoint for it, in the background. A failure is only logged.
    ///
    /// # Errors
    ///
    /// [`LaunchError::Unavailable`] when the token store cannot be reached.
    pub async fn end(&self) -> Result<bool, LaunchError> {
        let (sessions, key) = (&self.sessions, self.launch.id.key());
        let ended = logout::end_launch(&sessions.runtime, &sessions.revoker, key).await;
        let ended = ended.map_err(|error| LaunchError::not_ended(&sessions.runtime, key, error))?;
        let was_open = ended.count() > 0;
        self.launch.ended.store(true, Ordering::Release);
        Ok(was_open)
    }

    /// Asks the EHR what the access token of this value is good for (RFC 7662), with this application's credentials.
    ///
    /// # Errors
    ///
    /// [`IntrospectError`]; the launch is not touched.
    pub async fn introspect(&self) -> Result<Introspection, IntrospectError> {
        self.introspect_with(IntrospectionAuth::default()).await
    }

    /// As [`introspect`](Self::introspect), authorised in the way that the EHR takes.
    ///
    /// # Errors
    ///
    /// [`IntrospectError`]; the launch is not touched.
    pub async fn introspect_with(&self, auth: IntrospectionAuth) -> Result<Introspection, IntrospectError> {
        let (runtime, record) = (Arc::clone(&self.sessions.runtime), Arc::clone(&self.record));
        let call = async move {
            let ehr = runtime.ehr_of_record(&record.origin.ehr).await?;
            let people = People::of_launch(&record.tokens, record.identity.as_ref());
            let token = record.tokens.access_token();
            introspect(&runtime, &ehr, &record.origin.endpoints, token, auth, people).await
        };
        let running = self.sessions.runtime.engine.spawn("introspection", call);
        // Where it had begun, what it was to send may have been sent.
        let stopped = if running.is_refused() {
            TransportError::ShutDown
        } else {
            TransportError::Disconnected
        };
        running
            .await
            .unwrap_or_else(|_| Err(EndpointError::from(stopped).into()))
    }

    launch_facts!(self =>
        aud: &self.record.origin.aud,
        tokens: &self.record.tokens,
        requested: &self.record.origin.requested,
        identity: self.record.identity.as_ref(),
    );

    /// Goes on only if the scopes granted at the moment cover these ([`Scopes::covers`]). With `?` in a handler the
    /// answer is 403, as that of `RequireScope`: a page for a person, problem+json for a script.
    ///
    /// # Errors
    ///
    /// [`InsufficientScope`] names those that are missing. A scope that is misspelled is one that nobody grants.
    pub fn require_scopes(&self, needed: &str) -> Result<(), InsufficientScope> {
        InsufficientScope::check(self.granted_scopes(), &Scopes::parse(needed))
    }

    /// When the access token expires, by the clock of the token store. [`expires_in`](Self::expires_in) says how long that is.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.record.tokens.expires_at()
    }

    /// How long the access token still lives.
    #[must_use]
    pub fn expires_in(&self) -> Duration {
        self.expires_at().saturating_since(self.sessions.runtime.now())
    }

    /// The id of the launch, as in the path.
    #[must_use]
    pub fn launch_id(&self) -> &LaunchId {
        &self.launch.id
    }

    /// Whether the launch began in the EHR or in the application.
    #[must_use]
    pub fn kind(&self) -> LaunchKind {
        self.record.kind
    }

    /// The EHR registration that this launch belongs to. `None` when it was removed, or when it is a resolver's and this
    /// process has not needed it yet.
    #[must_use]
    pub fn ehr(&self) -> Option<Arc<Ehr>> {
        self.sessions.runtime.registrations.known(&self.record.origin.ehr)
    }

    /// This launch as text, to go on with it outside of a request.
    #[must_use]
    pub fn handle(&self) -> LaunchHandle {
        LaunchHandle::of(&self.launch.id)
    }

    /// What lines of the log and audit events call this launch (`launch=`), for lines of your own. Good for nothing else.
    #[must_use]
    pub fn log_name(&self) -> String {
        self.launch.id.key().reference()
    }

    /// A path of the application inside this launch, for links and redirects: `path("/labs")` gives
    /// `/~3kTz…/labs`, with the public path in front.
    #[must_use]
    pub fn path(&self, path: &str) -> String {
        self.sessions
            .runtime
            .settings
            .paths
            .external_in_launch(&self.launch.id, path)
    }
}

impl fmt::Debug for SmartSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmartSession")
            .field("ehr", &self.record.origin.ehr)
            .field("kind", &self.record.kind)
            .field("expires_at", &self.expires_at())
            .field("launch_context", self.launch_context())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
