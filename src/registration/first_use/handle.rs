//! A look at the registrations that the application made by itself: [`KeptRegistrations`].

use std::{fmt, sync::Arc, time::Duration};

use super::{
    FirstUses,
    error::FirstUseError,
    kept::{Kept, Stored},
    place::{Name, Place},
};
use crate::{
    protocol::{client_registration::ClientRegistration, urls::FhirBaseUrl},
    runtime::Runtime,
    store::Patience,
    time::Timestamp,
};

/// How long a store is asked again that does not answer, or in which others write.
const STORE: Duration = Duration::from_secs(5);

/// The registrations that the application made by itself at first use
/// ([`register_at_first_use`](crate::SmartConfigBuilder::register_at_first_use)): to look at them, to put a changed one in the place
/// of the old, and to forget one that the EHR has deleted. [`SmartConfig::kept_registrations`](crate::SmartConfig::kept_registrations)
/// gives it.
///
/// # Examples
///
/// ```no_run
/// use actix_smart_auth::SmartConfig;
///
/// /// For an administrator: the EHR has lost or deleted the client, and launches end with `invalid_client`.
/// async fn register_anew(config: &SmartConfig, ehr: &str) -> Result<(), Box<dyn std::error::Error>> {
///     let kept = config.kept_registrations();
///     if let Some(registration) = kept.of(ehr).await? {
///         println!("{} is thrown away", registration.client_id());
///     }
///     // Registered again when the EHR is next needed.
///     kept.forget(ehr).await?;
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct KeptRegistrations {
    runtime: Arc<Runtime>,
    pub(super) first_uses: Option<Arc<FirstUses>>,
}

impl KeptRegistrations {
    pub(crate) const fn new(runtime: Arc<Runtime>, first_uses: Option<Arc<FirstUses>>) -> Self {
        Self { runtime, first_uses }
    }

    /// The registration at the EHR with this FHIR base URL; `None` where there is none yet. Nothing is registered by asking.
    ///
    /// # Errors
    ///
    /// [`FirstUseError`].
    pub async fn of(&self, fhir_base_url: &str) -> Result<Option<ClientRegistration>, FirstUseError> {
        let (place, name) = self.at(fhir_base_url)?;
        let mut patience = Patience::of(STORE);
        loop {
            match Stored::load(&self.runtime, place, &name).await {
                Ok(stored) => {
                    let registration = stored.kept.registration.clone();
                    stored.keep_on(&self.runtime, place, &name).await;
                    return Ok(registration);
                }
                Err(FirstUseError::StoreUnavailable) if patience.allows_another().await => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Keeps this in the place of what is kept of the same EHR: what [`Registrar::read`](crate::registration::Registrar::read) and
    /// [`update`](crate::registration::Registrar::update) return, or a registration that was kept elsewhere so far. Used here at once,
    /// and by other processes within [`resolver_ttl`](crate::SmartConfigBuilder::resolver_ttl). Where it is another client than before,
    /// the one of before stays at the EHR, and the log names it.
    ///
    /// # Errors
    ///
    /// [`FirstUseError`].
    pub async fn keep(&self, registration: &ClientRegistration) -> Result<(), FirstUseError> {
        let (place, name) = self.at(registration.fhir_base_url())?;
        let mut patience = Patience::of(STORE);
        // The last one that was seen: where an answer of the store was lost, the next round finds what this one has written.
        let mut former = None;
        loop {
            let done = async {
                let stored = Stored::load(&self.runtime, place, &name).await?;
                let kept = Kept {
                    superseded: stored.kept.superseded.clone().without(registration),
                    ..Kept::with(registration.clone(), self.runtime.now())
                };
                let there = stored.kept.registration.clone();
                former = there
                    .filter(|there| there.client_id() != registration.client_id())
                    .or(former.take());
                stored.replace(&self.runtime, place, &name, kept).await
            };
            match done.await {
                Ok(Some(_)) => break,
                Ok(None) | Err(FirstUseError::StoreUnavailable) if patience.allows_another().await => {}
                Ok(None) => return Err(FirstUseError::StoreUnavailable),
                Err(error) => return Err(error),
            }
        }
        self.runtime.registrations.forget(registration.fhir_base_url());
        tracing::info!(
            ehr = name.ehr,
            client_id = registration.client_id(),
            former = former.as_ref().map(ClientRegistration::client_id),
            "a registration was put in the place of what was kept of an EHR. A former client that stands here stays at the EHR"
        );
        Ok(())
    }

    /// Forgets the registration at an EHR: the application is registered anew when it is next needed there, as another client, and
    /// launches of the old one end. For a client that the EHR has deleted, and for what cannot be read any more
    /// ([`FirstUseError::Unreadable`]). Other processes see it within [`resolver_ttl`](crate::SmartConfigBuilder::resolver_ttl). The EHR
    /// is told nothing: to delete the client there, call [`Registrar::delete`](crate::registration::Registrar::delete) before.
    ///
    /// Returns whether there was anything.
    ///
    /// # Errors
    ///
    /// [`FirstUseError`].
    pub async fn forget(&self, fhir_base_url: &str) -> Result<bool, FirstUseError> {
        let (place, name) = self.at(fhir_base_url)?;
        let mut patience = Patience::of(STORE);
        // What cannot be read is forgotten as well.
        let known = Stored::load(&self.runtime, place, &name).await.ok();
        let (registration, superseded) = known
            .map(|stored| (stored.kept.registration, stored.kept.superseded))
            .unwrap_or_default();
        // In any round: where an answer of the store was lost, the next one finds nothing any more.
        let mut there_was = false;
        loop {
            let done = async {
                let there = place.load(&self.runtime, &name).await?;
                there_was |= there.is_some();
                let never = Timestamp::from_millis(0);
                Ok(there.is_none() || place.swap(&self.runtime, &name, there, None, never).await?)
            };
            match done.await {
                Ok(true) => break,
                Ok(false) | Err(FirstUseError::StoreUnavailable) if patience.allows_another().await => {}
                Ok(false) => return Err(FirstUseError::StoreUnavailable),
                Err(error) => return Err(error),
            }
        }
        self.runtime.registrations.forget(fhir_base_url);
        if there_was {
            tracing::info!(
                ehr = name.ehr,
                client_id = registration.as_ref().map(ClientRegistration::client_id),
                former = ?superseded.client_ids(),
                "the registration at an EHR was forgotten: the application is registered anew when it is next needed there. The \
                 client stays at the EHR, and other processes use it on until they ask again (`resolver_ttl`). Former clients \
                 that were to be deleted there stay, too"
            );
        }
        Ok(there_was)
    }

    fn at(&self, fhir_base_url: &str) -> Result<(&Place, Name), FirstUseError> {
        let first_uses = self.first_uses.as_ref().ok_or(FirstUseError::NotConfigured)?;
        let base = FhirBaseUrl::parse(fhir_base_url).map_err(FirstUseError::FhirBaseUrl)?;
        Ok((first_uses.place(), Name::of(base.normalized())))
    }
}

impl fmt::Debug for KeptRegistrations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptRegistrations")
            .field("place", &self.first_uses.as_ref().map(|it| it.place()))
            .finish_non_exhaustive()
    }
}
