//! The body of a request, with an end to size and to waiting: [`read`].

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    time::Duration,
};

use actix_web::{
    body::{BodyStream, MessageBody},
    web,
};
use tokio::time::{Instant, timeout_at};

/// More than any request of a SMART client, and any description of one, needs.
const LARGEST: usize = 4 << 20;

/// How long a body may be on its way.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a body is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoBody {
    #[error("the body has more than 4 MiB; send less")]
    TooLarge,
    #[error("the body was not there within 30 seconds; send it at once")]
    TooSlow,
    #[error("the body ended before its end; send it again")]
    Broken,
}

/// A body that is not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unread {
    pub(super) why: NoBody,
    /// What had come of it.
    pub(super) came: Vec<u8>,
}

/// The whole body.
///
/// # Errors
/// When it has more than 4 MiB, is not there in time, or does not come to its end.
pub(super) async fn read(payload: web::Payload) -> Result<Vec<u8>, Unread> {
    within(PATIENCE, pin!(BodyStream::new(payload))).await
}

async fn within(patience: Duration, mut body: Pin<&mut impl MessageBody>) -> Result<Vec<u8>, Unread> {
    let deadline = Instant::now() + patience;
    let mut came = Vec::new();
    loop {
        let next = poll_fn(|cx| body.as_mut().poll_next(cx));
        let why = match timeout_at(deadline, next).await {
            Ok(None) => return Ok(came),
            Ok(Some(Ok(bytes))) if came.len() + bytes.len() <= LARGEST => {
                came.extend_from_slice(&bytes);
                continue;
            }
            Ok(Some(Ok(_))) => NoBody::TooLarge,
            Ok(Some(Err(_))) => NoBody::Broken,
            Err(_) => NoBody::TooSlow,
        };
        return Err(Unread { why, came });
    }
}

impl NoBody {
    pub(super) const fn status(self) -> u16 {
        match self {
            Self::TooLarge => 413,
            Self::TooSlow => 408,
            Self::Broken => 400,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll};

    use actix_web::{body::BodySize, web::Bytes};

    use super::*;

    /// These chunks, and then the end, a break or nothing.
    struct Chunks {
        chunks: Vec<usize>,
        end: Poll<Option<Result<Bytes, &'static str>>>,
    }

    impl MessageBody for Chunks {
        type Error = &'static str;

        fn size(&self) -> BodySize {
            BodySize::Stream
        }

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, &'static str>>> {
            match self.chunks.pop() {
                Some(size) => Poll::Ready(Some(Ok(Bytes::from(vec![b'a'; size])))),
                None => self.end.clone(),
            }
        }
    }

    #[actix_web::test]
    async fn a_body_is_waited_for_until_it_is_too_large_or_broken_or_late_and_what_came_is_kept() {
        let whole = || Poll::Ready(None);
        let broken = || Poll::Ready(Some(Err("broken")));
        for (chunks, end, expected) in [
            (vec![3], whole(), Ok(3)),
            (vec![], whole(), Ok(0)),
            (vec![1, LARGEST - 1], whole(), Ok(LARGEST)),
            (vec![2, LARGEST - 1], whole(), Err((NoBody::TooLarge, LARGEST - 1))),
            (vec![3], broken(), Err((NoBody::Broken, 3))),
            (vec![3], Poll::Pending, Err((NoBody::TooSlow, 3))),
        ] {
            let body = Chunks { chunks, end };
            let read = within(Duration::ZERO, pin!(body)).await;
            let seen = read.map(|body| body.len());
            assert_eq!(seen.map_err(|unread| (unread.why, unread.came.len())), expected);
        }
    }
}
