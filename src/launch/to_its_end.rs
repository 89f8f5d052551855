//! Ending launches where nobody breaks it off.
//!
//! Actix drops the request when the browser closes. What the store hands out then exists nowhere else, and nobody would be told that a
//! launch has ended.

use std::{future::Future, sync::Arc};

use tracing::{Instrument as _, Span};

use crate::{runtime::Runtime, store::StoreError};

/// Runs `work` on the engine, to its end, whether or not anybody waits for it; here, where the application stops and the engine takes
/// nothing more.
pub(super) async fn to_its_end<T, Fut>(
    runtime: &Arc<Runtime>,
    name: &'static str,
    work: impl Fn(Arc<Runtime>) -> Fut,
) -> Result<T, StoreError>
where
    T: Send + 'static,
    Fut: Future<Output = Result<T, StoreError>> + Send + 'static,
{
    // What it logs is still about this request.
    let on_engine = work(Arc::clone(runtime)).instrument(Span::current());
    let running = runtime.engine.spawn(name, on_engine);
    if running.is_refused() {
        return work(Arc::clone(runtime)).await;
    }
    running.await.unwrap_or(Err(StoreError::Unavailable))
}
