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
#[cfg(test)]
mod tests;

use std::{
    sync::Arc,
    time::{Duration, Instant as Moment},
};

use tokio::time::{Instant, timeout};
use url::Url;

use self::{
    failure::{ehr_error, exchange_failed, failed, not_sent, wrong_issuer},
    limits::longest_exchange,
    open::open,
    ready::{Ready, get_ready},
    release::release,
};
use crate::{
    config::{Ehr, SmartConfig},
    launch::{
        browser::{self, Browser},
        id_token::Identifier,
        revoke::Revoker,
    },
    log_throttle::log_seldom,
    protocol::{
        callback::{CallbackAnswer, CallbackQuery, check_iss},
        secret::AuthorizationCode,
        token::TokenSet,
        token_error::TokenError,
        token_request::TokenForm,
    },
    runtime::{
        Shared,
        engine::Engine,
        places::Place,
        registrations::explain_refusal,
        single_flight::Joined,
        token_client::{TokenCall, TokenCallError, call_token_endpoint},
    },
    store::{
        BrowserKey, CallbackKey, CallbackOutcome, Claim, FailedCallback, FailedCallbackKind, LaunchId, LaunchKind,
        PendingKey, PendingRecord, Stamped, StoreError,
    },
    time::Timestamp,
    transport::HttpTransport,
};

/// How often a callback that another process answers is looked up again, and for how long.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
const LOOK_FOR: Duration = Duration::from_secs(10);
/// When a callback whose work is not done is worth trying again.
const SOON: Duration = Duration::from_secs(5);

/// How long a browser is kept waiting: an EHR, an id token's keys, the application or the store may take longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// The answer to a callback.
#[derive(Debug, Clone)]
pub(crate) enum CallbackReply {
    /// It is finished, one way or the other; asking again gives the same.
    Finished {
        outcome: CallbackOutcome,
        /// With a launch that was opened just now.
        opened: Option<JustOpened>,
    },
    /// The sign-in is over, without a callback of which anything is known.
    Expired,
    /// Another callback of this sign-in came first, or it is not known any more how this one ended. Nothing was sent.
    Used {
        /// How the one ended that came first, where that is known.
        outcome: Option<Box<CallbackOutcome>>,
    },
    /// Nothing was consumed: the same callback may be tried again.
    TryAgain { why: NotYet, retry_after: Duration },
    /// The token store failed before anything was sent: the same callback may be tried again.
    StoreUnavailable,
    /// The EHR is not registered any more. Nothing was sent: once it is put back, the same callback opens the launch,
    /// if the EHR still accepts the code.
    NotOffered,
    /// The registration of the EHR is unavailable at the moment. Nothing was sent: the same callback may be tried again.
    RegistrationUnavailable,
}

/// Why there is no answer to a callback yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotYet {
    /// The EHR, or what knows its registration, could not be reached, and the code was certainly not sent.
    EhrUnavailable,
    /// Too many token requests to the EHR are under way. The code was not sent.
    Busy,
    /// The application is busy with other launches of the EHR (`on_launch`). The code was not sent.
    ApplicationBusy,
    /// The code is being exchanged elsewhere, or the exchange has stopped: how it stands is in the store.
    StillExchanging,
}

/// What is only known of a launch when it is opened.
#[derive(Debug, Clone)]
pub(crate) struct JustOpened {
    /// The browser, as the launch has it.
    pub(crate) browser: BrowserKey,
    /// Launches whose cookies the browser needs no longer.
    pub(crate) forgotten: Vec<LaunchId>,
}

impl CallbackReply {
    const fn finished(outcome: CallbackOutcome) -> Self {
        let opened = None;
        Self::Finished { outcome, opened }
    }

    const fn try_again(why: NotYet) -> Self {
        let retry_after = SOON;
        Self::TryAgain { why, retry_after }
    }
}

/// A callback of a sign-in that this browser has proved.
pub(crate) struct Callback {
    pub(crate) browser: Browser,
    pub(crate) query: CallbackQuery,
    /// The path of the redirect URI that was opened, as the browser sees it.
    pub(crate) arrived_at: String,
}

