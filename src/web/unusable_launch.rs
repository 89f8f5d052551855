//! [`UnusableLaunch`]: a launch that was asked for and cannot be used.

use crate::{
    protocol::launch_id::LaunchId,
    store::{BrowserKey, EndedLaunch, LaunchKind, LaunchRecord},
};

/// The launch that a request named, with a cookie of it, and that is not open or has no usable token.
pub(crate) struct UnusableLaunch {
    pub(crate) id: LaunchId,
    /// `None` when the store does not know it any more.
    pub(crate) known: Option<KnownLaunch>,
}

/// What is known of it.
pub(crate) struct KnownLaunch {
    /// How it began.
    pub(crate) kind: LaunchKind,
    /// The key of its EHR registration.
    pub(crate) ehr: String,
    /// The browser that it was opened in.
    pub(crate) browser: BrowserKey,
}

impl From<&LaunchRecord> for KnownLaunch {
    fn from(record: &LaunchRecord) -> Self {
        Self {
            kind: record.kind,
            ehr: record.origin.ehr.clone(),
            browser: record.browser,
        }
    }
}

impl From<&EndedLaunch> for KnownLaunch {
    fn from(ended: &EndedLaunch) -> Self {
        Self {
            kind: ended.kind,
            ehr: ended.ehr.clone(),
            browser: ended.browser,
        }
    }
}
