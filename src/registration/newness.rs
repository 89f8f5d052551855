//! Whether a request has made the client that its answer names, or the server has given one again that it had: [`Answered`].

use std::time::Duration;

use crate::{runtime::Runtime, time::Timestamp};

/// How far the server's clock and ours may differ.
const CLOCKS: Duration = Duration::from_secs(60);

/// When a registration was asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked(Timestamp);

/// When one was asked for, and when the answer was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answered {
    asked: Timestamp,
    there: Timestamp,
}

impl Asked {
    pub(super) fn now(runtime: &Runtime) -> Self {
        Self(latest(runtime))
    }

    pub(super) fn answered(self, runtime: &Runtime) -> Answered {
        Answered {
            asked: self.0,
            there: latest(runtime),
        }
    }
}

impl Answered {
    /// Whether a client of this age (`client_id_issued_at`; RFC 7591, section 3.2.1) was made by the request. One of which the server
    /// does not say it may be older, and one of the future is of a clock that says nothing.
    pub(super) fn made_one_of(self, issued_at: Option<Timestamp>) -> bool {
        issued_at.is_some_and(|at| at.saturating_add(CLOCKS) >= self.asked && at <= self.there.saturating_add(CLOCKS))
    }
}

/// Where our clocks differ, the later one: by the earlier one, a client that is older than the request could pass for new. At the end
/// of the request too, so that the end does not come before the beginning.
fn latest(runtime: &Runtime) -> Timestamp {
    runtime.wall_clock().max(runtime.now())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn a_client_is_new_from_a_minute_before_the_request_to_a_minute_after_the_answer() {
        let answered = Answered {
            asked: at(1_000),
            there: at(1_010),
        };
        for (issued_at, is_new) in [(939, false), (940, true), (1_000, true), (1_070, true), (1_071, false)] {
            assert_eq!(answered.made_one_of(Some(at(issued_at))), is_new, "{issued_at}");
        }
    }

    #[test]
    fn a_client_whose_age_is_not_said_is_not_new() {
        let answered = Answered {
            asked: at(1_000),
            there: at(1_000),
        };
        assert!(!answered.made_one_of(None));
    }
}