/// One callback, and what its work needs.
struct Work {
    shared: Arc<Shared>,
    transport: Arc<dyn HttpTransport>,
    /// Without keeping it open.
    engine: Engine,
    revoker: Revoker,
    identifier: Identifier,
    key: PendingKey,
    callback: CallbackKey,
    browser: Browser,
    arrived_at: String,
}

/// Exchanges the code of a sign-in, and opens the launch.
pub(crate) async fn finish(config: &SmartConfig, pending: PendingRecord, callback: Callback) -> CallbackReply {
    let shared = config.shared();
    let Callback {
        browser,
        query,
        arrived_at,
    } = callback;
    let (key, answer) = (PendingKey::of(&query.state), key_of(&query.answer));
    let passenger = match shared.callbacks.join((key, answer)) {
        Joined::Follower(passenger) => passenger,
        Joined::Leader(pilot, passenger) => {
            let work = Work {
                shared: Arc::clone(shared),
                transport: config.transport(),
                engine: config.engine().detached(),
                revoker: Revoker::new(config),
                identifier: config.identifier().clone(),
                key,
                callback: answer,
                browser,
                arrived_at,
            };
            let work = run(work, pending, query);
            let work = config
                .engine()
                .spawn("code exchange", async move { pilot.land(work.await) });
            if work.is_refused() {
                // The application is stopping. Nothing was consumed, so the next process can answer.
                return CallbackReply::try_again(NotYet::StillExchanging);
            }
            passenger
        }
    };
    // The work goes on; who comes again joins it. Without a word for too long a proxy would have the last one.
    let result = timeout(ANSWER_WITHIN, passenger.result()).await;
    let interrupted = CallbackReply::try_again(NotYet::StillExchanging);
    result.ok().flatten().unwrap_or(interrupted)
}

/// The answer to a callback of a sign-in that has been used, as its browser knows already.
pub(crate) async fn answer_again(config: &SmartConfig, query: &CallbackQuery) -> CallbackReply {
    let (key, callback) = (PendingKey::of(&query.state), key_of(&query.answer));
    let known = known(config.shared(), key, callback, Instant::now()).await;
    known.unwrap_or(CallbackReply::Used { outcome: None })
}

