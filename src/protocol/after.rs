//! The launch that a new one takes over from: [`After`].

use super::launch_id::LaunchId;

/// The launch of the page that the browser comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum After {
    /// This one.
    Launch(LaunchId),
    /// It is not known which: where there is one launch per browser, addresses do not say.
    Unknown,
}

impl After {
    const UNKNOWN: &str = "unknown";

    /// `unknown`, or a launch id. `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            Self::UNKNOWN => Some(Self::Unknown),
            id => LaunchId::parse(id).map(Self::Launch),
        }
    }

    /// As it stands in a launch address.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Launch(id) => id.as_str(),
            Self::Unknown => Self::UNKNOWN,
        }
    }
}
