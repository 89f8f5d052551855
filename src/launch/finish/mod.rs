//! Finishing an authorization: from the callback to an open launch.
//!
//! All of it runs on the engine. A browser that drops the connection in the middle, or reloads, finds the same answer:
//! the code is sent once, and whoever asks again with the same callback joins. Another callback of the same sign-in gets
//! neither the answer nor an exchange.

mod failure;
mod limits;
mod open;
mod ready;
mod release;
mod reply;
#[cfg(test)]
mod tests;
mod work;

use std::{
    sync::Arc,
    time::{Duration, Instant as Moment},
};

use tokio::time::{Instant, timeout};
use tracing::{Instrument as _, Span};
use url::Url;

pub(crate) use self::reply::{CallbackReply, JustOpened, NotYet};
use self::{
    failure::{ehr_error, exchange_failed, failed, not_sent, wrong_issuer},
    limits::longest_exchange,
    open::open,
    ready::{Ready, get_ready},
    release::release,
    work::Work,
};
use crate::{
    audit::AuditEvent,
    launch::{
        browser::{self, Browser},
        id_token::IdTokenVerifier,
        revoke::Revoker,
    },
    log_throttle::log_seldom,
    meter,
    protocol::{
        callback::{CallbackAnswer, CallbackQuery, check_iss},
        token_error::TokenError,
    },
    runtime::{
        Runtime,
        single_flight::{Joined, SingleFlight},
    },
    store::{
        CallbackKey, CallbackOutcome, Claim, FailedCallback, FailedCallbackKind, LaunchKind, PendingKey, PendingRecord,
        Stamped, StoreError,
    },
    time::Timestamp,
};

/// How often a callback that another process answers is looked up again, and for how long.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
const LOOK_FOR: Duration = Duration::from_secs(10);
/// How long a browser is kept waiting: an EHR, an id token's keys, the application or the store may take longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// A callback of a sign-in that this browser has proved.
pub(crate) struct Callback {
    pub(crate) browser: Browser,
    pub(crate) query: CallbackQuery,
    /// The path of the redirect URI that was opened, as the browser sees it.
    pub(crate) arrived_at: String,
}

/// Answers callbacks. Cheap to clone; clones share what is under way.
#[derive(Clone)]
pub(crate) struct Callbacks {
    runtime: Arc<Runtime>,
    revoker: Revoker,
    verifier: IdTokenVerifier,
    running: SingleFlight<(PendingKey, CallbackKey), CallbackReply>,
}

impl Callbacks {
    pub(crate) fn new(runtime: Arc<Runtime>, revoker: Revoker, verifier: IdTokenVerifier) -> Self {
        Self {
            runtime,
            revoker,
            verifier,
            running: SingleFlight::default(),
        }
    }

    /// Exchanges the code of a sign-in, and opens the launch.
    pub(crate) async fn finish(&self, pending: PendingRecord, callback: Callback) -> CallbackReply {
        let Callback {
            browser,
            query,
            arrived_at,
        } = callback;
        let (key, answer) = (PendingKey::of(&query.state), key_of(&query.answer));
        let waiter = match self.running.join((key, answer)) {
            Joined::Waiter(waiter) => waiter,
            Joined::Leader(leader, waiter) => {
                let work = Work {
                    runtime: Arc::clone(&self.runtime),
                    revoker: self.revoker.clone(),
                    verifier: self.verifier.clone(),
                    key,
                    callback: answer,
                    browser,
                    arrived_at,
                };
                let work = run(work, pending, query);
                // It goes on where nobody waits, and what it logs is still about this callback.
                let work = async move { leader.complete(work.await) }.instrument(Span::current());
                if self.runtime.engine.spawn("code exchange", work).is_refused() {
                    // The application is stopping. Nothing was consumed, so the next process can answer.
                    return CallbackReply::try_again(NotYet::StillExchanging);
                }
                waiter
            }
        };
        // The work goes on, and a reload joins it. A proxy in front would give up on an answer that takes longer.
        let result = timeout(ANSWER_WITHIN, waiter.result()).await;
        let interrupted = CallbackReply::try_again(NotYet::StillExchanging);
        result.ok().flatten().unwrap_or(interrupted)
    }