async fn run(work: Work, pending: PendingRecord, query: CallbackQuery) -> CallbackReply {
    let (shared, key, callback) = (&work.shared, work.key, work.callback);
    let until = pending.started_at.saturating_add(shared.rules().lifetimes.pending);
    let began = Instant::now();
    loop {
        if let Some(reply) = known(shared, key, callback, began).await {
            return reply;
        }
        if until <= shared.now() {
            return CallbackReply::Expired;
        }
        // Before it is claimed: who is turned away keeps the code, and may come again.
        let ready = match get_ready(shared, &pending, &query).await {
            Ok(ready) => ready,
            Err(reply) => return reply,
        };
        // A process that was stopped in between sends nothing when everybody has given the answer up.
        let not_after = Moment::now().checked_add(longest_exchange(&shared.settings, shared.hook.as_ref()));
        let Stamped { value: claim, at, .. } = match shared.store.claim_pending(key, callback, until).await {
            Ok(claim) => claim,
            Err(error) => return unavailable(shared, &error),
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
async fn known(shared: &Shared, key: PendingKey, callback: CallbackKey, began: Instant) -> Option<CallbackReply> {
    loop {
        let Stamped { value: claim, at, .. } = match shared.store.ask_pending(key, callback).await {
            Ok(claim) => claim,
            Err(error) => return Some(unavailable(shared, &error)),
        };
        let since = match claim {
            Claim::Fresh => return None,
            Claim::Done(outcome) => return Some(CallbackReply::finished(*outcome)),
            Claim::OtherCallback { outcome } => return Some(CallbackReply::Used { outcome }),
            Claim::Exchanging { since } => since,
        };
        if at.saturating_since(since) > longest_exchange(&shared.settings, shared.hook.as_ref()) {
            // Not noted: should it come after all, it is the better answer. The log hears of it where the EHR is known.
            let lost = FailedCallback::new(FailedCallbackKind::AnswerLost, LaunchKind::Standalone);
            return Some(CallbackReply::finished(CallbackOutcome::Failed(lost)));
        }
        if began.elapsed() >= LOOK_FOR {
            return Some(CallbackReply::try_again(NotYet::StillExchanging));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

fn unavailable(shared: &Shared, error: &StoreError) -> CallbackReply {
    log_seldom!(shared, warn, %error, "a callback could not be looked up");
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
    let (shared, key, callback) = (&work.shared, work.key, work.callback);
    let mut opened = None;
    let iss = check_iss(
        &query,
        pending.endpoints.issuer.as_deref(),
        pending.endpoints.iss_parameter,
        shared.known_ehrs(),
    );
    let outcome = match (iss, query.answer, ready) {
        _ if is_for_another_ehr(&pending, &work.arrived_at) => {
            log_seldom!(
                shared,
                error,
                ehr = %pending.ehr,
                "a callback came to the redirect URI of another EHR than the one that was asked; its code is not used"
            );
            failed(FailedCallbackKind::WrongIssuer, &pending)
        }
        (Err(problem), ..) => wrong_issuer(shared, &pending, problem),
        (Ok(()), CallbackAnswer::Error(error), _) => ehr_error(shared, &pending, error),
        // Whoever has a code is ready for it by now.
        (Ok(()), CallbackAnswer::Neither, _) | (Ok(()), CallbackAnswer::Code(_), Ready::NoCode) => {
            failed(FailedCallbackKind::NoCode, &pending)
        }
        (Ok(()), CallbackAnswer::Code(_), Ready::OtherClient) => {
            exchange_failed(shared, &pending, TokenCallError::RegistrationChanged)
        }
        (Ok(()), CallbackAnswer::Code(code), Ready::ToSend { ehr, place }) => {
            match exchange(work, &ehr, &pending, &code, place, claimed.not_after).await {
                Ok(tokens) => open(work, &ehr, pending, tokens, &mut opened).await,
                Err(error) if was_not_sent(&error) => {
                    log_seldom!(shared, warn, %error, ehr = %pending.ehr, "the code could not be sent");
                    release(work, claimed.at).await;
                    return not_sent(&error);
                }
                Err(error) => exchange_failed(shared, &pending, error),
            }
        }
    };
    let backend = &shared.store;
    let note = || backend.finish_pending(key, callback, outcome.clone());
    let noted = match &outcome {
        // Until a reload finds this, the launch is nobody's.
        CallbackOutcome::Landed { .. } => backend.retried(note).await,
        CallbackOutcome::Failed(_) => backend.retried_briefly(note).await,
    };
    if let Err(error) = noted {
        log_seldom!(shared, warn, %error, "how a callback ended could not be noted; a reload will not find it");
    }
    // Last: until a reload finds the answer, a process that stops would take the launch with it.
    if let (Some(opened), CallbackOutcome::Landed { launch, .. }) = (&mut opened, &outcome) {
        opened.forgotten = browser::note_launch_cookie(shared, &work.browser, opened.browser, launch).await;
    }
    CallbackReply::Finished { outcome, opened }
}

async fn exchange(
    work: &Work,
    ehr: &Ehr,
    pending: &PendingRecord,
    code: &AuthorizationCode,
    place: Place,
    not_after: Option<Moment>,
) -> Result<TokenSet, TokenCallError> {
    let shared = &work.shared;
    let requested_at = shared.now();
    let requested = &pending.requested;
    let call = TokenCall {
        endpoint: &pending.endpoints.token,
        form: TokenForm::exchange(code, &pending.redirect_uri, &pending.code_verifier),
        requested,
        not_after,
    };
    let response = call_token_endpoint(shared, &*work.transport, ehr, call, &place).await;
    // What follows asks the application and the store, not the EHR's token endpoint.
    drop(place);
    let response = response.inspect_err(|error| explain_refusal(ehr, pending.client.as_ref(), error))?;
    Ok(response.into_token_set(requested, requested_at, shared.settings.tokens.default_lifetime))
}

/// Whether nothing left this process, so that the same callback may be tried again.
fn was_not_sent(error: &TokenCallError) -> bool {
    match error {
        TokenCallError::Token(TokenError::Transport(error)) => error.was_not_sent(),
        TokenCallError::Ehr(_) | TokenCallError::Busy { .. } => true,
        TokenCallError::Token(_) | TokenCallError::ClientAuth(_) | TokenCallError::RegistrationChanged => false,
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
