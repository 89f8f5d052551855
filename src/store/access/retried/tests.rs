use std::sync::Arc;

use tokio::task::JoinSet;

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
fn an_operation_is_tried_for_its_time_and_only_where_that_may_help() {
    on_a_paused_clock(async {
        let store = access();
        for (error, long, brief) in [
            (StoreError::Unavailable, 299, 29),
            (StoreError::Full, 299, 29),
            (StoreError::ReadOnly, 299, 29),
            (StoreError::Refused, 299, 29),
            (StoreError::Schema, 299, 29),
            (StoreError::UnknownKey, 0, 0),
            (StoreError::Unreadable, 0, 0),
        ] {
            let began = tokio::time::Instant::now();
            let result: Result<(), _> = store.retried(|| std::future::ready(Err(error))).await;
            assert_eq!((result, began.elapsed().as_secs()), (Err(error), long));
            let began = tokio::time::Instant::now();
            let result: Result<(), _> = store.retried_briefly(|| std::future::ready(Err(error))).await;
            assert_eq!((result, began.elapsed().as_secs()), (Err(error), brief));
        }
    });
}

#[test]
fn however_many_operations_fail_the_log_has_a_few_lines() {
    let logged = capture_logs(tracing::Level::WARN, || {
        on_a_paused_clock(async {
            let store = Arc::new(access());
            // At once, as after the start of an outage. And soon: lines are counted by the real time, in ten seconds.
            let mut all = JoinSet::new();
            for _ in 0..20 {
                let store = Arc::clone(&store);
                all.spawn(async move {
                    let failing = || std::future::ready(Err::<(), _>(StoreError::Unavailable));
                    store.retried(failing).await
                });
            }
            for result in all.join_all().await {
                assert!(result.is_err());
            }
        });
    });
    assert_eq!(logged.matches("trying again").count(), 10, "{logged}");
}
