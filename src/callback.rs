//! Finishing an authorization: from the callback to an open launch.
//!
//! All of it runs on the engine. A browser that drops the connection in the middle, or reloads, finds the same answer:
//! the code is sent once, and whoever asks again joins.

mod failure;
mod open;

use std::{future::Future, sync::Arc, time::Duration};

use url::Url;

use self::{
    failure::{ehr_error, exchange_failed, failed, wrong_issuer},
    open::open,
};
use crate::{
    config::{Ehr, SmartConfig},
    flight::Joined,
    identity::Identifier,
    protocol::{
        callback::{CallbackAnswer, CallbackQuery, check_iss},
        secret::AuthorizationCode,
        token::TokenSet,
        token_error::TokenError,
        token_request::TokenForm,
    },
    registrations::EhrLookupError,
    revoke::Revoker,
    shared::Shared,
    store::{
        BrowserKey, CallbackOutcome, Claim, FailedCallback, FailedCallbackKind, LaunchKind, PendingKey, PendingRecord,
        StoreError,
    },
    token_client::{TokenCallError, call_token_endpoint},
    transport::HttpTransport,
};

/// The answer to a callback.
#[derive(Debug, Clone)]
pub(crate) enum CallbackReply {
    /// It is finished, one way or the other; asking again gives the same.
    Finished(CallbackOutcome),
    /// No pending authorization of that state for this browser. Nothing was consumed, nothing was sent.
    NothingPending,
    /// The EHR could not be reached and the code was certainly not sent: the same callback may be tried again.
    TryAgain { retry_after: Duration },
    /// The token store failed before anything was sent: the same callback may be tried again.
    StoreUnavailable,
}

/// One callback, and what its work needs.
struct Work {
    shared: Arc<Shared>,
    transport: Arc<dyn HttpTransport>,
    revoker: Revoker,
    identifier: Identifier,
    key: PendingKey,
    browser: BrowserKey,
    /// The path of the redirect URI that was opened, as the browser sees it.
    arrived_at: String,
}

/// Checks `state` against this browser, exchanges the code, opens the launch.
///
/// `arrived_at` is the path of the redirect URI that was opened, as the browser sees it.
pub(crate) async fn finish(
    config: &SmartConfig,
    browser: BrowserKey,
    arrived_at: String,
    query: CallbackQuery,
) -> CallbackReply {
    let shared = config.shared();
    let key = PendingKey::of(&query.state, browser);
    let passenger = match shared.callbacks.join((key, browser)) {
        Joined::Follower(passenger) => passenger,
        Joined::Leader(pilot, passenger) => {
            let work = Work {
                shared: Arc::clone(shared),
                transport: config.transport(),
                revoker: Revoker::new(config),
                identifier: config.identifier().clone(),
                key,
                browser,
                arrived_at,
            };
            let work = run(work, query);
            let work = config
                .engine()
                .spawn("code exchange", async move { pilot.land(work.await) });
            if work.is_refused() {
                // The application is stopping. Nothing was consumed, so the next process can answer.
                let retry_after = Duration::from_secs(5);
                return CallbackReply::TryAgain { retry_after };
            }
            passenger
        }
    };
    let died = FailedCallback::new(FailedCallbackKind::Internal, LaunchKind::Standalone);
    let died = CallbackReply::Finished(CallbackOutcome::Failed(died));
    passenger.result().await.unwrap_or(died)
}

async fn run(work: Work, query: CallbackQuery) -> CallbackReply {
    let (shared, key) = (&work.shared, work.key);
    let backend = shared.store.backend();
    let patience = shared.settings.tokens.deadline + Duration::from_secs(10);
    loop {
        match backend.claim_pending(key, work.browser, shared.now()).await {
            Ok(Claim::Fresh(pending)) => return process(&work, *pending, query).await,
            Ok(Claim::Done(outcome)) => return CallbackReply::Finished(*outcome),
            Ok(Claim::NotFound) => return CallbackReply::NothingPending,
            // Another process has it. If that one died, its code is lost: codes are not sent twice.
            Ok(Claim::Exchanging { since }) if shared.now().saturating_since(since) > patience => {
                let lost = FailedCallback::new(FailedCallbackKind::EhrUnavailable, LaunchKind::Standalone);
                return CallbackReply::Finished(CallbackOutcome::Failed(lost));
            }
            Ok(Claim::Exchanging { .. }) => tokio::time::sleep(Duration::from_millis(200)).await,
            Err(error) => {
                tracing::warn!(%error, "a callback could not be looked up");
                return CallbackReply::StoreUnavailable;
            }
        }
    }
}

