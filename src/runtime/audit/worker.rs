//! The thread that hands events to the sink. It runs while there are some: the sink is the application's code, and may block.

use std::{sync::Arc, thread, time::Duration};

use tokio::{runtime::Builder, time::timeout};

use super::queue::{BATCH, Queue};
use crate::{
    audit::{AuditError, AuditEvent, AuditSink},
    log_throttle::log_seldom,
};

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(30);
/// How long is waited after the first failure, and at most.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How long the thread stays when there is nothing to write.
const IDLE: Duration = Duration::from_secs(10);

/// Starts the thread, unless it runs or has nothing to do.
pub(super) fn start(queue: &Arc<Queue>, sink: &Arc<dyn AuditSink>) {
    if !queue.serve() {
        return;
    }
    let (serving, sink) = (Arc::clone(queue), Arc::clone(sink));
    let log = tracing::dispatcher::get_default(Clone::clone);
    let started = thread::Builder::new()
        .name("smart-auth-audit".to_owned())
        .spawn(move || {
            tracing::dispatcher::with_default(&log, || run(&serving, &sink));
        });
    if let Err(error) = started {
        log_seldom!(queue, error, %error, "the thread for audit events could not be started; it is tried again with the next one");
        queue.abandon();
    }
}

fn run(queue: &Arc<Queue>, sink: &Arc<dyn AuditSink>) {
    match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            runtime.block_on(serve(queue, sink));
            // Does not wait for what the sink has left behind.
            runtime.shutdown_background();
        }
        Err(error) => {
            log_seldom!(queue, error, %error, "the thread for audit events has no runtime; it is tried again with the next one");
            queue.abandon();
        }
    }
}

async fn serve(queue: &Queue, sink: &Arc<dyn AuditSink>) {
    // How many are tried one by one, as the sink has refused them together.
    let mut alone: usize = 0;
    let mut wait = FIRST_WAIT;
    loop {
        let events = queue.oldest(if alone > 0 { 1 } else { BATCH });
        if events.is_empty() {
            if timeout(IDLE, queue.wake.notified()).await.is_err() && queue.is_done() {
                return;
            }
            if queue.is_closed() && queue.is_done() {
                return;
            }
            continue;
        }
        match attempt(sink, &events).await {
            Ok(()) => {
                queue.written(events.len());
                alone = alone.saturating_sub(events.len());
                wait = FIRST_WAIT;
            }
            // Which of them it is shows one by one.
            Err(AuditError::Refused) if events.len() > 1 => alone = events.len(),
            Err(AuditError::Refused) => {
                queue.refused();
                alone = alone.saturating_sub(1);
                wait = FIRST_WAIT;
            }
            Err(AuditError::Unavailable) => {
                queue.failed();
                if queue.is_closed() {
                    queue.give_up();
                    return;
                }
                wait = if queue.pause(wait).await {
                    FIRST_WAIT
                } else {
                    wait.saturating_mul(2).min(LONGEST_WAIT)
                };
            }
        }
    }
}

/// One attempt. A sink that panics takes nothing.
async fn attempt(sink: &Arc<dyn AuditSink>, events: &Arc<[AuditEvent]>) -> Result<(), AuditError> {
    let (sink, events) = (Arc::clone(sink), Arc::clone(events));
    let mut writing = tokio::spawn(async move { sink.write(&events).await });
    match timeout(ATTEMPT, &mut writing).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => {
            tracing::error!("the audit sink panicked; the message is on standard error");
            Err(AuditError::Unavailable)
        }
        Err(_) => {
            writing.abort();
            tracing::error!(
                seconds = ATTEMPT.as_secs(),
                "the audit sink did not answer in the time that it has"
            );
            Err(AuditError::Unavailable)
        }
    }
}
