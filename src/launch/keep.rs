//! A launch without a browser: tokens that a program has got go into the store, and are refreshed there like any launch's.

use crate::{
    launch::revoke::Revoker,
    protocol::{launch_id::LaunchId, people::People, scope::Scopes, secret::BrowserId, visible::visible},
    runtime::{Runtime, audit::NotAudited},
    store::{BrowserKey, EndReason, EndedLaunches, LaunchRecord, OthersOnOpen, StoreError},
};

/// Long lists of scopes are usual, and the one that is missing may stand at the end.
const SCOPES_CHARS: usize = 4_000;

/// Why a launch is not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotKept {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Unaudited(#[from] NotAudited),
}

/// Opens a launch under a name that no browser has. `record` is what is stored; its browser is set here.
///
/// # Errors
///
/// [`NotKept::Unaudited`] when its audit event is not written and has to be. [`NotKept::Store`] when it could not be stored, though that was tried for minutes where trying again may help. Should a write have
/// been done whose answer was lost, and the store be away ever since, it is open until it is idle, under a name that nobody
/// has.
pub(crate) async fn keep(runtime: &Runtime, revoker: &Revoker, mut record: LaunchRecord) -> Result<LaunchId, NotKept> {
    runtime.audit.ready_for_sign_in(&record.origin.ehr).await?;
    record.browser = BrowserKey::of_cookie(&BrowserId::random(&mut rand::rng()));
    let launch = LaunchId::random(record.browser, record.kind, &mut rand::rng());
    let (store, key) = (&runtime.store, launch.key());
    let open = || store.open_launch(key, record.clone(), OthersOnOpen::Keep);
    let ended = match store.retried(open).await {
        Ok(ended) => ended,
        Err(error) => {
            // It may be open all the same: answers get lost.
            let _ = store
                .retried_briefly(|| store.end_launch(key, EndReason::Replaced))
                .await;
            return Err(error.into());
        }
    };
    // It has no browser. A limit of the store may have pushed out launches of others.
    revoker.launches(&ended);
    if let Err(error) = runtime.audit.note_sign_in(key, &record).await {
        let _ = store
            .retried_briefly(|| store.end_launch(key, EndReason::Replaced))
            .await;
        return Err(error.into());
    }
    say_opened(&launch, &record, &ended);
    Ok(launch)
}

/// The line of a launch that has opened.
pub(crate) fn say_opened(launch: &LaunchId, record: &LaunchRecord, ended: &EndedLaunches) {
    let granted = record.tokens.granted_scopes();
    // An EHR can write anything there.
    let people = People::of_launch(&record.tokens, record.identity.as_ref());
    let logged = |scopes: &Scopes| {
        let text: String = visible(&scopes.to_string()).take(SCOPES_CHARS).collect();
        people.hidden_in_scopes(&text)
    };
    tracing::info!(
        ehr = %record.origin.ehr,
        launch = launch.key().reference(),
        kind = ?record.kind,
        granted = logged(granted),
        denied = logged(&granted.uncovered(&record.origin.requested)),
        others_ended = ended.count(),
        "launch opened"
    );
}
