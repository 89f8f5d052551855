//! Bounds what requests that anybody can send write to the log: [`LogThrottle`], ten lines per place in ten seconds.

use std::{
    cmp::Ordering,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How many lines one place may write in [`TIME`].
const LINES: u32 = 10;
const TIME: Duration = Duration::from_secs(10);
/// How much is remembered of lines about one of several. Beyond that, a line counts for its place alone.
const MOST: usize = 256;

/// Logs at a level as `tracing` does, unless this place has written enough lately.
///
/// The first argument has a field `log_throttle`. A line that names a registered EHR has `ehr = …` first, without `%` or `?`: it
/// counts for that EHR, so that trouble at one keeps nothing of another out of the log. One that names what a stranger sent has
/// `ehr = ?…`, and counts for its place.
macro_rules! log_seldom {
    ($owner:expr, info, ehr = $ehr:expr, $($what:tt)+) => {{
        let ehr: &str = &$ehr;
        if $owner.log_throttle.is_due_quietly_about(concat!(file!(), ":", line!()), ehr) {
            tracing::info!(ehr, $($what)+);
        }
    }};
    ($owner:expr, $level:ident, ehr = $ehr:expr, $($what:tt)+) => {{
        let ehr: &str = &$ehr;
        if $owner.log_throttle.is_due_about(concat!(file!(), ":", line!()), ehr) {
            tracing::$level!(ehr, $($what)+);
        }
    }};
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

/// The level at which is said that lines are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loudness {
    Warn,
    Info,
}

#[derive(Debug)]
struct Said {
    place: &'static str,
    /// Empty where the place is enough.
    about: String,
    loudness: Loudness,
    since: Instant,
    lines: u32,
}

impl LogThrottle {
    /// Whether the line at this place is to be written. Before it is left out, that is said; afterwards how many were, with the next line
    /// that may be left out anywhere.
    pub(crate) fn is_due(&self, place: &'static str) -> bool {
        self.is_due_about(place, "")
    }

    /// The same for lines about one of several, which do not keep out those about another. Only what is registered: strangers must
    /// not make up names that are remembered here.
    pub(crate) fn is_due_about(&self, place: &'static str, about: &str) -> bool {
        self.is_due_or_said(place, about, Loudness::Warn)
    }

    /// As [`is_due`](Self::is_due), for a line that tells of nothing wrong: that there are many is nothing wrong either.
    pub(crate) fn is_due_quietly(&self, place: &'static str) -> bool {
        self.is_due_quietly_about(place, "")
    }

    /// The same for lines about one of several.
    pub(crate) fn is_due_quietly_about(&self, place: &'static str, about: &str) -> bool {
        self.is_due_or_said(place, about, Loudness::Info)
    }

    fn is_due_or_said(&self, place: &'static str, about: &str, loudness: Loudness) -> bool {
        self.is_due_at(place, about, loudness, Instant::now())
    }

    fn is_due_at(&self, place: &'static str, about: &str, loudness: Loudness, now: Instant) -> bool {
        let (due, over) = self.due_at(place, about, loudness, now);
        for said in over {
            said.say_how_many();
        }
        if due == Due::Last {
            let seconds = TIME.as_secs();
            match loudness {
                Loudness::Warn => {
                    tracing::warn!(
                        place,
                        about,
                        "the next line may repeat; repetitions are not logged for up to {seconds} s"
                    );
                }
                Loudness::Info => {
                    tracing::info!(
                        place,
                        about,
                        "the next line may repeat; repetitions are not logged for up to {seconds} s"
                    );
                }
            }
        }
        due != Due::No
    }

    /// Whether the line is due, and those who left lines out in a time that is over.
    fn due_at(&self, place: &'static str, about: &str, loudness: Loudness, now: Instant) -> (Due, Vec<Said>) {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let over = said.extract_if(.., |said| now.saturating_duration_since(said.since) >= TIME);
        let over = over.filter(|said| said.left_out() > 0).collect();
        // Whoever can name many registered EHRs makes no more of them be remembered.
        let is_known = said.iter().any(|said| said.place == place && said.about == about);
        let about = if is_known || said.len() < MOST { about } else { "" };
        let Some(known) = said.iter_mut().find(|said| said.place == place && said.about == about) else {
            said.push(Said {
                place,
                about: about.to_owned(),
                loudness,
                since: now,
                lines: 1,
            });
            return (Due::Yes, over);
        };
        known.lines = known.lines.saturating_add(1);
        let due = match known.lines.cmp(&LINES) {
            Ordering::Less => Due::Yes,
            Ordering::Equal => Due::Last,
            Ordering::Greater => Due::No,
        };
        (due, over)
    }
}

impl Said {
    const fn left_out(&self) -> u32 {
        self.lines.saturating_sub(LINES)
    }

    /// It is not part of what is done meanwhile, which may be about another request.
    fn say_how_many(&self) {
        let (place, about, left_out, seconds) = (self.place, self.about.as_str(), self.left_out(), TIME.as_secs());
        match self.loudness {
            Loudness::Warn => {
                tracing::warn!(parent: None, place, about, left_out, "repetitions were not logged within {seconds} s")
            }
            Loudness::Info => {
                tracing::info!(parent: None, place, about, left_out, "repetitions were not logged within {seconds} s")
            }
        }
    }
}

#[cfg(test)]
mod tests;
