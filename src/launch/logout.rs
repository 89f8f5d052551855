//! Ending launches because somebody asked for it.

use std::{future::Future, sync::Arc};

use crate::{
    launch::{
        browser::{self, Browser, SignedOut},
        revoke::Revoker,
        to_its_end::to_its_end,
    },
    runtime::Runtime,
    store::{EndReason, EndedLaunches, EndedRecord, LaunchKey, StoreError},
};

/// Ends a launch and has its tokens revoked. Says what was open: one or none.
pub(crate) async fn end_launch(
    runtime: &Arc<Runtime>,
    revoker: &Revoker,
    key: LaunchKey,
) -> Result<EndedLaunches, StoreError> {
    on_engine(runtime, revoker, move |runtime| async move {
        match runtime.store.end_launch(key, EndReason::LoggedOut).await {
            Ok(ended) => (ended.clone(), Ok(ended)),
            Err(error) => (EndedLaunches::nothing(), Err(error)),
        }
    })
    .await
}

/// Ends all launches of a browser that can be found, and has their tokens revoked. When a part fails, the others are ended
/// all the same.
pub(crate) async fn end_all_of(
    runtime: &Arc<Runtime>,
    revoker: &Revoker,
    browser: Browser,
) -> Result<SignedOut, StoreError> {
    on_engine(runtime, revoker, move |runtime| {
        let browser = browser.clone();
        async move {
            let (out, result) = browser::end_all(&runtime, &browser).await;
            (out.ended.clone(), result.map(|()| out))
        }
    })
    .await
}

/// Runs `end` to its end, and has the tokens revoked of what it ended, also when it fails.
async fn on_engine<T, F, Fut>(runtime: &Arc<Runtime>, revoker: &Revoker, end: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: Fn(Arc<Runtime>) -> Fut,
    Fut: Future<Output = (EndedLaunches, Result<T, StoreError>)> + Send + 'static,
{
    to_its_end(runtime, "logout", |runtime| {
        let (ending, revoker) = (end(runtime), revoker.clone());
        async move {
            let (ended, result) = ending.await;
            say_ended(&ended);
            revoker.launches(&ended);
            result
        }
    })
    .await
}

/// A line for each, as whoever follows a launch searches for its reference.
fn say_ended(ended: &EndedLaunches) {
    for EndedRecord { key, record, .. } in &ended.records {
        tracing::info!(
            ehr = %record.origin.ehr,
            launch = key.reference(),
            "a launch ended, as somebody signed out or the application asked for it"
        );
    }
    if ended.unreadable > 0 {
        tracing::info!(
            launches = ended.unreadable,
            "launches ended whose records cannot be read, as somebody signed out or the application asked for it"
        );
    }
}