    /// The answer to a callback of a sign-in that has been used, as its browser knows already.
    pub(crate) async fn answer_again(&self, query: &CallbackQuery) -> CallbackReply {
        let (key, callback) = (PendingKey::of(&query.state), key_of(&query.answer));
        let known = known(&self.runtime, key, callback, Instant::now()).await;
        known.unwrap_or(CallbackReply::Used { outcome: None })
    }
}

async fn run(work: Work, pending: PendingRecord, query: CallbackQuery) -> CallbackReply {
    let (runtime, key, callback) = (&work.runtime, work.key, work.callback);
    let until = pending.started_at.saturating_add(runtime.rules().lifetimes.pending);
    let began = Instant::now();
    loop {
        if let Some(reply) = known(runtime, key, callback, began).await {
            return reply;
        }
        if until <= runtime.now() {
            return CallbackReply::Expired;
        }
        // Before it is claimed: who is turned away keeps the code, and may come again.
        let ready = match get_ready(runtime, &pending, &query).await {
            Ok(ready) => ready,
            Err(reply) => return reply,
        };
        // A process that was stopped in between sends nothing when everybody has given the answer up.
        let not_after = Moment::now().checked_add(longest_exchange(&runtime.settings, runtime.on_launch.as_ref()));
        let Stamped { value: claim, at, .. } = match runtime.store.claim_pending(key, callback, until).await {
            Ok(claim) => claim,
            Err(error) => return unavailable(runtime, &error),
        };
        match claim {
            // Its life ended while it waited for a place.
            Claim::Fresh if until <= at => return CallbackReply::Expired,
            Claim::Fresh => {
                let claimed = Claimed { at, not_after };
                return process(&work, pending, query, ready, claimed).await;
            }
            // Another process was quicker.
            _ => {}
        }
    }
}

/// A claim that is this process's.
#[derive(Clone, Copy)]
struct Claimed {
    /// When, at the store.
    at: Timestamp,
    /// After this moment the code is not sent.
    not_after: Option<Moment>,
}

