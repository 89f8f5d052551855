//! Ending launches because somebody asked for it.
//!
//! On the engine: Actix drops the request when the browser closes, and what the store hands out exists nowhere else.

use std::{future::Future, sync::Arc};

use crate::{
    config::SmartConfig,
    revoke::Revoker,
    shared::Shared,
    store::{BrowserKey, EndReason, JustEnded, LaunchKey, StoreError},
};

/// Ends a launch and has its tokens revoked. Says how many were open: one or none.
pub(crate) async fn end_launch(config: &SmartConfig, key: LaunchKey) -> Result<usize, StoreError> {
    on_engine(config, move |shared| async move {
        let (rules, now) = (shared.rules(), shared.now());
        let backend = shared.store.backend();
        backend.end_launch(key, EndReason::LoggedOut, rules, now).await
    })
    .await
}

/// Ends all launches of a browser and has their tokens revoked. Says how many were open.
pub(crate) async fn end_all_of(config: &SmartConfig, browser: BrowserKey) -> Result<usize, StoreError> {
    on_engine(config, move |shared| async move {
        let (rules, now) = (shared.rules(), shared.now());
        let backend = shared.store.backend();
        backend.end_all_of(browser, EndReason::LoggedOut, rules, now).await
    })
    .await
}

async fn on_engine<F, Fut>(config: &SmartConfig, end: F) -> Result<usize, StoreError>
where
    F: Fn(Arc<Shared>) -> Fut,
    Fut: Future<Output = Result<JustEnded, StoreError>> + Send + 'static,
{
    let revoker = Revoker::new(config);
    let ending = end(Arc::clone(config.shared()));
    let work = async move {
        let ended = ending.await?;
        revoker.launches(&ended);
        Ok(ended.count())
    };
    let running = config.engine().spawn("logout", work);
    if running.is_refused() {
        // The application stops. Signing out still has to work.
        let ended = end(Arc::clone(config.shared())).await?;
        Revoker::new(config).launches(&ended);
        return Ok(ended.count());
    }
    running.await.unwrap_or(Err(StoreError::Unavailable))
}
