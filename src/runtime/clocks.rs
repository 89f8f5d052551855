//! Whether this machine's clock agrees with the EHR's: [`Clocks`].

use std::time::Duration;

use crate::{protocol::http::HttpResponse, time::Timestamp};

/// A difference of the clocks that is worth a word, in seconds. `Date` has whole seconds, and an answer takes some.
const CLOCKS_DIFFER: u64 = 5;

/// How the EHR's clock stands to this machine's, by the `Date` of an answer. It matters: assertions live for minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clocks {
    /// The answer does not say it.
    Unknown,
    Agree,
    /// The EHR's is ahead by so many seconds.
    Ahead(u64),
    /// The EHR's is behind by so many seconds.
    Behind(u64),
}

impl Clocks {
    pub(crate) fn compare(response: &HttpResponse, now: Timestamp) -> Self {
        Self::of_date(response.header("date"), now)
    }

    /// The same of the header alone.
    pub(crate) fn of_date(date: Option<&str>, now: Timestamp) -> Self {
        let Some(at) = date.and_then(|date| httpdate::parse_http_date(date.trim()).ok()) else {
            return Self::Unknown;
        };
        let theirs = Timestamp::from(at);
        let (ahead, behind) = (
            theirs.saturating_since(now).as_secs(),
            now.saturating_since(theirs).as_secs(),
        );
        if ahead > CLOCKS_DIFFER {
            Self::Ahead(ahead)
        } else if behind > CLOCKS_DIFFER {
            Self::Behind(behind)
        } else {
            Self::Agree
        }
    }

    /// By how much they differ; zero where that is not worth a word or not known.
    pub(crate) const fn apart(self) -> Duration {
        match self {
            Self::Ahead(seconds) | Self::Behind(seconds) => Duration::from_secs(seconds),
            Self::Agree | Self::Unknown => Duration::ZERO,
        }
    }

    /// By how much they differ, in words.
    pub(crate) fn difference(self) -> Option<String> {
        match self {
            Self::Ahead(seconds) => Some(format!("the EHR's clock is {seconds} s ahead of this machine's")),
            Self::Behind(seconds) => Some(format!("the EHR's clock is {seconds} s behind this machine's")),
            Self::Agree | Self::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests;
