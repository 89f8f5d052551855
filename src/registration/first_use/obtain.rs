//! One registration for all processes: from the store, or from the EHR.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::{
    error::{Failed, FirstUseError},
    kept::{Kept, Need, Stored},
    note::{At, Note, Saved, Saving, abandoned},
    place::{Name, Place},
    under_way::{Outcome, UnderWay},
};
use crate::{
    protocol::{
        client_registration::{ClientMetadata, ClientRegistration, SecretExpiry, UsedWith},
        urls::EndpointUrl,
    },
    registration::{
        error::{RegistrationError, RegistrationOperation},
        register::NotRegistered,
        registrar::Registrar,
        send::time_for,
        why_unwanted::WhyUnwanted,
        withdraw::Unwanted,
    },
    runtime::{
        Runtime,
        asking::{BEYOND, LOOK, STORE},
    },
    store::Patience,
    time::Timestamp,
};

/// How long a secret has to live to be worth keeping.
const SHORTEST: Duration = Duration::from_secs(60);

/// What is wanted, and how it is obtained.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) runtime: Arc<Runtime>,
    pub(super) place: Place,
    pub(super) name: Name,
    /// Does not keep the engine open.
    pub(super) registrar: Registrar,
    pub(super) metadata: ClientMetadata,
    pub(super) used_with: UsedWith,
}

/// A registration, and how long it may be remembered; `None`: for ever.
pub(super) struct Obtained {
    pub(super) registration: ClientRegistration,
    pub(super) lasts: Option<Duration>,
}

impl Wanted {
    /// The registration. Nobody waits while there is one that works. What was begun comes to its end though the caller goes.
    ///
    /// # Errors
    ///
    /// [`Failed`].
    pub(super) async fn obtain(self, under_way: &UnderWay) -> Result<Obtained, Failed> {
        let stored = self.with_due_begun(self.load().await?).await;
        let now = self.runtime.now();
        let lasts = stored.kept.lasts(now);
        let (need, usable) = (stored.kept.need(now), stored.kept.usable(now));
        let usable = usable.map(|registration| Obtained { registration, lasts });
        if need == Need::Nothing
            && let Some(usable) = usable
        {
            stored.keep_on(&self.runtime, &self.place, &self.name).await;
            return Ok(usable);
        }
        let runtime = Arc::clone(&self.runtime);
        let waiter = under_way.join(self, need);
        if let Some(usable) = usable {
            return Ok(usable);
        }
        let registration = waiter?
            .result()
            .await
            .unwrap_or_else(|| Err(no_result(&runtime).into()))?;
        let lasts = Kept::with(registration.clone(), runtime.now()).lasts(runtime.now());
        Ok(Obtained { registration, lasts })
    }

    pub(super) async fn run(self) -> Outcome {
        let own: [u8; 16] = rand::random();
        let at = At {
            runtime: &self.runtime,
            place: &self.place,
            name: &self.name,
        };
        let registering = time_for(RegistrationOperation::Register, &self.runtime);
        let longest = self.runtime.settings.http.request_timeout + registering + BEYOND;
        let (began, mut patience) = (Instant::now(), Patience::of(STORE));
        // Found before anybody is kept waiting.
        let mut endpoint = None;
        while began.elapsed() < longest {
            let stored = self.load().await?;
            let (kept, now) = (&stored.kept, self.runtime.now());
            let (need, usable) = (kept.need(now), kept.usable(now));
            let is_others = kept.asking.is_some_and(|asking| asking.is_anothers(own, now));
            match (need, usable.clone(), why_not_now(kept, need, now)) {
                (Need::Nothing, Some(usable), _) => return Ok(usable),
                (_, Some(usable), Some(_)) => return Ok(usable),
                (_, Some(usable), None) if is_others => return Ok(usable),
                (_, None, _) if is_others => {
                    sleep(LOOK).await;
                    continue;
                }
                (_, None, Some(error)) => return Err(error.into()),
                _ => {}
            }
            let reading = Some(need).filter(|need| *need == Need::Reading);
            if reading.is_none() && endpoint.is_none() {
                match self.registrar.own_endpoint().await {
                    Ok(found) => endpoint = Some(found),
                    Err(error) => {
                        let error = FirstUseError::from(error);
                        self.tell_failed(&error);
                        let retry_after = self.tell_others(at, own, stored, &error).await;
                        return usable.ok_or(Failed { error, retry_after });
                    }
                }
                continue;
            }
            let was_abandoned = abandoned(kept, own, now);
            match Note::write(at, own, stored.clone()).await {
                Ok(Some(note)) => {
                    if was_abandoned && reading.is_none() {
                        self.tell_abandoned();
                    }
                    return match (reading, &endpoint) {
                        (None, Some(endpoint)) => self.register(note, endpoint).await,
                        _ => self.read(note).await,
                    };
                }
                // Somebody has written meanwhile. Nobody writes many times in a row.
                Ok(None) => {}
                Err(error) if !patience.allows_another().await => return Err(error.into()),
                Err(_) => {}
            }
        }
        Err(FirstUseError::NotInTime.into())
    }

