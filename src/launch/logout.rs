//! Ending launches because somebody asked for it.
//!
//! On the engine: Actix drops the request when the browser closes, and what the store hands out exists nowhere else.

use std::{future::Future, sync::Arc};

use crate::{
    config::SmartConfig,
    launch::{
        browser::{self, Browser, SignedOut},
        revoke::Revoker,
    },
    runtime::Shared,
    store::{EndReason, JustEnded, LaunchKey, StoreError},
};

/// Ends a launch and has its tokens revoked. Says how many were open: one or none.
pub(crate) async fn end_launch(config: &SmartConfig, key: LaunchKey) -> Result<usize, StoreError> {
    on_engine(config, move |shared| async move {
        match shared.store.end_launch(key, EndReason::LoggedOut).await {
            Ok(ended) => {
                let count = ended.count();
                (ended, Ok(count))
            }
            Err(error) => (JustEnded::nothing(), Err(error)),
        }
    })
    .await
}

/// Ends all launches of a browser that can be found, and has their tokens revoked. When a part fails, the others are ended
/// all the same.
pub(crate) async fn end_all_of(config: &SmartConfig, browser: Browser) -> Result<SignedOut, StoreError> {
    on_engine(config, move |shared| {
        let browser = browser.clone();
        async move {
            let (out, result) = browser::end_all(&shared, &browser).await;
            (out.ended.clone(), result.map(|()| out))
        }
    })
    .await
}

/// Runs `end` to its end, and has the tokens revoked of what it ended, also when it fails.
async fn on_engine<T, F, Fut>(config: &SmartConfig, end: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: Fn(Arc<Shared>) -> Fut,
    Fut: Future<Output = (JustEnded, Result<T, StoreError>)> + Send + 'static,
{
    let revoker = Revoker::new(config);
    let ending = end(Arc::clone(config.shared()));
    let work = async move {
        let (ended, result) = ending.await;
        revoker.launches(&ended);
        result
    };
    let running = config.engine().spawn("logout", work);
    if running.is_refused() {
        // The application stops. Signing out still has to work.
        let (ended, result) = end(Arc::clone(config.shared())).await;
        Revoker::new(config).launches(&ended);
        return result;
    }
    running.await.unwrap_or(Err(StoreError::Unavailable))
}
