//! A sign-in of [`SmartClient`] becomes a launch in the store: [`SmartClient::open_launch`].

use std::sync::Arc;

use super::{Authorized, SmartClient};
use crate::{
    launch::{handle::LaunchHandle, keep},
    protocol::transport_error::TransportError,
    runtime::registrations::ClientNow,
    store::{StoreError, user_digest},
};

/// Why a sign-in did not become a launch. The value still has its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenLaunchError {
    /// The value belongs to another EHR than the one of this client.
    #[error("the tokens are of another EHR than the one of this client; use `SmartClient::for_ehr` with that EHR")]
    OtherEhr,
    /// The registration of the EHR has another client id than the tokens were given to, so that nobody could refresh them.
    #[error(
        "the registration of the EHR has another client id than these tokens were given to; the person has to start again"
    )]
    RegistrationChanged,
    /// The launch could not be stored, though that was tried for minutes.
    #[error("the launch could not be stored; repair the token store: {0}")]
    Store(#[from] StoreError),
    /// The crate was shut down.
    #[error("{}", TransportError::ShutDown)]
    ShutDown,
}

impl SmartClient {
    /// Opens a launch with these tokens, in the token store of the configuration. [`SmartConfig::resume`](crate::SmartConfig::resume)
    /// goes on with it, here and in other processes that share the store, and keeps its token fresh as the middleware does: one
    /// refresh at a time, kept before it is used, at the pace that the EHR sets.
    ///
    /// The launch belongs to no browser: whoever has the handle has the launch, so keep that on the server. It ends by
    /// [`SmartSession::end`](crate::SmartSession::end), when nobody has used it for an hour, and 12 hours after it was opened
    /// ([`SmartConfigBuilder::lifetimes`](crate::SmartConfigBuilder::lifetimes)), and as every launch does when the EHR refuses to
    /// refresh it. [`on_launch`](crate::SmartConfigBuilder::on_launch) is not asked: you have the tokens already.
    ///
    /// From now on the launch owns the refresh token. Do not refresh or revoke this value any more, and open it once.
    ///
    /// # Errors
    ///
    /// [`OpenLaunchError`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use actix_smart_auth::{Authorized, SmartClient, SmartConfig};
    ///
    /// # async fn run(config: SmartConfig, client: SmartClient, authorized: Authorized) -> Result<(), Box<dyn std::error::Error>> {
    /// let handle = client.open_launch(&authorized).await?;
    /// // … later, and in another process that has the same store and sealing keys:
    /// let session = config.resume(&handle).await?;
    /// println!("Bearer {}", session.access_token().expose_secret());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open_launch(&self, authorized: &Authorized) -> Result<LaunchHandle, OpenLaunchError> {
        if self.is_of_another_ehr(authorized) {
            return Err(OpenLaunchError::OtherEhr);
        }
        if ClientNow::of(&self.ehr, Some(&authorized.client)) == ClientNow::Other {
            return Err(OpenLaunchError::RegistrationChanged);
        }
        let runtime = Arc::clone(self.config.runtime());
        let mut record = authorized.as_record();
        self.ehr.key().clone_into(&mut record.ehr);
        record.user = record.identity.as_ref().map(user_digest);
        record.patient = runtime.patient_digest(&record.ehr, &record.tokens);
        let work = async move {
            record.opened_at = runtime.store.learned_now().await?;
            let launch = keep::keep(&runtime, record).await?;
            Ok(LaunchHandle::of(&launch))
        };
        self.on_engine("launch", work, |_| OpenLaunchError::ShutDown).await
    }
}