    /// Keeps other processes from asking the EHR at once that could not say where to register.
    /// Returns when it is tried again.
    async fn tell_others(&self, at: At<'_>, own: [u8; 16], stored: Stored, error: &FirstUseError) -> Duration {
        let was_abandoned = abandoned(&stored.kept, own, self.runtime.now());
        // Where others have written, or the store is away, they find it out for themselves.
        if concerns_all(error)
            && let Ok(Some(note)) = Note::write(at, own, stored).await
        {
            if was_abandoned {
                self.tell_abandoned();
            }
            return note.failed(error).await;
        }
        Failed::from(error.clone()).retry_after
    }

    async fn register(&self, mut note: Note<'_>, endpoint: &EndpointUrl) -> Outcome {
        let before = note.kept().clone();
        let (former, in_use) = (before.registration.clone(), before.clients());
        let work = self.registrar.register_at(endpoint, &self.metadata);
        let registered = match note.held_during(work).await {
            Ok(registered) => registered,
            Err(NotRegistered { error, left }) => {
                if let Some(unwanted) = left {
                    self.withdraw(unwanted, WhyUnwanted::AnswerUnusable, &in_use);
                }
                let error = FirstUseError::from(error);
                self.tell_failed(&error);
                let usable = note.kept().usable(self.runtime.now());
                let retry_after = note.failed(&error).await;
                return usable.ok_or(Failed { error, retry_after });
            }
        };
        let unwanted = Unwanted::of(&registered.registration, registered.answered);
        let registration = registered.registration;
        let now = self.runtime.now();
        if let Some(error) = self.why_useless(&registration, now) {
            self.tell_failed(&error);
            self.withdraw(unwanted, WhyUnwanted::Unusable, &in_use);
            let usable = note.kept().usable(now);
            let retry_after = note.failed(&error).await;
            return usable.ok_or(Failed { error, retry_after });
        }
        let is_another = |it: &ClientRegistration| it.client_id() != registration.client_id();
        let after = |kept: &Kept| kept.succeeded_by(registration.clone(), now);
        match note.saved(after, Saving::New).await {
            Saved::Here(after) => {
                if let Some(former) = former.filter(is_another) {
                    self.tell_replaced(&former, &after);
                }
                Ok(registration)
            }
            Saved::Others(others) => {
                if is_another(&others) {
                    let in_use: Vec<_> = in_use.into_iter().chain([&*others]).collect();
                    self.withdraw(unwanted, WhyUnwanted::AnotherWasFirst, &in_use);
                }
                Ok(*others)
            }
            Saved::Nowhere => {
                self.withdraw(unwanted, WhyUnwanted::NotSaved, &in_use);
                Err(FirstUseError::NotSaved.into())
            }
            Saved::Forgotten | Saved::Unknown => {
                self.tell_not_saved(&registration);
                Err(FirstUseError::NotSaved.into())
            }
        }
    }

    /// Why what was registered is of no use. Kept, it would be registered anew at each look, or fail each launch.
    fn why_useless(&self, registration: &ClientRegistration, now: Timestamp) -> Option<FirstUseError> {
        if let (SecretExpiry::At(over), Some(_)) = (registration.client_secret_expiry(), registration.client_secret())
            && over.saturating_since(now) <= SHORTEST
        {
            return Some(FirstUseError::SecretOver);
        }
        registration
            .hindrance_with(&self.used_with)
            .map(FirstUseError::Hindered)
    }

    /// Reads the registration, which may come with a secret that works longer.
    async fn read(&self, mut note: Note<'_>) -> Outcome {
        let Some(registration) = note.kept().registration.clone() else {
            return Err(FirstUseError::NotInTime.into());
        };
        let answer = note.held_during(self.registrar.read_now(&registration)).await;
        let now = self.runtime.now();
        if let Err(error) = &answer {
            tracing::warn!(
                ehr = self.name.ehr,
                client_id = registration.client_id(),
                %error,
                "the secret of this client runs out, and the EHR gave no other one; before it is over another client is \
                 registered, and launches of this one end"
            );
        }
        let current = answer.as_ref().unwrap_or(&registration).clone();
        let after = |kept: &Kept| match &answer {
            Ok(after) if is_later(after.client_secret_expiry(), registration.client_secret_expiry()) => Kept {
                superseded: kept.superseded.clone(),
                ..Kept::with(after.clone(), now)
            },
            Ok(after) => Kept {
                registration: Some(after.clone()),
                renewal_tried: Some(now),
                failure: None,
                asking: None,
                ..kept.clone()
            },
            Err(_) => Kept {
                renewal_tried: Some(now),
                asking: None,
                ..kept.clone()
            },
        };
        match note.saved(after, Saving::Read).await {
            Saved::Here(_) => Ok(current),
            Saved::Others(others) => Ok(*others),
            Saved::Forgotten => Err(FirstUseError::Forgotten.into()),
            Saved::Nowhere | Saved::Unknown => {
                tracing::error!(
                    ehr = self.name.ehr,
                    client_id = current.client_id(),
                    "the registration was read and could not be saved; a new secret or registration access token in it is lost \
                     for other processes"
                );
                Ok(current)
            }
        }
    }