/// What the store knows of a callback; `None` when it knows nothing. Waits a little for another process that is at it.
async fn known(runtime: &Runtime, key: PendingKey, callback: CallbackKey, began: Instant) -> Option<CallbackReply> {
    loop {
        let Stamped { value: claim, at, .. } = match runtime.store.ask_pending(key, callback).await {
            Ok(claim) => claim,
            Err(error) => return Some(unavailable(runtime, &error)),
        };
        let since = match claim {
            Claim::Fresh => return None,
            Claim::Done(outcome) => return Some(CallbackReply::finished(*outcome)),
            Claim::OtherCallback { outcome } => return Some(CallbackReply::Used { outcome }),
            Claim::Exchanging { since } => since,
        };
        if at.saturating_since(since) > longest_exchange(&runtime.settings, runtime.on_launch.as_ref()) {
            // Not noted in the store: if the answer comes after all, it replaces this one. The caller logs it, as it knows the EHR.
            let lost = FailedCallback::new(FailedCallbackKind::AnswerLost, LaunchKind::Standalone);
            return Some(CallbackReply::finished(CallbackOutcome::Failed(lost)));
        }
        if began.elapsed() >= LOOK_FOR {
            return Some(CallbackReply::try_again(NotYet::StillExchanging));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

fn unavailable(runtime: &Runtime, error: &StoreError) -> CallbackReply {
    log_seldom!(runtime, warn, %error, "a callback could not be looked up");
    CallbackReply::StoreUnavailable
}

/// What makes a callback this one and no other.
fn key_of(answer: &CallbackAnswer) -> CallbackKey {
    match answer {
        CallbackAnswer::Code(code) => CallbackKey::of("code", code.expose_secret()),
        CallbackAnswer::Error(error) => CallbackKey::of("error", &error.code),
        CallbackAnswer::Neither => CallbackKey::of("neither", ""),
    }
}

async fn process(
    work: &Work,
    pending: PendingRecord,
    query: CallbackQuery,
    ready: Ready,
    claimed: Claimed,
) -> CallbackReply {
    let (runtime, key, callback) = (&work.runtime, work.key, work.callback);
    let mut opened = None;
    let ehr = pending.ehr.clone();
    let iss = check_iss(
        &query,
        pending.endpoints.issuer.as_deref(),
        pending.endpoints.iss_parameter,
        runtime.known_ehrs(),
    );
    let outcome = match (iss, query.answer, ready) {
        _ if is_for_another_ehr(&pending, &work.arrived_at) => {
            log_seldom!(
                runtime,
                error,
                ehr = pending.ehr,
                "a callback came to the redirect URI of another EHR than the one that was asked; its code is not used"
            );
            failed(FailedCallbackKind::WrongIssuer, &pending)
        }
        (Err(problem), ..) => wrong_issuer(runtime, &pending, problem),
        (Ok(()), CallbackAnswer::Error(error), _) => ehr_error(runtime, &pending, error),
        // Whoever has a code is ready for it by now.
        (Ok(()), CallbackAnswer::Neither, _) | (Ok(()), CallbackAnswer::Code(_), Ready::NoCode) => {
            failed(FailedCallbackKind::NoCode, &pending)
        }
        (Ok(()), CallbackAnswer::Code(_), Ready::OtherClient) => {
            exchange_failed(runtime, &pending, TokenError::RegistrationChanged)
        }
        (
            Ok(()),
            CallbackAnswer::Code(code),
            Ready::ToSend {
                ehr,
                place,
                signed,
                on_launch,
            },
        ) => {
            match work
                .exchange(&ehr, &pending)
                .send(&code, place, signed, claimed.not_after)
                .await
            {
                Ok(exchanged) => open(work, &ehr, pending, exchanged, on_launch, &mut opened).await,
                Err(error) if may_come_again(&error) => {
                    log_seldom!(runtime, warn, ehr = pending.ehr, %error, "the code could not be sent");
                    release(work, claimed.at).await;
                    return not_sent(&error);
                }
                Err(error) => exchange_failed(runtime, &pending, error),
            }
        }
    };
    if let CallbackOutcome::Failed(failed) = &outcome {
        meter::SIGN_INS_REFUSED.count([("ehr", &ehr), ("why", failed.kind.name())]);
        runtime.audit.note(|at| AuditEvent::refused(at, &ehr, failed));
    }
    let backend = &runtime.store;
    let note = || backend.finish_pending(key, callback, outcome.clone());
    let noted = match &outcome {
        // Until a reload finds this, the launch is nobody's.
        CallbackOutcome::Landed { .. } => backend.retried(note).await,
        CallbackOutcome::Failed(_) => backend.retried_briefly(note).await,
    };
    if let Err(error) = noted {
        log_seldom!(runtime, warn, %error, "how a callback ended could not be noted; a reload will not find it");
    }
    // Last: until a reload finds the answer, a process that stops would take the launch with it.
    if let (Some(opened), CallbackOutcome::Landed { launch, .. }) = (&mut opened, &outcome) {
        opened.forgotten = browser::note_launch_cookie(runtime, &work.browser, opened.browser, launch).await;
    }
    CallbackReply::Finished { outcome, opened }
}

/// Whether the same callback is worth trying again: nothing was sent, and what was in the way may pass by itself.
fn may_come_again(error: &TokenError) -> bool {
    match error {
        TokenError::Transport(error) => error.was_not_sent(),
        TokenError::Busy { .. } => true,
        // Somebody has to change the configuration first.
        _ => false,
    }
}

/// Whether the browser came to another redirect URI than the one that the EHR was given.
///
/// An EHR that has a redirect URI of its own would not send a code to another's (RFC 9700, section 4.4.2): somebody has
/// taken the person from one EHR's sign-in to another's.
fn is_for_another_ehr(pending: &PendingRecord, arrived_at: &str) -> bool {
    let expected = Url::parse(&pending.redirect_uri);
    expected.is_ok_and(|expected| expected.path() != arrived_at)
}
