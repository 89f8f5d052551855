//! How many requests a fault hits: [`Times`].

use serde::{Deserialize, Serialize};

/// How many requests a fault hits before it is gone. Written as `once`, `always` or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "WrittenTimes", into = "WrittenTimes")]
pub enum Times {
    /// The next request only.
    Once,
    /// The next so many requests.
    N(u32),
    /// All requests until [`clear_faults`](crate::sandbox::SandboxServer::clear_faults).
    Always,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "give `once`, `always` or a number")]
enum WrittenTimes {
    Number(u32),
    Word(TimesWord),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum TimesWord {
    Once,
    Always,
}

/// A fault that no request would meet.
#[derive(Debug, thiserror::Error)]
#[error("0 requests would meet no fault; give 1 or more, `once` or `always`")]
struct NoTimes;

impl TryFrom<WrittenTimes> for Times {
    type Error = NoTimes;

    fn try_from(written: WrittenTimes) -> Result<Self, NoTimes> {
        match written {
            WrittenTimes::Number(0) => Err(NoTimes),
            WrittenTimes::Number(count) => Ok(Self::N(count)),
            WrittenTimes::Word(TimesWord::Once) => Ok(Self::Once),
            WrittenTimes::Word(TimesWord::Always) => Ok(Self::Always),
        }
    }
}

impl From<Times> for WrittenTimes {
    fn from(times: Times) -> Self {
        match times {
            Times::N(count) => Self::Number(count),
            Times::Once => Self::Word(TimesWord::Once),
            Times::Always => Self::Word(TimesWord::Always),
        }
    }
}
