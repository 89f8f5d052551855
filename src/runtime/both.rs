//! Two things that are waited for at once: [`both`].

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

/// Waits for both, side by side: as long as the slower one takes, and not as long as one after the other.
pub(crate) async fn both<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut of_one, mut of_other) = (None, None);
    poll_fn(|cx| {
        if of_one.is_none()
            && let Poll::Ready(done) = one.as_mut().poll(cx)
        {
            of_one = Some(done);
        }
        if of_other.is_none()
            && let Poll::Ready(done) = other.as_mut().poll(cx)
        {
            of_other = Some(done);
        }
        match (of_one.take(), of_other.take()) {
            (Some(one), Some(other)) => Poll::Ready((one, other)),
            (one, other) => {
                (of_one, of_other) = (one, other);
                Poll::Pending
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, sleep};

    use super::both;

    #[tokio::test(start_paused = true)]
    async fn both_take_as_long_as_the_slower_one_whichever_that_is() {
        let after = async |seconds| {
            sleep(Duration::from_secs(seconds)).await;
            seconds
        };
        for (one, other) in [(2, 3), (3, 2), (3, 3), (0, 3), (3, 0)] {
            let began = Instant::now();
            assert_eq!(both(after(one), after(other)).await, (one, other));
            assert_eq!(began.elapsed().as_secs(), 3, "{one} {other}");
        }
    }
}
