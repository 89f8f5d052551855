//! A note in a store that somebody does something for all processes: [`Asking`].

use std::{
    future::{Future, poll_fn},
    pin::pin,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// How long a note lasts without being renewed: a process that dies holds the others up for so long.
pub(crate) const NOTE: Duration = Duration::from_secs(15);
/// How often it is renewed.
pub(crate) const RENEW: Duration = Duration::from_secs(5);

/// Somebody who asks the EHR, and until when nobody else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asking {
    pub(crate) by: [u8; 16],
    until: u64,
}

impl Asking {
    pub(crate) const fn new(by: [u8; 16], until: Timestamp) -> Self {
        Self {
            by,
            until: until.as_millis(),
        }
    }

    pub(crate) const fn until(self) -> Timestamp {
        Timestamp::from_millis(self.until)
    }

    /// Whether it holds, and is somebody else's. One that would last longer is of a time before the store's clock was set back.
    pub(crate) fn is_anothers(self, own: [u8; 16], now: Timestamp) -> bool {
        let lasts = now < self.until() && self.until().saturating_since(now) <= 2 * NOTE;
        lasts && self.by != own
    }
}

/// Does the work, and renews the note meanwhile. Side by side: a store that takes long must not keep the answer from being read.
pub(crate) async fn beside<T>(work: impl Future<Output = T>, renewing: impl Future<Output = ()>) -> T {
    let (mut work, mut renewing) = (pin!(work), pin!(renewing));
    let mut is_renewing = true;
    poll_fn(|cx| {
        let done = work.as_mut().poll(cx);
        if done.is_pending() && is_renewing {
            is_renewing = renewing.as_mut().poll(cx).is_pending();
        }
        done
    })
    .await
}
