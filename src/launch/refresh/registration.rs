//! What the registration of its EHR says to a launch that is to be refreshed: [`Standing`].

use std::{sync::Arc, time::Duration};

use crate::{
    config::Ehr,
    log_throttle::log_seldom,
    runtime::{
        Runtime,
        registrations::{ClientNow, EhrLookupError},
    },
    store::{EndReason, LaunchRecord, RefreshFailure},
};

/// How a launch stands to the registration of its EHR.
#[derive(Debug)]
pub(super) enum Standing {
    /// Its refresh token may be sent as this client.
    Registered(Arc<Ehr>),
    /// There is nobody left who may send its refresh token. Nothing was sent.
    Ended(EndReason),
    /// There is no registration now, or not the one that it needs. Nothing was sent, and the launch is kept.
    Failed(RefreshFailure),
    /// The application could not register itself there. Nothing was sent, and the launch is kept.
    NotRegisteredYet {
        /// When it is tried again.
        retry_after: Duration,
    },
}

impl Standing {
    pub(super) async fn of(runtime: &Runtime, record: &LaunchRecord) -> Self {
        match runtime.ehr_of_record(&record.origin.ehr).await {
            Ok(ehr) if ClientNow::of(&ehr, record.origin.client.as_ref()) == ClientNow::Other => {
                Self::of_another_client(runtime, record)
            }
            Ok(ehr) => Self::Registered(ehr),
            Err(EhrLookupError::NotRegistered) => {
                log_seldom!(
                    runtime,
                    error,
                    ehr = record.origin.ehr,
                    "a launch belongs to an EHR that is not registered any more; put it back, and the launch goes on"
                );
                Self::Failed(RefreshFailure::NotOffered)
            }
            // That is said in the log already, and says nothing about the EHR.
            Err(EhrLookupError::Unavailable | EhrLookupError::Invalid) => {
                Self::Failed(RefreshFailure::RegistrationUnavailable)
            }
            Err(EhrLookupError::RegistrationFailed { retry_after }) => Self::NotRegisteredYet { retry_after },
        }
    }

    /// A launch is worth its access token until that is due, and refreshing is what cannot be done for it.
    fn of_another_client(runtime: &Runtime, record: &LaunchRecord) -> Self {
        if !record.tokens.is_due(runtime.now()) {
            log_seldom!(
                runtime,
                warn,
                ehr = record.origin.ehr,
                "a launch was to be refreshed, and the registration of its EHR has another client id than it began with; \
                 nothing was sent, and the launch goes on until its token is due"
            );
            return Self::Failed(RefreshFailure::RegistrationUnavailable);
        }
        tracing::info!(
            ehr = %record.origin.ehr,
            "the registration of an EHR has another client id than a launch began with; the launch is ended"
        );
        Self::Ended(EndReason::RegistrationChanged)
    }
}

impl Runtime {
    /// How long the EHR of a launch wants between two refreshes, if its registration says so and is known without asking
    /// a resolver.
    pub(super) fn least_interval(&self, launch: &LaunchRecord) -> Option<Duration> {
        self.registrations
            .known(&launch.origin.ehr)?
            .quirks()
            .min_refresh_interval
    }
}
