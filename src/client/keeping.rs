//! A sign-in of [`SmartClient`] becomes a launch in the store: [`SmartClient::open_launch`].

use std::{error::Error, fmt, sync::Arc};

use super::{Authorized, SmartClient};
use crate::{
    config::{Ehr, IdTokenPolicy},
    launch::{handle::LaunchHandle, keep, keep::NotKept, logout},
    protocol::scope::Scopes,
    runtime::registrations::{ClientNow, EhrLookupError},
    store::{StoreError, user_digest},
};

/// A sign-in that did not become a launch: why, and the tokens, which are as good as before.
#[derive(Debug)]
#[non_exhaustive]
pub struct LaunchNotOpened {
    /// Why.
    pub error: OpenLaunchError,
    /// What was to become a launch.
    pub authorized: Box<Authorized>,
}

impl fmt::Display for LaunchNotOpened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Error for LaunchNotOpened {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

/// Why a sign-in did not become a launch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenLaunchError {
    /// The value belongs to another EHR than the one of this client.
    #[error("the tokens are of another EHR than the one of this client; use `SmartClient::for_ehr` with that EHR")]
    OtherEhr,
    /// The EHR is not registered any more, or its resolver cannot say.
    #[error(transparent)]
    Registration(#[from] EhrLookupError),
    /// The registration of the EHR has another client id than the tokens were given to, so that nobody could refresh them.
    #[error(
        "the registration of the EHR has another client id than these tokens were given to; the person has to start again"
    )]
    RegistrationChanged,
    /// The tokens lack scopes without which no launch opens ([`EhrBuilder::required_scopes`](crate::EhrBuilder::required_scopes)).
    #[error("the tokens lack {missing}, which the registration requires; the person has to sign in again")]
    ScopesNotGranted {
        /// The required scopes that are not granted.
        missing: Scopes,
    },
    /// Nobody knows who signed in, and the registration requires that ([`IdTokenPolicy::Required`]). A refresh token that was kept
    /// alone does not say it.
    #[error("it is not known who signed in, which the registration requires; the person has to sign in again")]
    NoIdentity,
    /// The launch could not be stored, though that was tried for minutes where trying again may help.
    #[error("the launch could not be stored; repair the token store: {0}")]
    Store(#[from] StoreError),
    /// Its audit event could not be written, and [`AuditFailure::RefuseSignIn`](crate::audit::AuditFailure::RefuseSignIn) demands that.
    #[error(
        "the launch was not opened, as its audit event could not be written; repair the audit sink, then call it again"
    )]
    NotAudited,
    /// The crate was shut down, or came to no end of it. The log says which.
    #[error("the launch was not opened, as the crate was shut down (`SmartConfig::shutdown`) or failed; see the log")]
    Stopped,
}

impl From<NotKept> for OpenLaunchError {
    fn from(error: NotKept) -> Self {
        match error {
            NotKept::Store(error) => Self::Store(error),
            NotKept::Unaudited(_) => Self::NotAudited,
        }
    }
}

impl SmartClient {
    /// Opens a launch with these tokens, in the token store of the configuration.
    /// [`SmartConfig::resume`](crate::SmartConfig::resume) goes on with it, here and in other processes that share the store, and
    /// keeps its token fresh as the middleware does: one refresh at a time, kept before it is used, at the pace that the EHR sets.
    ///
    /// The launch belongs to no browser: whoever has the handle has the launch, so keep that on the server. It ends by
    /// [`SmartConfig::end_launch`](crate::SmartConfig::end_launch), when nobody has used it for an hour, and 12 hours after it was
    /// opened ([`SmartConfigBuilder::lifetimes`](crate::SmartConfigBuilder::lifetimes)), and as every launch does when the EHR
    /// refuses to refresh it. What the middleware does with launches of one browser, it does not do with this one: no other launch
    /// ends when it opens, and no limit of a browser pushes it out. [`on_launch`](crate::SmartConfigBuilder::on_launch) is not asked, as you have
    /// the tokens already.
    ///
    /// Open a value once: two launches with the same refresh token would make a careful EHR revoke both.
    ///
    /// It is refreshed with the credentials of the registration, also where this client has others
    /// ([`with_client_auth`](Self::with_client_auth)). When the future is dropped before its end, nobody has the handle: the launch
    /// ends, and its tokens are revoked.
    ///
    /// # Errors
    ///
    /// [`LaunchNotOpened`], with the tokens.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use actix_smart_auth::{Authorized, SmartClient, SmartConfig};
    ///
    /// # async fn run(config: SmartConfig, client: SmartClient, authorized: Authorized) -> Result<(), Box<dyn std::error::Error>> {
    /// let handle = client.open_launch(authorized).await?;
    /// // … later, and in another process that has the same store and sealing keys:
    /// let session = config.resume(&handle).await?;
    /// println!("Bearer {}", session.access_token().expose_secret());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open_launch(&self, authorized: Authorized) -> Result<LaunchHandle, LaunchNotOpened> {
        let opened = self.try_open(&authorized).await;
        opened.map_err(|error| LaunchNotOpened {
            error,
            authorized: Box::new(authorized),
        })
    }

    async fn try_open(&self, authorized: &Authorized) -> Result<LaunchHandle, OpenLaunchError> {
        if self.is_of_another_ehr(authorized) {
            return Err(OpenLaunchError::OtherEhr);
        }
        let runtime = Arc::clone(self.config.runtime());
        // As it is now: this client may be older.
        let ehr = runtime.ehr_of_record(self.ehr.key()).await?;
        may_open(&ehr, authorized)?;
        let mut record = authorized.as_record();
        ehr.key().clone_into(&mut Arc::make_mut(&mut record.origin).ehr);
        record.user = record.identity.as_ref().map(user_digest);
        record.patient = runtime.patient_digest(&record.origin.ehr, &record.tokens);
        let revoker = self.config.revoker().clone();
        let opening = {
            let (runtime, revoker) = (Arc::clone(&runtime), revoker.clone());
            async move {
                record.opened_at = runtime.store.retried(|| runtime.store.learned_now()).await?;
                let launch = keep::keep(&runtime, &revoker, record).await?;
                Ok(LaunchHandle::of(&launch))
            }
        };
        let undo = move |handle: LaunchHandle| {
            let engine = runtime.engine.clone();
            let ending = async move {
                tracing::info!("nobody waits for a launch any more that has opened; it is ended");
                if let Some(id) = handle.id()
                    && let Err(error) = logout::end_launch(&runtime, &revoker, id.key()).await
                {
                    tracing::warn!(%error, "a launch that nobody has could not be ended; it ends when it is idle");
                }
            };
            drop(engine.spawn("launch", ending));
        };
        let stopped = |_| OpenLaunchError::Stopped;
        self.on_engine_or_undo("launch", opening, undo, stopped).await
    }
}

/// What is demanded of every launch.
fn may_open(ehr: &Ehr, authorized: &Authorized) -> Result<(), OpenLaunchError> {
    if ClientNow::of(ehr, Some(&authorized.client)) == ClientNow::Other {
        return Err(OpenLaunchError::RegistrationChanged);
    }
    let missing = authorized.tokens.granted_scopes().uncovered(ehr.required_scopes());
    if !missing.is_empty() {
        return Err(OpenLaunchError::ScopesNotGranted { missing });
    }
    if ehr.id_token_policy() == IdTokenPolicy::Required && authorized.identity.is_none() {
        return Err(OpenLaunchError::NoIdentity);
    }
    Ok(())
}