    pub(super) async fn load(&self) -> Result<Stored, FirstUseError> {
        let mut patience = Patience::of(STORE);
        loop {
            match Stored::load(&self.runtime, &self.place, &self.name).await {
                Err(FirstUseError::StoreUnavailable) if patience.allows_another().await => {}
                other => return other,
            }
        }
    }

    /// Here, as whoever asked for it has perhaps gone. It is not tried often.
    fn tell_failed(&self, error: &FirstUseError) {
        let ehr = &self.name.ehr;
        tracing::error!(%ehr, %error, "the application could not register itself at an EHR");
    }

    fn tell_abandoned(&self) {
        tracing::warn!(
            ehr = self.name.ehr,
            "a process that was registering the application at the EHR has ended in the middle of it: the EHR may have a client \
             that nobody knows. Another one is registered now; look into the EHR's list of clients and delete what is not \
             this one"
        );
    }

    fn tell_not_saved(&self, registration: &ClientRegistration) {
        tracing::error!(
            ehr = self.name.ehr,
            client_id = registration.client_id(),
            "a client was registered, and the store did not say whether it was saved: it may have it, so the client is not \
             deleted at the EHR. Look with `KeptRegistrations::of` when the store is back; if it has another one, delete this \
             one at the EHR"
        );
    }

    fn tell_replaced(&self, former: &ClientRegistration, after: &Kept) {
        let (ehr, former_id) = (&self.name.ehr, former.client_id());
        let client_id = after.registration.as_ref().map(ClientRegistration::client_id);
        match former.access() {
            Ok(_) => tracing::warn!(
                ehr,
                former = former_id,
                client_id,
                "the secret of the former client runs out, and another client was registered in its place; launches of the \
                 former one end, and it is deleted at the EHR when twelve hours have passed and the EHR is next needed"
            ),
            Err(_) => tracing::warn!(
                ehr,
                former = former_id,
                client_id,
                "the secret of the former client runs out, and another client was registered in its place; launches of the \
                 former one end. Delete it at the EHR"
            ),
        }
        if let (1.., Some(life)) = (after.short_lived, after.secret_life()) {
            tracing::warn!(
                ehr,
                seconds = life.as_secs(),
                clients = after.short_lived,
                "the EHR's secrets live for {} s, and it gives no other one when the registration is read: {} clients in a row were \
                 registered. From one to the next more and more time passes, up to half an hour, and nobody can launch there \
                 meanwhile. Ask the EHR's operator for secrets that live longer or that are renewed when a registration is read, or \
                 register with a key (`private_key_jwt`)",
                life.as_secs(),
                after.short_lived
            );
        }
    }
}

/// What it means that work on the engine has come to no result.
pub(super) fn no_result(runtime: &Runtime) -> FirstUseError {
    match runtime.engine.takes_work() {
        true => FirstUseError::Interrupted,
        false => FirstUseError::ShuttingDown,
    }
}

/// Why nothing is tried now that has to be done.
fn why_not_now(kept: &Kept, need: Need, now: Timestamp) -> Option<FirstUseError> {
    let failure = kept.failure.as_ref().and_then(|it| {
        Some(FirstUseError::FailedBefore {
            what: it.what.clone(),
            retry_after: it.left(now)?,
        })
    });
    let pause = || {
        let retry_after = kept.pause(now).filter(|_| need == Need::Registering)?;
        Some(FirstUseError::SecretsShortLived { retry_after })
    };
    failure.or_else(pause)
}

/// Whether it is about the EHR, and not about what this process says of it.
const fn concerns_all(error: &FirstUseError) -> bool {
    matches!(
        error,
        FirstUseError::Registration(RegistrationError::Discovery(_) | RegistrationError::NoEndpoint)
    )
}

fn is_later(after: SecretExpiry, before: SecretExpiry) -> bool {
    match (after, before) {
        (SecretExpiry::At(after), SecretExpiry::At(before)) => after > before,
        (SecretExpiry::Never | SecretExpiry::NotSaid, SecretExpiry::At(_)) => true,
        _ => false,
    }
}
