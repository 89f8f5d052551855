//! Whether a request counts as a use of its launch: what its header says, and what the application says.

use actix_web::{
    HttpRequest,
    http::header::{HeaderMap, HeaderName},
};

use crate::store::LaunchUse;

/// The header with which a script says that nobody need be there: `Smart-Launch-Use: none`, in any case. The request then
/// does not count as a use of the launch, whatever the application says ([`LaunchUse`]).
///
/// Any other value is ignored: a request can only make itself count less.
///
/// ```js
/// setInterval(() => fetch("new-results", { headers: { "Smart-Launch-Use": "none" } }), 10_000);
/// ```
pub const LAUNCH_USE_HEADER: &str = "Smart-Launch-Use";

/// The same, as a header map finds it without parsing it each time.
static LAUNCH_USE: HeaderName = HeaderName::from_static("smart-launch-use");

/// What is known of a request when its launch is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// Whether it counts.
    Said(LaunchUse),
    /// The route has not been reached, and nobody remembers what it says. This is what the application has said on the
    /// way so far.
    NotYet(LaunchUse),
}

impl Word {
    /// What holds once the route is known.
    pub(super) fn of(request: &HttpRequest) -> Self {
        Self::Said(said(request))
    }

    /// How the launch is loaded. What is not known is counted afterwards: a use cannot be taken back.
    pub(super) const fn loads_as(self) -> LaunchUse {
        match self {
            Self::Said(launch_use) => launch_use,
            Self::NotYet(_) => LaunchUse::DoesNotCount,
        }
    }

    /// Whether somebody asks who could sign in.
    pub(super) const fn somebody_is_there(self) -> bool {
        match self {
            Self::Said(launch_use) | Self::NotYet(launch_use) => launch_use.counts(),
        }
    }
}

/// What the request itself says, else the innermost value of the application on the way so far.
pub(super) fn said(request: &HttpRequest) -> LaunchUse {
    if says_none(request.headers()) {
        return LaunchUse::DoesNotCount;
    }
    request.app_data::<LaunchUse>().copied().unwrap_or_default()
}

/// Whether the request itself says that it does not count.
pub(super) fn says_none(headers: &HeaderMap) -> bool {
    headers
        .get_all(&LAUNCH_USE)
        .any(|value| value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"none"))
}

#[cfg(test)]
mod tests;
