//! [`UnusableLaunch`]: a launch that was asked for and cannot be used.

use crate::{
    launch::session::SmartSession,
    protocol::{after::After, launch_id::LaunchId},
    store::{BrowserKey, EndedLaunch, LaunchKind, LaunchRecord},
};

/// The launch that a request named, and that is not open, has no usable token, or is not proved to be this browser's.
pub(crate) struct UnusableLaunch {
    /// What a new launch takes over from. `None` where the request brought no cookie of it.
    pub(crate) after: Option<After>,
    /// How it began. Where its record does not say so, its id does.
    pub(crate) began: LaunchKind,
    /// `None` when the store does not know it any more, or the request does not prove it.
    pub(crate) known: Option<KnownLaunch>,
}

/// What the store knows of it.
pub(crate) struct KnownLaunch {
    /// The key of its EHR registration.
    pub(crate) ehr: String,
    /// The browser that it was opened in.
    pub(crate) browser: BrowserKey,
}

impl UnusableLaunch {
    /// One that the store has, and the request proves.
    pub(crate) fn of_record(id: LaunchId, record: &LaunchRecord) -> Self {
        let known = KnownLaunch {
            ehr: record.origin.ehr.clone(),
            browser: record.browser,
        };
        Self::known(id, record.kind, known)
    }

    /// The same of one that has ended.
    pub(crate) fn of_ended(id: LaunchId, ended: &EndedLaunch) -> Self {
        let known = KnownLaunch {
            ehr: ended.ehr.clone(),
            browser: ended.browser,
        };
        Self::known(id, ended.kind, known)
    }

    /// The one of a session.
    pub(crate) fn of_session(session: &SmartSession) -> Self {
        Self::of_record(session.launch_id().clone(), session.record())
    }

    fn known(id: LaunchId, began: LaunchKind, known: KnownLaunch) -> Self {
        Self {
            after: Some(After::Launch(id)),
            began,
            known: Some(known),
        }
    }

    /// One that a cookie names, of which nothing else is known.
    pub(crate) fn unknown(id: LaunchId) -> Self {
        Self {
            began: id.says_it_began(),
            after: Some(After::Launch(id)),
            known: None,
        }
    }

    /// One that an address names, without a cookie.
    pub(crate) fn without_cookie(id: &LaunchId) -> Self {
        Self {
            began: id.says_it_began(),
            after: None,
            known: None,
        }
    }
}