async fn process(work: &Work, pending: PendingRecord, query: CallbackQuery) -> CallbackReply {
    let (shared, key) = (&work.shared, work.key);
    let iss = check_iss(
        &query,
        pending.endpoints.issuer.as_deref(),
        pending.endpoints.iss_parameter,
        shared.known_ehrs(),
    );
    let outcome = match (iss, query.answer) {
        _ if is_for_another_ehr(&pending, &work.arrived_at) => {
            tracing::error!(
                ehr = %pending.ehr,
                "a callback came to the redirect URI of another EHR than the one that was asked; its code is not used"
            );
            failed(FailedCallbackKind::WrongIssuer, &pending)
        }
        (Err(problem), _) => wrong_issuer(&pending, problem),
        (Ok(()), CallbackAnswer::Error(error)) => ehr_error(&pending, error),
        (Ok(()), CallbackAnswer::Neither) => failed(FailedCallbackKind::NoCode, &pending),
        (Ok(()), CallbackAnswer::Code(code)) => match exchange(work, &pending, &code).await {
            Ok((ehr, tokens)) => open(work, &ehr, pending, tokens).await,
            Err(error) if was_not_sent(&error) => {
                tracing::warn!(%error, ehr = %pending.ehr, "the code could not be sent");
                let _ = store_retried(|| shared.store.backend().release_pending(key, shared.now())).await;
                return CallbackReply::TryAgain {
                    retry_after: Duration::from_secs(5),
                };
            }
            Err(error) => exchange_failed(&pending, error),
        },
    };
    if let Err(error) = store_retried(|| {
        shared
            .store
            .backend()
            .finish_pending(key, outcome.clone(), shared.now())
    })
    .await
    {
        tracing::warn!(%error, "how a callback ended could not be noted; a reload will not find it");
    }
    CallbackReply::Finished(outcome)
}

async fn exchange(
    work: &Work,
    pending: &PendingRecord,
    code: &AuthorizationCode,
) -> Result<(Arc<Ehr>, TokenSet), TokenCallError> {
    let shared = &work.shared;
    let ehr = shared.ehr(&pending.ehr).await?;
    let requested_at = shared.now();
    let form = TokenForm::exchange(code, &pending.redirect_uri, &pending.code_verifier);
    let (endpoint, requested) = (&pending.endpoints.token, &pending.requested);
    let response = call_token_endpoint(shared, &*work.transport, &ehr, endpoint, form, requested).await?;
    let default_lifetime = shared.settings.tokens.default_lifetime;
    let tokens = response.into_token_set(requested, requested_at, default_lifetime);
    Ok((ehr, tokens))
}

/// Whether nothing left this process, so that the same callback may be tried again.
fn was_not_sent(error: &TokenCallError) -> bool {
    match error {
        TokenCallError::Token(TokenError::Transport(error)) => error.was_not_sent(),
        TokenCallError::Ehr(error) => *error == EhrLookupError::Unavailable,
        TokenCallError::Token(_) | TokenCallError::ClientAuth(_) => false,
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

/// Tries a write for half a minute: what it holds exists nowhere else.
async fn store_retried<T, F, Fut>(mut write: F) -> Result<T, StoreError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, StoreError>>,
{
    let mut pause = Duration::from_millis(100);
    loop {
        match write().await {
            Err(error) if pause < Duration::from_secs(16) => {
                tracing::warn!(%error, "the token store did not take a write; trying again");
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            result => return result,
        }
    }
}
