//! The last step of a callback: tokens are there, and a launch is opened, or it is said why not.

use std::sync::Arc;

use super::{
    failure::{failed_at, not_admitted, of_pending},
    reply::JustOpened,
    work::Work,
};
use crate::{
    config::{
        Ehr,
        on_launch::{Chosen, LandAt, Launched},
    },
    launch::{
        browser::{NotOpened, Opened, WhyNotOpened, open_launch},
        exchange::Exchanged,
        installation::with_own_client,
        keep::say_opened,
        revoke::RevocableTokens,
    },
    protocol::{launch_id::LaunchId, secret::LaunchSecret, token::TokenSet},
    runtime::{
        Runtime,
        app_threads::{CallerKind, Load, NoAnswer},
        places::Place,
    },
    store::{
        BrowserKey, CallbackOutcome, EndReason, FailedCallback, FailedCallbackKind, LaunchOrigin, LaunchRecord,
        PendingRecord, Proof, RefreshState, user_digest,
    },
};

/// Finds out who signed in, asks the application, then opens the launch. Without the scopes that it cannot do without,
/// neither is done.
///
/// What is only known now goes into `just_opened`.
pub(super) async fn open(
    work: &Work,
    ehr: &Arc<Ehr>,
    pending: PendingRecord,
    exchanged: Exchanged,
    on_launch: Option<Place>,
    just_opened: &mut Option<JustOpened>,
) -> CallbackOutcome {
    let runtime = &work.runtime;
    let Exchanged { mut tokens, report } = exchanged;
    let exchange = work.exchange(ehr, &pending);
    let identity = match exchange.admit(&tokens).await {
        Ok(identity) => identity,
        Err(unfit) => return not_admitted(&pending, unfit),
    };
    let launched = Launched {
        chosen: Arc::default(),
        ehr: Arc::clone(ehr),
        aud: pending.aud.as_str().into(),
        kind: pending.kind,
        requested: Arc::new(pending.requested.clone()),
        tokens: Arc::new(tokens.clone()),
        report,
        return_to: pending.return_to.as_deref().map(Arc::from),
        identity: identity.clone(),
    };
    let land_at = match ask_application(runtime, &pending, launched, on_launch).await {
        Ok((land_at, chosen)) => {
            tokens.context = chosen.added_to(tokens.context);
            land_at
        }
        Err(refused) => {
            exchange.revoke(&tokens);
            return CallbackOutcome::Failed(refused);
        }
    };
    // Once the application wants the launch: nobody needs a client of one that it refuses.
    let tokens = with_own_client(runtime, ehr, &pending.endpoints, tokens).await;
    let secret = LaunchSecret::random(&mut rand::rng());
    let wanted = wanted(runtime, &pending, &tokens, land_at);
    let record = LaunchRecord {
        // Set when it is opened.
        browser: BrowserKey::from_bytes([0; 32]),
        proof: Proof::of(&secret),
        patient: runtime.patient_digest(&pending.ehr, &tokens),
        patient_facts: None,
        origin: Arc::new(LaunchOrigin {
            ehr: pending.ehr,
            aud: pending.aud,
            endpoints: pending.endpoints,
            requested: pending.requested,
            client: Some(ehr.client()),
        }),
        kind: pending.kind,
        user: identity.as_ref().map(user_digest),
        identity,
        began_at: Some(pending.started_at),
        opened_at: runtime.now(),
        tokens,
        refresh: RefreshState::default(),
    };
    // Before another launch ends for this one.
    if runtime.audit.ready_for_sign_in(&record.origin.ehr).await.is_err() {
        return unaudited(work, ehr, &record);
    }
    match open_launch(runtime, &work.browser, pending.started_at, record.clone()).await {
        Ok(opened) => {
            if runtime.audit.note_sign_in(opened.launch.key(), &record).await.is_err() {
                take_back(work, &opened).await;
                return unaudited(work, ehr, &record);
            }
            runtime.proven.note(opened.launch.key(), &secret);
            say_opened(&opened.launch, &record, &opened.ended);
            work.revoker.launches(&opened.ended);
            *just_opened = Some(JustOpened {
                browser: opened.browser,
                forgotten: Vec::new(),
            });
            CallbackOutcome::Landed {
                location: location(runtime, &opened.launch, wanted),
                launch: opened.launch,
                secret,
                new_browser: opened.new_browser,
            }
        }
        Err(NotOpened { why, ended }) => {
            work.revoker.launches(&ended);
            let tokens = RevocableTokens::of(&record.tokens, ehr.client());
            work.revoker
                .revoke(&record.origin.ehr, &record.origin.endpoints, tokens);
            let ehr = record.origin.ehr.clone();
            let kind = match why {
                WhyNotOpened::Store(error) => {
                    tracing::error!(%error, %ehr, "a launch could not be stored and is lost; repair the token store");
                    FailedCallbackKind::StoreUnavailable
                }
                WhyNotOpened::Overtaken => {
                    tracing::info!(
                        %ehr,
                        "a sign-in was finished after another one that had begun later in the same browser; it opens nothing"
                    );
                    FailedCallbackKind::Overtaken
                }
            };
            CallbackOutcome::Failed(failed_at(ehr, kind, record.kind))
        }
    }
}

