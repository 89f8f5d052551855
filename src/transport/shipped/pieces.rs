//! From the thread that reads a body to whoever wants it: [`Outlet`], [`pieces`].

use std::{
    future::{Future, poll_fn},
    ops::ControlFlow,
    pin::pin,
    task::Poll,
    time::Duration,
};

use tokio::{sync::mpsc, time::timeout};

use crate::{
    protocol::transport_error::TransportError,
    transport::body_stream::{BodySource, PieceFuture, content_length},
};

/// How many pieces wait for their reader. No more is read from the connection meanwhile.
const WAITING: usize = 4;

/// What goes through the channel. A channel that closes without an end was cut off.
enum Sent {
    Piece(Vec<u8>),
    Failed(TransportError),
    End,
}

/// Where the pieces of one body go in.
pub(crate) struct Outlet {
    sender: mpsc::Sender<Sent>,
    /// For each piece.
    limit: Duration,
    /// How many bytes are still to come, where the answer says that.
    missing: Option<u64>,
}

/// Where they come out.
pub(crate) struct Inlet(mpsc::Receiver<Sent>);

/// Both ends for an answer with this `Content-Length`, of which each piece may take so long.
pub(crate) fn pieces(announced: Option<&str>, limit: Duration) -> (Outlet, Inlet) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let outlet = Outlet {
        sender,
        limit,
        missing: content_length(announced),
    };
    (outlet, Inlet(receiver))
}

impl Outlet {
    /// Waits for a piece and hands it on. [`ControlFlow::Break`]: it was the last, or nobody wants any more.
    pub(crate) async fn pass<B: AsRef<[u8]>>(
        &mut self,
        next: impl Future<Output = Option<Result<B, TransportError>>>,
    ) -> ControlFlow<()> {
        let next = match self.unless_unwanted(timeout(self.limit, next)).await {
            None => return ControlFlow::Break(()),
            Some(Err(_)) => Some(Err(TransportError::Timeout)),
            Some(Ok(next)) => next,
        };
        let sent = match next {
            Some(Ok(piece)) if piece.as_ref().is_empty() => return ControlFlow::Continue(()),
            Some(Ok(piece)) => {
                let length = u64::try_from(piece.as_ref().len()).unwrap_or(u64::MAX);
                self.missing = self.missing.map(|missing| missing.saturating_sub(length));
                Sent::Piece(piece.as_ref().to_vec())
            }
            Some(Err(error)) => Sent::Failed(error),
            None if self.missing.is_some_and(|missing| missing > 0) => Sent::Failed(TransportError::Disconnected),
            None => Sent::End,
        };
        let goes_on = matches!(sent, Sent::Piece(_));
        match self.sender.send(sent).await {
            Ok(()) if goes_on => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }

    /// What comes of `future`, or `None` as soon as the reader is gone.
    async fn unless_unwanted<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let mut gone = pin!(self.sender.closed());
        let mut future = pin!(future);
        poll_fn(|cx| match gone.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => future.as_mut().poll(cx).map(Some),
        })
        .await
    }
}

impl BodySource for Inlet {
    fn next(&mut self) -> PieceFuture<'_> {
        Box::pin(async move {
            match self.0.recv().await {
                Some(Sent::Piece(piece)) => Some(Ok(piece)),
                Some(Sent::Failed(error)) => Some(Err(error)),
                Some(Sent::End) => None,
                // The engine ended, or the task that read.
                None => Some(Err(TransportError::Disconnected)),
            }
        })
    }
}
