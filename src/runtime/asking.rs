//! A note in a store that somebody does something for all processes: [`Asking`], and [`HeldNote`] for the one who does it.

mod held_note;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(crate) use self::held_note::{HeldNote, Noted};
use crate::time::Timestamp;

/// How long a note lasts without being renewed: a process that dies holds the others up for so long.
const NOTE: Duration = Duration::from_secs(15);
/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(5);
/// How often one that waits for another process looks again.
pub(crate) const LOOK: Duration = Duration::from_millis(200);
/// How long one waits for another process beyond the time that its work has: that one may have died.
pub(crate) const BEYOND: Duration = Duration::from_secs(20);
/// How long a store is asked again that does not answer, refuses a note, or says that others have written.
pub(crate) const STORE: Duration = Duration::from_secs(2);

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
