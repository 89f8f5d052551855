//! Registering at first use: [`FirstUses`], asked for EHRs that the configuration does not have.

mod due;
mod error;
mod handle;
mod kept;
mod never_kept;
mod note;
mod obtain;
mod place;
mod superseded;
mod under_way;

use std::{
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use tokio::time::{Instant, timeout, timeout_at};

use self::{
    error::Failed,
    kept::Stored,
    obtain::{Obtained, Wanted, no_result},
    place::{Name, Place},
    under_way::UnderWay,
};
pub use self::{error::FirstUseError, handle::KeptRegistrations};
use super::registrar::Registrar;
use crate::{
    config::{
        Ehr, EhrBuilder, RedirectRules,
        first_use::{FirstUse, RegistrationStore, ToRegister},
        resolver::{Choices, ResolveCause, ResolveError, ResolveFuture},
    },
    log_throttle::{LogThrottle, log_seldom},
    protocol::{
        client_auth::ClientAuth, client_registration::UsedWith, network_guard::AddressGuard, urls::FhirBaseUrl,
        visible::in_log,
    },
    runtime::{
        Runtime,
        app_threads::CallerKind,
        registrations::{EhrLookupError, Found, Resolver, Source},
    },
    store::CredentialKind,
};

/// How long a resolver has before one that was registered already is used without it.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it may take to find out whether there is something to register.
const LOOKING: Duration = Duration::from_secs(10);
/// How long that one is remembered.
const SOON: Duration = Duration::from_secs(10);

/// What [`FirstUses`] is made of.
pub(crate) struct FirstUseParts {
    pub(crate) first_use: Arc<dyn FirstUse>,
    /// Asked first.
    pub(crate) resolver: Option<Arc<dyn Resolver>>,
    /// As [`Source::name`].
    pub(crate) name: String,
    /// `None`: the token store.
    pub(crate) store: Option<Arc<dyn RegistrationStore>>,
    pub(crate) guard: AddressGuard,
    pub(crate) rules: RedirectRules,
}

/// What the application would be registered with at an EHR where it is not registered yet.
pub(crate) struct Unregistered {
    /// As it will be, but for the client id.
    pub(crate) ehr: Arc<Ehr>,
    /// Where the metadata is not to say it.
    pub(crate) endpoint: Option<String>,
    pub(crate) has_initial_access_token: bool,
}

/// The application's resolver if it has one, then the registrations that it makes by itself.
#[derive(Debug)]
pub(crate) struct FirstUses {
    first_use: Arc<dyn FirstUse>,
    resolver: Option<Arc<dyn Resolver>>,
    name: String,
    place: Place,
    guard: AddressGuard,
    rules: RedirectRules,
    under_way: UnderWay,
    /// Set when there is one: it has this in it.
    runtime: OnceLock<Weak<Runtime>>,
    log_throttle: LogThrottle,
}

impl FirstUses {
    pub(crate) fn new(parts: FirstUseParts) -> Self {
        Self {
            first_use: parts.first_use,
            resolver: parts.resolver,
            name: parts.name,
            place: parts.store.map_or(Place::TokenStore, Place::Own),
            guard: parts.guard,
            rules: parts.rules,
            under_way: UnderWay::default(),
            runtime: OnceLock::new(),
            log_throttle: LogThrottle::default(),
        }
    }

    /// What it works with. Before that it has no answers.
    pub(crate) fn works_with(&self, runtime: &Arc<Runtime>) {
        // Once for each configuration.
        let _ = self.runtime.set(Arc::downgrade(runtime));
    }

    const fn place(&self) -> &Place {
        &self.place
    }

    /// What is kept of an EHR, without asking that: it was registered because the resolver did not know it.
    async fn kept(&self, asked: &FhirBaseUrl) -> Option<EhrBuilder> {
        let runtime = self.runtime.get().and_then(Weak::upgrade)?;
        let to_register = self.to_register(asked).await.ok().flatten()?;
        let stored = Stored::load(&runtime, &self.place, &Name::of(asked.normalized())).await;
        let usable = stored.ok()?.kept.usable(runtime.now())?;
        // The resolver is asked again soon.
        Some(usable.ehr(to_register.ehr).remembered_for(Some(SOON)))
    }

    /// How the application is registered there. It may read files of keys.
    fn wanted(&self, asked: &FhirBaseUrl, to_register: &ToRegister) -> Result<Wanted, FirstUseError> {
        let runtime = self.runtime.get().and_then(Weak::upgrade);
        let runtime = runtime.ok_or(FirstUseError::ShuttingDown)?;
        // What cannot be used is not registered.
        let trial = self.trial(asked, to_register)?;
        let engine = runtime.engine.detached();
        let registrar = Registrar::new(Arc::clone(&runtime), engine, trial.key())
            .reaching(trial.addresses().clone())
            .with_options_of(to_register);
        let used_with = UsedWith {
            redirect_uri: trial.redirect_uri().map(str::to_owned),
            has_key: trial.client().credentials == CredentialKind::PrivateKey,
        };
        Ok(Wanted {
            place: self.place.clone(),
            name: Name::of(asked.normalized()),
            registrar,
            metadata: to_register.metadata.clone(),
            used_with,
            runtime,
        })
    }

    /// The registration as the application's code wants it. It is begun in any case: where that code took long, there is no time left to
    /// wait for it.
    async fn registered(
        self: Arc<Self>,
        wanted: Wanted,
        ehr: EhrBuilder,
        until: Instant,
    ) -> Result<EhrBuilder, Failed> {
        let runtime = Arc::clone(&wanted.runtime);
        let work = async move { wanted.obtain(&self.under_way).await };
        let running = runtime.engine.spawn("client registration", work);
        let Obtained { registration, lasts } = match timeout_at(until, running).await {
            Ok(Ok(obtained)) => obtained?,
            Ok(Err(_)) => return Err(no_result(&runtime).into()),
            Err(_) => return Err(FirstUseError::StillRegistering.into()),
        };
        Ok(registration.ehr(ehr).remembered_for(lasts))
    }

    /// What the application says of an EHR.
    async fn to_register(&self, asked: &FhirBaseUrl) -> Result<Option<ToRegister>, ResolveError> {
        let said = self.first_use.to_register(asked).await;
        said.map_err(|error| error.blaming(ResolveCause::FirstUse))
    }

    /// Says it in the log, where that was not done where it happened.
    fn told(&self, asked: &FhirBaseUrl, Failed { error, retry_after }: Failed) -> ResolveError {
        // It is an EHR of the application's: `FirstUse` knows it.
        let ehr = asked.normalized();
        let cause = match error {
            // Said by the work, or nothing that anybody has to know.
            FirstUseError::NotSaved | FirstUseError::ShuttingDown => ResolveCause::RegistrationsAway,
            FirstUseError::StoreUnavailable | FirstUseError::StoreRefused | FirstUseError::Unreadable => {
                log_seldom!(
                    self, error, ehr = ehr, %error,
                    "what is kept of the application's registration at an EHR is unavailable"
                );
                ResolveCause::RegistrationsAway
            }
            // Said by the work.
            FirstUseError::Registration(_) | FirstUseError::SecretOver | FirstUseError::Hindered(_) => {
                ResolveCause::Registering { retry_after }
            }
            _ => {
                log_seldom!(
                    self, error, ehr = ehr, %error,
                    "the application is not registered at an EHR, and nobody can launch there until it is"
                );
                ResolveCause::Registering { retry_after }
            }
        };
        ResolveError::of(cause, error)
    }

    /// The registration as it will be, but for the client id.
    fn trial(&self, asked: &FhirBaseUrl, to_register: &ToRegister) -> Result<Ehr, FirstUseError> {
        let mut trial = to_register.ehr.clone().client_id("not-registered-yet");
        if to_register.metadata.wants_secret() {
            trial = trial.client_auth(ClientAuth::client_secret("not known yet"));
        }
        let trial = trial.build_resolved(asked, &self.rules, &self.guard);
        trial.map_err(FirstUseError::Unusable)
    }

    /// What would be registered when this EHR is first needed. `None` where there is nothing to register: somebody else knows the EHR, it is
    /// registered already, or the application does not register itself there. Nothing is registered, and the EHR is not asked.
    ///
    /// # Errors
    ///
    /// [`EhrLookupError::Unavailable`]. The log says why.
    pub(crate) async fn unregistered(
        self: &Arc<Self>,
        runtime: &Arc<Runtime>,
        asked: &FhirBaseUrl,
    ) -> Result<Option<Unregistered>, EhrLookupError> {
        let (this, own_runtime, address) = (Arc::clone(self), Arc::clone(runtime), asked.clone());
        let call = move || async move { this.look(&own_runtime, &address).await };
        let error = match runtime.app_threads.call(CallerKind::Stranger, LOOKING, call).await {
            Ok(Ok(found)) => return Ok(found),
            Ok(Err(error)) => error,
            Err(error) => error.into(),
        };
        log_seldom!(runtime, error, ehr = ?in_log(asked.as_str()), %error, "it cannot be said whether the application is registered at an EHR");
        Err(EhrLookupError::Unavailable)
    }

    async fn look(&self, runtime: &Runtime, asked: &FhirBaseUrl) -> Result<Option<Unregistered>, ResolveError> {
        if let Some(resolver) = &self.resolver
            && resolver.resolve(asked).await?.is_some()
        {
            return Ok(None);
        }
        let Some(to_register) = self.to_register(asked).await? else {
            return Ok(None);
        };
        let stored = Stored::load(runtime, &self.place, &Name::of(asked.normalized())).await;
        let stored = stored.map_err(|error| self.told(asked, error.into()))?;
        if stored.kept.usable(runtime.now()).is_some() {
            return Ok(None);
        }
        let trial = self.trial(asked, &to_register);
        Ok(Some(Unregistered {
            ehr: Arc::new(trial.map_err(|error| self.told(asked, error.into()))?),
            endpoint: to_register.endpoint,
            has_initial_access_token: to_register.initial_access_token.is_some(),
        }))
    }
}

impl Source for FirstUses {
    fn name(&self) -> &str {
        &self.name
    }

    fn find(self: Arc<Self>, asked: FhirBaseUrl, until: Instant) -> ResolveFuture<'static, Found> {
        Box::pin(async move {
            if let Some(resolver) = &self.resolver {
                let mut asking = resolver.resolve(&asked);
                let early = timeout(PATIENCE, &mut asking).await;
                let found = match early {
                    Ok(found) => found,
                    Err(_) => match self.kept(&asked).await {
                        Some(kept) => return Ok(Some(kept).into()),
                        None => asking.await,
                    },
                };
                match found {
                    Ok(Some(found)) => return Ok(Some(found).into()),
                    Ok(None) => {}
                    Err(error) => return self.kept(&asked).await.map(|kept| Some(kept).into()).ok_or(error),
                }
            }
            let Some(to_register) = self.to_register(&asked).await? else {
                return Ok(Found::Nothing);
            };
            let wanted = self.wanted(&asked, &to_register);
            let wanted = wanted.map_err(|error| self.told(&asked, error.into()))?;
            Ok(Found::Awaited(Box::pin(async move {
                let registered = Arc::clone(&self).registered(wanted, to_register.ehr, until).await;
                registered.map_err(|failed| self.told(&asked, failed))
            })))
        })
    }

    fn choices<'a>(&'a self, search: &'a str, limit: usize) -> ResolveFuture<'a, Choices> {
        Box::pin(async move {
            let mut choices = match &self.resolver {
                Some(resolver) => resolver.choices(search, limit).await?,
                None => Choices::default(),
            };
            choices.found.extend(self.first_use.choices(search, limit).await?);
            Ok(choices)
        })
    }
}

#[cfg(test)]
mod tests;
