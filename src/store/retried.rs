//! Patience with a store, for what exists nowhere else.

use std::{future::Future, time::Duration};

use super::{StoreError, store_access::StoreAccess};
use crate::strangers::log_seldom;

/// How long an operation is tried, about.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

impl StoreAccess {
    /// Tries an operation for half a minute, where trying again may help.
    pub(crate) async fn retried<T, F, Fut>(&self, mut operation: F) -> Result<T, StoreError>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, StoreError>>,
    {
        let mut pause = Duration::from_millis(100);
        loop {
            match operation().await {
                Err(error) if may_pass(error) && pause < PATIENCE / 2 => {
                    log_seldom!(self, warn, %error, "the token store failed; trying again");
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                result => return result,
            }
        }
    }
}

const fn may_pass(error: StoreError) -> bool {
    matches!(error, StoreError::Unavailable | StoreError::Full | StoreError::ReadOnly)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        store::{StoreRules, TokenStore},
        time::SystemClock,
        transport::captured_logs::capture_logs,
    };

    fn access() -> StoreAccess {
        StoreAccess::new(TokenStore::memory(), StoreRules::default(), Arc::new(SystemClock))
    }

    fn on_a_paused_clock<T>(work: impl Future<Output = T>) -> T {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(work)
    }

    #[test]
    fn an_operation_is_tried_for_half_a_minute_and_only_where_that_may_help() {
        on_a_paused_clock(async {
            let store = access();
            for (error, seconds) in [(StoreError::Unavailable, 25), (StoreError::Refused, 0)] {
                let began = tokio::time::Instant::now();
                let result: Result<(), _> = store.retried(|| std::future::ready(Err(error))).await;
                assert_eq!(result, Err(error));
                assert_eq!(began.elapsed().as_secs(), seconds);
            }
        });
    }

    #[test]
    fn however_many_operations_fail_the_log_has_a_few_lines() {
        let logged = capture_logs(tracing::Level::WARN, || {
            on_a_paused_clock(async {
                let store = access();
                let all = (0..100).map(|_| async {
                    let failing = || std::future::ready(Err::<(), _>(StoreError::Unavailable));
                    store.retried(failing).await
                });
                for one in all {
                    assert!(one.await.is_err());
                }
            });
        });
        assert_eq!(logged.matches("trying again").count(), 10, "{logged}");
    }
}
