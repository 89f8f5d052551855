//! Why a launch ended: [`EndReason`].

/// Why a launch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndReason {
    /// Somebody signed out.
    LoggedOut,
    /// The EHR refused the refresh token.
    RefreshRefused,
    /// The EHR refused the refresh token after an earlier answer to it had been lost.
    RefreshAnswerLost,
    /// The access token ran out and there was no refresh token.
    TokenExpired,
    /// A refresh named another patient.
    PatientChanged,
    /// A refresh named another user.
    UserChanged,
    /// Not used for too long.
    Idle,
    /// Open for too long.
    TooOld,
    /// Another user opened a launch in this browser.
    OtherUser,
    /// A newer launch took its place.
    Replaced,
    /// The browser had too many launches and this was unused the longest.
    Evicted,
    /// The registration of its EHR has another client id now; its credentials are gone.
    RegistrationChanged,
}

impl EndReason {
    /// Whether it ended because nobody was there, or because its time was over.
    pub(crate) const fn is_time_out(self) -> bool {
        matches!(self, Self::Idle | Self::TooOld)
    }

    /// Whether a person who opens a page of the launch may be sent to a new launch without being asked.
    ///
    /// Not after something that the person should read first.
    pub(crate) const fn may_relaunch(self) -> bool {
        !matches!(
            self,
            Self::LoggedOut | Self::PatientChanged | Self::UserChanged | Self::OtherUser | Self::Replaced
        )
    }
}
