//! When sending begins, and the two time limits on either side of that: [`in_time`].

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use tokio::time::{Instant, timeout, timeout_at};

use crate::protocol::{http::HttpRequest, transport_error::TransportError};

/// When sending begins.
pub(crate) struct Start {
    /// After this nothing is sent: nobody would wait for the answer, or it must not be sent any more. A process that was
    /// stopped for a while finds a connection that stands, and a time-out that has not been noticed yet.
    latest: Instant,
    /// Whether it began, so that something may have reached the server.
    began: AtomicBool,
}

/// It is too late to send.
#[derive(Debug, thiserror::Error)]
#[error("the time to connect had passed")]
pub(crate) struct TooLate;

impl Start {
    /// To be asked when the connection stands, before anything is written.
    ///
    /// # Errors
    ///
    /// [`TooLate`] when nothing may be sent any more.
    pub(crate) fn begin(&self) -> Result<(), TooLate> {
        if !self.began() && Instant::now() > self.latest {
            return Err(TooLate);
        }
        self.began.store(true, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn began(&self) -> bool {
        self.began.load(Ordering::Relaxed)
    }
}

/// Connects within `connect_timeout` and not after [`HttpRequest::not_after`], then lets the request be sent and the answer be
/// read within [`HttpRequest::timeout`].
///
/// `send` connects, asks [`Start::begin`], and does the rest: to the end of the answer, or of its head.
pub(crate) async fn in_time<F, T>(
    connect_timeout: Duration,
    request: HttpRequest,
    send: impl FnOnce(HttpRequest, Arc<Start>) -> F,
) -> Result<T, TransportError>
where
    F: Future<Output = Result<T, TransportError>>,
{
    let limit = request.timeout;
    let now = Instant::now();
    let connected_by = now + connect_timeout.min(limit);
    let not_after = request.not_after.map(Instant::from_std);
    let latest = not_after.map_or(connected_by, |moment| moment.min(connected_by));
    // It has waited for its turn, for as long as this thread or this process was stopped.
    if latest < now {
        return Err(TransportError::ConnectTimeout);
    }
    let start = Arc::new(Start {
        latest,
        began: AtomicBool::new(false),
    });
    let mut answer = pin!(send(request, Arc::clone(&start)));

    // Until the connection stands nothing has been sent. That decides whether a token request may be repeated, so it
    // has a limit and an error of its own.
    let connecting = poll_fn(|cx| match answer.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending if start.began() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    });
    match timeout_at(latest, connecting).await {
        Ok(Some(result)) => return result,
        Ok(None) => {}
        Err(_) => return Err(TransportError::ConnectTimeout),
    }

    timeout(limit, answer).await.unwrap_or(Err(TransportError::Timeout))
}
