//! Giving back the claim of a callback whose code was not sent.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;

use super::work::Work;
use crate::{
    log_throttle::log_seldom,
    runtime::Runtime,
    store::{CallbackKey, PendingKey},
    time::Timestamp,
};

/// How long the person's answer waits for it. With a store that answers, whoever comes again finds the callback free.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Gives the claim back, and does not keep the person waiting for a store that is away. The page has promised that the
/// same callback may come again, so it is tried for minutes: on the engine, where a shutdown waits for it.
pub(super) async fn release(work: &Work, claimed_at: Timestamp) {
    let releasing = until_released(Arc::clone(&work.runtime), work.key, work.callback, claimed_at);
    let _ = timeout(AT_ONCE, work.runtime.engine.spawn("release of a sign-in", releasing)).await;
}

async fn until_released(runtime: Arc<Runtime>, key: PendingKey, callback: CallbackKey, claimed_at: Timestamp) {
    let store = &runtime.store;
    let released = store.retried(|| store.release_pending(key, callback, claimed_at));
    if let Err(error) = released.await {
        log_seldom!(
            runtime,
            error,
            %error,
            "a sign-in whose code was not sent could not be given free again, and the person has to begin anew; repair the \
             token store"
        );
    }
}
