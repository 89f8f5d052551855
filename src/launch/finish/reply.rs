//! The answer to a callback: [`CallbackReply`].

use std::time::Duration;

use crate::{
    protocol::launch_id::LaunchId,
    store::{BrowserKey, CallbackOutcome},
};

/// When a callback whose work is not done is worth trying again.
const SOON: Duration = Duration::from_secs(5);

/// The answer to a callback.
#[derive(Debug, Clone)]
pub(crate) enum CallbackReply {
    /// It is finished, one way or the other; asking again gives the same.
    Finished {
        outcome: CallbackOutcome,
        /// With a launch that was opened just now.
        opened: Option<JustOpened>,
    },
    /// The sign-in is over, without a callback of which anything is known.
    Expired,
    /// Another callback of this sign-in came first, or it is not known any more how this one ended. Nothing was sent.
    Used {
        /// How the one ended that came first, where that is known.
        outcome: Option<Box<CallbackOutcome>>,
    },
    /// Nothing was consumed: the same callback may be tried again.
    TryAgain { why: NotYet, retry_after: Duration },
    /// The token store failed before anything was sent: the same callback may be tried again.
    StoreUnavailable,
    /// The EHR is not registered any more. Nothing was sent: once it is put back, the same callback opens the launch,
    /// if the EHR still accepts the code.
    NotOffered,
    /// The registration of the EHR is unavailable at the moment. Nothing was sent: the same callback may be tried again.
    RegistrationUnavailable,
    /// The application could not register itself at the EHR. Nothing was sent: the same callback may be tried again.
    RegistrationFailed { retry_after: Duration },
}

/// Why there is no answer to a callback yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotYet {
    /// The EHR, or what knows its registration, could not be reached, and the code was certainly not sent.
    EhrUnavailable,
    /// Too many token requests to the EHR are under way. The code was not sent.
    Busy,
    /// The application is busy with other launches of the EHR (`on_launch`). The code was not sent.
    ApplicationBusy,
    /// A signer of the application's key did not sign. The code was not sent.
    NotSigned,
    /// The code is being exchanged elsewhere, or the exchange has stopped: how it stands is in the store.
    StillExchanging,
}

/// What is only known of a launch when it is opened.
#[derive(Debug, Clone)]
pub(crate) struct JustOpened {
    /// The browser, as the launch has it.
    pub(crate) browser: BrowserKey,
    /// Launches whose cookies the browser needs no longer.
    pub(crate) forgotten: Vec<LaunchId>,
}

impl CallbackReply {
    pub(super) const fn finished(outcome: CallbackOutcome) -> Self {
        let opened = None;
        Self::Finished { outcome, opened }
    }

    pub(super) const fn try_again(why: NotYet) -> Self {
        let retry_after = SOON;
        Self::TryAgain { why, retry_after }
    }
}