/// Ends a launch that must not stay open, as nobody can prove later that it was.
async fn take_back(work: &Work, opened: &Opened) {
    let store = &work.runtime.store;
    let key = opened.launch.key();
    // Handed out nowhere else: whoever calls this revokes the tokens.
    let _ = store.retried(|| store.end_launch(key, EndReason::Replaced)).await;
    work.revoker.launches(&opened.ended);
}

/// A launch whose event is not written is not open. Its tokens are good for nothing.
fn unaudited(work: &Work, ehr: &Ehr, record: &LaunchRecord) -> CallbackOutcome {
    let tokens = RevocableTokens::of(&record.tokens, ehr.client());
    work.revoker
        .revoke(&record.origin.ehr, &record.origin.endpoints, tokens);
    let kind = FailedCallbackKind::NotAudited;
    CallbackOutcome::Failed(failed_at(record.origin.ehr.clone(), kind, record.kind))
}

/// What the application says to the launch (`on_launch`).
async fn ask_application(
    runtime: &Runtime,
    pending: &PendingRecord,
    launched: Launched,
    place: Option<Place>,
) -> Result<(LandAt, Arc<Chosen>), FailedCallback> {
    let (Some(hook), Some(place)) = (runtime.on_launch.clone(), place) else {
        return Ok((LandAt::Default, Arc::default()));
    };
    let chosen = Arc::clone(&launched.chosen);
    let limit = runtime.settings.on_launch_timeout;
    let call = move || {
        let asking = hook.call(launched);
        async move {
            // The place stays taken until the call returns: a hook that blocks goes on when its time is over.
            let _place = place;
            asking.await
        }
    };
    let answer = runtime.app_threads.call(CallerKind::Hook, limit, call).await;
    match answer {
        Ok(Ok(land_at)) => Ok((land_at, chosen)),
        Ok(Err(refuse)) => {
            tracing::info!(ehr = %pending.ehr, "the application refused a launch; its tokens are dropped");
            Err(FailedCallback {
                description: refuse.message,
                ..of_pending(FailedCallbackKind::RefusedByApplication, pending)
            })
        }
        Err(NoAnswer::TimedOut) => {
            let (seconds, Load { stuck, .. }) = (limit.as_secs_f32(), runtime.app_threads.load(CallerKind::Hook));
            tracing::error!(
                seconds, stuck, ehr = %pending.ehr,
                "on_launch did not answer in the time that it has; the launch is refused and its tokens are dropped. Make it \
                 faster, or give it more time (`SmartConfigBuilder::on_launch_timeout`). {stuck} calls of it are past their \
                 time and block their threads"
            );
            Err(of_pending(FailedCallbackKind::HookTimedOut, pending))
        }
        Err(error @ (NoAnswer::NoTurn | NoAnswer::Busy)) => {
            let Load { running, stuck } = runtime.app_threads.load(CallerKind::Hook);
            tracing::error!(
                %error, running, stuck, ehr = %pending.ehr,
                "on_launch was not called; the launch is refused and its tokens are dropped. {running} calls of it run, and \
                 {stuck} of them are past their time and block their threads: mend what they wait for"
            );
            Err(of_pending(FailedCallbackKind::HookTimedOut, pending))
        }
        Err(error @ (NoAnswer::Panicked | NoAnswer::NotStarted)) => {
            tracing::error!(
                %error, ehr = %pending.ehr, "on_launch panicked or could not be called; the launch is refused"
            );
            Err(of_pending(FailedCallbackKind::Internal, pending))
        }
    }
}

/// Where the browser wants to go: what the application said, else the page that the launch was begun for.
///
/// A page that was opened inside another launch is opened again only where its patient is known to be this one's.
fn wanted(runtime: &Runtime, pending: &PendingRecord, tokens: &TokenSet, land_at: LandAt) -> Option<String> {
    match land_at {
        LandAt::Path(path) => Some(path.without_launch_segment().as_str().to_owned()),
        LandAt::Default => pending
            .return_to
            .clone()
            .filter(|_| runtime.is_for(pending.return_for, &pending.ehr, tokens)),
    }
}

fn location(runtime: &Runtime, launch: &LaunchId, wanted: Option<String>) -> String {
    let paths = &runtime.settings.paths;
    match wanted {
        Some(path) => paths.external_in_launch(launch, &path),
        None => paths.external_landing(launch),
    }
}
