//! How refreshing a launch goes: [`RefreshState`].

use crate::time::Timestamp;

/// How refreshing a launch goes: what the pace and the care for an unanswered refresh token need to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RefreshState {
    /// When the last refresh succeeded.
    pub last_success: Option<Timestamp>,
    /// Failures since then.
    pub failures: u32,
    /// No attempt before this moment.
    pub not_before: Option<Timestamp>,
    /// The present refresh token was sent at this moment and it is unknown whether the EHR processed it.
    pub unanswered_since: Option<Timestamp>,
    /// The present refresh token is being sent. Written before it is, and gone with what came of it: where it stays, the
    /// process that wrote it was stopped, or cannot reach the store.
    pub sent: Option<RefreshSent>,
    /// Why the last attempt failed.
    pub last_failure: Option<RefreshFailure>,
    /// At this moment the last attempt was refused in another form than OAuth's ([`RefreshFailure::Refused`]). A second time in
    /// a row, with an access token that was unusable both times, ends the launch. Absent in what versions wrote that did not
    /// count it.
    pub refused_at: Option<Timestamp>,
}

/// A refresh token on its way to the EHR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefreshSent {
    /// When this was noted; it is sent after that.
    pub at: Timestamp,
    /// Until when the answer may come.
    pub answer_until: Timestamp,
    /// Random: whose note it is.
    pub attempt: u64,
}

impl RefreshSent {
    /// A note of this moment. `attempt` is random, as two may be made in the same millisecond.
    #[must_use]
    pub const fn new(at: Timestamp, answer_until: Timestamp, attempt: u64) -> Self {
        Self {
            at,
            answer_until,
            attempt,
        }
    }
}

/// Why there is no new token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefreshFailure {
    /// The EHR could not be reached, or was too slow.
    EhrUnavailable,
    /// The EHR answered that it is in trouble or has too much to do.
    EhrTroubled,
    /// The EHR answered, and the answer cannot be used: a web page, a status that is none for tokens. The next one will hardly be
    /// better.
    UnusableAnswer,
    /// The EHR refused the refresh token in another form than OAuth's: with status 400 or 401 and a text, some other JSON or
    /// nothing.
    Refused,
    /// The EHR refuses this application's credentials. A matter of configuration, not of the launch.
    ClientRefused,
    /// The request could not be signed: a matter of the application's [`Signer`](crate::signer::Signer) or key. Nothing was sent to
    /// the EHR, and it has no part in it.
    NotSigned,
    /// The token store could not be reached.
    StoreUnavailable,
    /// Too many requests to this EHR are under way; nothing was sent.
    Busy,
    /// Nobody knows yet what the refresh came to. The request has waited long enough; or another process is refreshing the launch, or was
    /// stopped while it did. Also where the refresh panicked, or did not begin because the crate was shut down or its thread could not be
    /// started: the log says so.
    Unanswered,
    /// The EHR is not registered any more. It was not asked; putting it back mends it.
    NotOffered,
    /// The registration of the EHR is unavailable or cannot be used: a matter of the application's resolver. Or it has another
    /// client id than the launch began with, and a refresh was asked for before the token was due. The EHR was not asked.
    RegistrationUnavailable,
    /// The application could not register itself at the EHR
    /// ([`register_at_first_use`](crate::SmartConfigBuilder::register_at_first_use)); the log says why. The refresh token was not sent.
    RegistrationFailed,
}
