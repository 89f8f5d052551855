//! Work of a store that has to go on: [`unbroken`].

use std::{future::Future, time::Duration};

/// Before it begins anew.
const PAUSE: Duration = Duration::from_secs(1);

/// Does the work, and begins it anew where it panics: a mistake, ours or a library's, is not to keep the store away until the process
/// is started again. Ends with the work.
pub(super) async fn unbroken<F>(name: &'static str, work: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    while tokio::spawn(work()).await.is_err_and(|error| error.is_panic()) {
        tracing::error!(
            work = name,
            "the token store's work in the background has panicked, and begins anew; please report it as a bug, with what was written before"
        );
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    };

    use super::*;
    use crate::transport::captured_logs::capture_logs;

    #[test]
    fn what_panics_begins_anew_until_it_ends_and_the_log_says_so() {
        let begun = Arc::new(AtomicUsize::new(0));
        let work = || {
            let begun = begun.fetch_add(1, Relaxed);
            async move { assert!(begun == 2, "this is what a test wants") }
        };
        let logged = capture_logs(tracing::Level::ERROR, || {
            let paused = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build();
            paused.unwrap().block_on(unbroken("a test", work));
        });
        assert_eq!(begun.load(Relaxed), 3);
        assert_eq!(logged.matches("begins anew").count(), 2, "{logged}");
    }
}
