//! Whose turn it is: runs share the machine, and some of them measure.

use std::sync::{Arc, Weak};

use tokio::sync::{Mutex, MutexGuard};

/// Over when it is dropped.
type Turn = MutexGuard<'static, ()>;

static STAGE: Mutex<()> = Mutex::const_new(());
static SHARED: Mutex<Weak<Turn>> = Mutex::const_new(Weak::new());

/// For a run that keeps the cores busy, or measures: no other one is under way.
pub(crate) async fn alone() -> Turn {
    STAGE.lock().await
}

/// For a run that waits most of the time: none is under way but others of that kind.
pub(crate) async fn with_others_that_wait() -> Arc<Turn> {
    let mut shared = SHARED.lock().await;
    if let Some(turn) = shared.upgrade() {
        return turn;
    }
    let turn = Arc::new(STAGE.lock().await);
    *shared = Arc::downgrade(&turn);
    turn
}
