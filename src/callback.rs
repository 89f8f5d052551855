//! Finishing an authorization: from the callback to an open launch.
//!
//! All of it runs on the engine. A browser that drops the connection in the middle, or reloads, finds the same answer:
//! the code is sent once, and whoever asks again joins.

use std::{future::Future, sync::Arc, time::Duration};

use url::Url;

use crate::{
    config::{Ehr, SmartConfig},
    flight::Joined,
    hook::{LandAt, Launched},
    identity::{Identifier, IdentityError},
    protocol::{
        callback::{CallbackAnswer, CallbackQuery, EhrError, IssProblem, check_iss},
        secret::{AuthorizationCode, LaunchSecret},
        token::TokenSet,
        token_error::TokenError,
        token_request::TokenForm,
    },
    registrations::EhrLookupError,
    revoke::{Orphans, Revoker},
    shared::Shared,
    store::{
        BrowserKey, CallbackOutcome, Claim, FailedCallback, FailedCallbackKind, LaunchId, LaunchKind, LaunchRecord,
        PendingKey, PendingRecord, Proof, RefreshState, StoreError, patient_digest, user_digest,
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

/// What is needed once the EHR has given tokens.
struct AfterExchange {
    revoker: Revoker,
    identifier: Identifier,
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
            let after = AfterExchange {
                revoker: Revoker::new(config),
                identifier: config.identifier().clone(),
            };
            let work = run(
                Arc::clone(shared),
                config.transport(),
                after,
                key,
                browser,
                arrived_at,
                query,
            );
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

async fn run(
    shared: Arc<Shared>,
    transport: Arc<dyn HttpTransport>,
    after: AfterExchange,
    key: PendingKey,
    browser: BrowserKey,
    arrived_at: String,
    query: CallbackQuery,
) -> CallbackReply {
    let backend = shared.store.backend();
    let patience = shared.settings.tokens.deadline + Duration::from_secs(10);
    loop {
        match backend.claim_pending(key, browser, shared.now()).await {
            Ok(Claim::Fresh(pending)) => {
                return process(&shared, &*transport, &after, key, *pending, &arrived_at, query).await;
            }
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

async fn process(
    shared: &Shared,
    transport: &dyn HttpTransport,
    after: &AfterExchange,
    key: PendingKey,
    pending: PendingRecord,
    arrived_at: &str,
    query: CallbackQuery,
) -> CallbackReply {
    let iss = check_iss(
        &query,
        pending.endpoints.issuer.as_deref(),
        pending.endpoints.iss_parameter,
        shared.known_ehrs(),
    );
    let outcome = match (iss, query.answer) {
        _ if is_for_another_ehr(&pending, arrived_at) => {
            tracing::error!(
                ehr = %pending.ehr,
                "a callback came to the redirect URI of another EHR than the one that was asked; its code is not used"
            );
            failed(FailedCallbackKind::WrongIssuer, &pending)
        }
        (Err(problem), _) => wrong_issuer(&pending, problem),
        (Ok(()), CallbackAnswer::Error(error)) => ehr_error(&pending, error),
        (Ok(()), CallbackAnswer::Neither) => failed(FailedCallbackKind::NoCode, &pending),
        (Ok(()), CallbackAnswer::Code(code)) => match exchange(shared, transport, &pending, &code).await {
            Ok((ehr, tokens)) => open(shared, after, &ehr, pending, tokens).await,
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
    shared: &Shared,
    transport: &dyn HttpTransport,
    pending: &PendingRecord,
    code: &AuthorizationCode,
) -> Result<(Arc<Ehr>, TokenSet), TokenCallError> {
    let ehr = shared.ehr(&pending.ehr).await?;
    let requested_at = shared.now();
    let form = TokenForm::exchange(code, &pending.redirect_uri, &pending.code_verifier);
    let (endpoint, requested) = (&pending.endpoints.token, &pending.requested);
    let response = call_token_endpoint(shared, transport, &ehr, endpoint, form, requested).await?;
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

/// The callback is, or may be, of another authorization server (RFC 9207): its code must not be sent.
fn wrong_issuer(pending: &PendingRecord, problem: IssProblem) -> CallbackOutcome {
    let ehr = &pending.ehr;
    match problem {
        IssProblem::Other => tracing::error!(
            %ehr,
            "a callback came from another authorization server than the one that was asked; its code is not used"
        ),
        IssProblem::Missing => tracing::error!(
            %ehr,
            "a callback does not say from which authorization server it comes (`iss`), although the EHR's metadata \
             promises that (authorization_response_iss_parameter_supported); its code is not used. Report it to the EHR"
        ),
        IssProblem::NothingToCompare => tracing::error!(
            %ehr,
            "a callback names its authorization server (`iss`), but the EHR's metadata has no `issuer` to compare with, \
             and several EHRs are registered; its code is not used. Have the EHR add `issuer` to its metadata"
        ),
    }
    failed(FailedCallbackKind::WrongIssuer, pending)
}

/// Finds out who signed in, asks the application, then opens the launch. Without the scopes that it cannot do without,
/// neither is done.
async fn open(
    shared: &Shared,
    AfterExchange { revoker, identifier }: &AfterExchange,
    ehr: &Arc<Ehr>,
    pending: PendingRecord,
    tokens: TokenSet,
) -> CallbackOutcome {
    let missing = tokens.granted_scopes().uncovered(ehr.required_scopes());
    if !missing.is_empty() {
        tracing::warn!(
            ehr = %pending.ehr, %missing,
            "the EHR did not grant scopes that its registration here requires; the launch is refused and its tokens are \
             dropped"
        );
        revoker.revoke(&pending.ehr, &pending.endpoints, Orphans::of(&tokens));
        return CallbackOutcome::Failed(FailedCallback {
            missing_scopes: Some(missing),
            ..of_pending(FailedCallbackKind::ScopesNotGranted, &pending)
        });
    }
    let identity = match identifier.identify(ehr, &pending, &tokens).await {
        Ok(identity) => identity,
        Err(error) => {
            revoker.revoke(&pending.ehr, &pending.endpoints, Orphans::of(&tokens));
            return identity_refused(&pending, &error);
        }
    };
    let land_at = match &shared.hook {
        None => LandAt::Default,
        Some(hook) => {
            let launched = Launched {
                ehr: Arc::clone(ehr),
                aud: pending.aud.as_str().into(),
                kind: pending.kind,
                requested: Arc::new(pending.requested.clone()),
                tokens: Arc::new(tokens.clone()),
                identity: identity.clone(),
            };
            // A task of its own, so that a hook that panics fails this launch and nothing else. Called in there too:
            // a hook may panic before it has a future.
            let hook = hook.clone();
            match tokio::spawn(async move { hook.call(launched).await }).await {
                Ok(Ok(land_at)) => land_at,
                Err(_) => {
                    tracing::error!("on_launch panicked; the launch is refused");
                    revoker.revoke(&pending.ehr, &pending.endpoints, Orphans::of(&tokens));
                    return failed(FailedCallbackKind::Internal, &pending);
                }
                Ok(Err(refuse)) => {
                    tracing::info!(ehr = %pending.ehr, "the application refused a launch; its tokens are dropped");
                    revoker.revoke(&pending.ehr, &pending.endpoints, Orphans::of(&tokens));
                    return CallbackOutcome::Failed(FailedCallback {
                        description: refuse.message,
                        ..of_pending(FailedCallbackKind::RefusedByApplication, &pending)
                    });
                }
            }
        }
    };
    let (launch, secret) = {
        let mut rng = rand::rng();
        (
            LaunchId::random(pending.browser, &mut rng),
            LaunchSecret::random(&mut rng),
        )
    };
    let location = location(shared, &launch, &pending, &tokens, land_at);
    let record = LaunchRecord {
        browser: pending.browser,
        proof: Proof::of(&secret),
        ehr: pending.ehr,
        aud: pending.aud,
        kind: pending.kind,
        endpoints: pending.endpoints,
        requested: pending.requested,
        user: identity.as_ref().map(user_digest),
        identity,
        opened_at: shared.now(),
        tokens,
        refresh: RefreshState::default(),
    };
    let others = shared.settings.others_on_open();
    let opened = store_retried(|| {
        shared
            .store
            .backend()
            .open_launch(launch.key(), record.clone(), others, shared.rules(), shared.now())
    });
    match opened.await {
        Ok(ended) => {
            tracing::info!(ehr = %record.ehr, kind = ?record.kind, others_ended = ended.count(), "launch opened");
            revoker.launches(&ended);
            CallbackOutcome::Landed {
                launch,
                secret,
                location,
            }
        }
        Err(error) => {
            revoker.revoke(&record.ehr, &record.endpoints, Orphans::of(&record.tokens));
            tracing::error!(%error, ehr = %record.ehr, "a launch could not be stored and is lost; repair the token store");
            CallbackOutcome::Failed(FailedCallback {
                ehr: Some(record.ehr),
                ..FailedCallback::new(FailedCallbackKind::StoreUnavailable, record.kind)
            })
        }
    }
}

/// Where the browser goes: what the application said, else where it wanted to go, else the landing page.
///
/// A deep link is followed only for the patient that it was about, where that is still known.
fn location(shared: &Shared, launch: &LaunchId, pending: &PendingRecord, tokens: &TokenSet, land_at: LandAt) -> String {
    let paths = &shared.settings.paths;
    let wanted = match land_at {
        LandAt::Path(path) => Some(path.without_launch_segment().as_str().to_owned()),
        LandAt::Default => pending.return_to.clone().filter(|_| {
            let patient = tokens
                .context()
                .patient()
                .map(|patient| patient_digest(&pending.ehr, patient));
            pending.return_patient.is_none() || pending.return_patient == patient
        }),
    };
    match wanted {
        Some(path) => paths.external_in_launch(launch, &path),
        None => paths.external_landing(launch),
    }
}

/// It is not known for certain who signed in, and so nothing is opened.
fn identity_refused(pending: &PendingRecord, error: &IdentityError) -> CallbackOutcome {
    let ehr = &pending.ehr;
    if error.is_unavailable() {
        tracing::error!(%ehr, %error, "an id token could not be checked; the launch is not opened");
        return failed(FailedCallbackKind::EhrUnavailable, pending);
    }
    tracing::error!(%ehr, kind = ?error, %error, "an id token was refused; the launch is not opened");
    failed(FailedCallbackKind::IdentityRefused, pending)
}

fn ehr_error(pending: &PendingRecord, error: EhrError) -> CallbackOutcome {
    tracing::warn!(ehr = %pending.ehr, code = %error.code, "the EHR answered an authorization request with an error");
    let kind = match error.code.as_str() {
        "access_denied" => FailedCallbackKind::AccessDenied,
        _ => FailedCallbackKind::EhrError,
    };
    CallbackOutcome::Failed(FailedCallback {
        error_code: Some(error.code),
        description: error.description.map(|text| text.as_str().to_owned()),
        ..of_pending(kind, pending)
    })
}

fn exchange_failed(pending: &PendingRecord, error: TokenCallError) -> CallbackOutcome {
    let kind = match &error {
        TokenCallError::ClientAuth(_) | TokenCallError::Ehr(_) => FailedCallbackKind::ClientRefused,
        TokenCallError::Token(error) if error.is_invalid_grant() => FailedCallbackKind::CodeRefused,
        TokenCallError::Token(error) if error.is_invalid_client() => FailedCallbackKind::ClientRefused,
        TokenCallError::Token(TokenError::Transport(_) | TokenError::UnexpectedStatus { .. }) => {
            FailedCallbackKind::EhrUnavailable
        }
        TokenCallError::Token(TokenError::Refused { .. }) => FailedCallbackKind::EhrError,
        TokenCallError::Token(_) => FailedCallbackKind::BadTokenResponse,
    };
    match kind {
        FailedCallbackKind::ClientRefused => {
            tracing::error!(%error, ehr = %pending.ehr, "the EHR refuses this application; check client id and credentials");
        }
        _ => tracing::warn!(%error, ehr = %pending.ehr, "a code was not exchanged for tokens"),
    }
    let (error_code, description) = match &error {
        TokenCallError::Token(error) => (
            error.error_code().map(str::to_owned),
            error.description().map(|text| text.as_str().to_owned()),
        ),
        _ => (None, None),
    };
    CallbackOutcome::Failed(FailedCallback {
        error_code,
        description,
        ..of_pending(kind, pending)
    })
}

fn failed(kind: FailedCallbackKind, pending: &PendingRecord) -> CallbackOutcome {
    CallbackOutcome::Failed(of_pending(kind, pending))
}

fn of_pending(kind: FailedCallbackKind, pending: &PendingRecord) -> FailedCallback {
    FailedCallback {
        ehr: Some(pending.ehr.clone()),
        ..FailedCallback::new(kind, pending.kind)
    }
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
