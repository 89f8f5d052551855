//! Ending launches because somebody asked for it.
//!
//! On the engine: Actix drops the request when the browser closes, and what the store hands out exists nowhere else.

use std::{future::Future, sync::Arc};

use crate::{
    browsers::{self, Browser},
    config::SmartConfig,
    revoke::Revoker,
    shared::Shared,
    store::{EndReason, JustEnded, LaunchKey, StoreError},
};

/// Ends a launch and has its tokens revoked. Says how many were open: one or none.
pub(crate) async fn end_launch(config: &SmartConfig, key: LaunchKey) -> Result<usize, StoreError> {
    on_engine(config, move |shared| async move {
        let (rules, now) = (shared.rules(), shared.now());
        let backend = shared.store.backend();
        match backend.end_launch(key, EndReason::LoggedOut, rules, now).await {
            Ok(ended) => (ended, Ok(())),
            Err(error) => (JustEnded::nothing(), Err(error)),
        }
    })
    .await
}

/// Ends all launches of a browser that can be found, and has their tokens revoked. Says how many were open. When a part
/// fails, the others are ended all the same.
pub(crate) async fn end_all_of(config: &SmartConfig, browser: Browser) -> Result<usize, StoreError> {
    on_engine(config, move |shared| {
        let browser = browser.clone();
        async move { browsers::end_all(&shared, &browser).await }
    })
    .await
}

async fn on_engine<F, Fut>(config: &SmartConfig, end: F) -> Result<usize, StoreError>
where
    F: Fn(Arc<Shared>) -> Fut,
    Fut: Future<Output = (JustEnded, Result<(), StoreError>)> + Send + 'static,
{
    let revoker = Revoker::new(config);
    let ending = end(Arc::clone(config.shared()));
    let work = async move {
        let (ended, result) = ending.await;
        revoker.launches(&ended);
        result.map(|()| ended.count())
    };
    let running = config.engine().spawn("logout", work);
    if running.is_refused() {
        // The application stops. Signing out still has to work.
        let (ended, result) = end(Arc::clone(config.shared())).await;
        Revoker::new(config).launches(&ended);
        return result.map(|()| ended.count());
    }
    running.await.unwrap_or(Err(StoreError::Unavailable))
}
