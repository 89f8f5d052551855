//! Who is told of launches that open and end: [`LaunchWatch`].

use std::fmt;

use crate::store::{
    BrowserKey, EndReason, EndedLaunch, EndedLaunches, LaunchKey, LaunchKind, LaunchRecord, OthersOnOpen,
};

/// Is told of launches that open and end, where the store says so. Must not wait.
pub(crate) trait LaunchWatch: Send + Sync + fmt::Debug {
    /// One was opened at this EHR. It may be ended again before anybody has it.
    fn opened(&self, ehr: &str, kind: LaunchKind);

    /// These have ended now, each for its reason.
    fn ended(&self, ended: &EndedLaunches, reason: &dyn Fn(&LaunchRecord) -> EndReason);

    /// A launch was found to have run out. Told each time that it is found.
    fn found_ended(&self, key: LaunchKey, ended: &EndedLaunch);
}

/// Why a launch ended when one of `user` was opened in `browser`. One of another browser made room for it.
pub(super) fn reason_beside(
    others: OthersOnOpen,
    (browser, user): (BrowserKey, Option<[u8; 32]>),
    ended: &LaunchRecord,
) -> EndReason {
    match others {
        _ if ended.browser != browser => EndReason::Evicted,
        OthersOnOpen::EndAll => EndReason::Replaced,
        OthersOnOpen::EndOtherUsers if user.is_some() && ended.user.is_some() && user != ended.user => {
            EndReason::OtherUser
        }
        OthersOnOpen::EndOtherUsers | OthersOnOpen::Keep => EndReason::Evicted,
    }
}

#[cfg(test)]
mod tests;
