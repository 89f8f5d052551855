//! Bounds what requests that anybody can send write to the log: [`LogThrottle`], ten lines per place in ten seconds.

use std::{
    cmp::Ordering,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How many lines one place may write in [`TIME`].
const LINES: u32 = 10;
const TIME: Duration = Duration::from_secs(10);

/// Logs at a level as `tracing` does, unless this place has written enough lately.
///
/// The first argument has a field `log_throttle`.
macro_rules! log_seldom {
    ($owner:expr, info, $($what:tt)+) => {
        if $owner.log_throttle.is_due_quietly(concat!(file!(), ":", line!())) {
            tracing::info!($($what)+);
        }
    };
    ($owner:expr, $level:ident, $($what:tt)+) => {
        if $owner.log_throttle.is_due(concat!(file!(), ":", line!())) {
            tracing::$level!($($what)+);
        }
    };
}

pub(crate) use log_seldom;

/// How much each place in the code has written lately.
#[derive(Debug, Default)]
pub(crate) struct LogThrottle(Mutex<Vec<Said>>);

/// Whether a line is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Yes,
    /// Yes, and then no other for a while.
    Last,
    No,
}

#[derive(Debug)]
struct Said {
    place: &'static str,
    /// Empty where the place is enough.
    about: String,
    since: Instant,
    lines: u32,
}

impl LogThrottle {
    /// Whether the line at this place is to be written. Before it is left out, that is said.
    pub(crate) fn is_due(&self, place: &'static str) -> bool {
        self.is_due_about(place, "")
    }

    /// The same for lines about one of several, which do not keep out those about another. Only what is registered: strangers must
    /// not make up names that are remembered here.
    pub(crate) fn is_due_about(&self, place: &'static str, about: &str) -> bool {
        self.is_due_or_said(place, about, |seconds| {
            tracing::warn!(
                place,
                about,
                "the next line may repeat; repetitions are not logged for {seconds} s"
            );
        })
    }

    /// As [`is_due`](Self::is_due), for a line that tells of nothing wrong: that there are many is nothing wrong either.
    pub(crate) fn is_due_quietly(&self, place: &'static str) -> bool {
        self.is_due_quietly_about(place, "")
    }

    /// The same for lines about one of several.
    pub(crate) fn is_due_quietly_about(&self, place: &'static str, about: &'static str) -> bool {
        self.is_due_or_said(place, about, |seconds| {
            tracing::info!(
                place,
                about,
                "the next line may repeat; repetitions are not logged for {seconds} s"
            );
        })
    }

    fn is_due_or_said(&self, place: &'static str, about: &str, say: impl FnOnce(u64)) -> bool {
        let due = self.due_at(place, about, Instant::now());
        if due == Due::Last {
            say(TIME.as_secs());
        }
        due != Due::No
    }

    fn due_at(&self, place: &'static str, about: &str, now: Instant) -> Due {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.retain(|said| now.saturating_duration_since(said.since) < TIME);
        let Some(known) = said.iter_mut().find(|said| said.place == place && said.about == about) else {
            said.push(Said {
                place,
                about: about.to_owned(),
                since: now,
                lines: 1,
            });
            return Due::Yes;
        };
        known.lines = known.lines.saturating_add(1);
        match known.lines.cmp(&LINES) {
            Ordering::Less => Due::Yes,
            Ordering::Equal => Due::Last,
            Ordering::Greater => Due::No,
        }
    }
}

#[cfg(test)]
mod tests;
