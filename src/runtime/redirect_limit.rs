//! Breaks redirect loops: how often a browser was sent to the launch without being asked.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{store::BrowserKey, time::Timestamp};

const MINUTE: Duration = Duration::from_secs(60);
/// Browsers remembered at most. Past it the memory of all is dropped: one more redirect each.
const BROWSERS: usize = 10_000;

/// The redirects of the last minute, by browser. Of this process: several processes allow a few more.
#[derive(Debug, Default)]
pub(crate) struct RedirectLimit(Mutex<HashMap<BrowserKey, Vec<Timestamp>>>);

impl RedirectLimit {
    /// Whether one more is allowed; if so it is counted.
    pub(crate) fn allow(&self, browser: BrowserKey, per_minute: usize, now: Timestamp) -> bool {
        let mut browsers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if browsers.len() >= BROWSERS && !browsers.contains_key(&browser) {
            browsers.retain(|_, times| times.iter().any(|time| now.saturating_since(*time) < MINUTE));
            if browsers.len() >= BROWSERS {
                browsers.clear();
            }
        }
        let times = browsers.entry(browser).or_default();
        times.retain(|time| now.saturating_since(*time) < MINUTE);
        let allowed = times.len() < per_minute;
        if allowed {
            times.push(now);
        }
        allowed
    }
}

#[cfg(test)]
mod tests;
