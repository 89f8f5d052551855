//! What a sealed value is: [`SealedKind`].

/// What a sealed value is. One of another kind does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealedKind {
    /// A [`PendingRecord`](crate::store::PendingRecord).
    Pending,
    /// A [`CallbackOutcome`](crate::store::CallbackOutcome).
    Outcome,
    /// A [`LaunchRecord`](crate::store::LaunchRecord).
    Launch,
    /// An [`EndedLaunch`](crate::store::EndedLaunch).
    Ended,
    /// What is left of a sign-in in its cookie when its callback has been answered.
    UsedSignIn,
    /// The id of a launch whose cookie a browser has.
    LaunchCookie,
    /// A [`PendingAuthorization`](crate::PendingAuthorization).
    PendingAuthorization,
    /// An [`Authorized`](crate::Authorized).
    Authorized,
    /// Where a browser signs out at an EHR.
    EhrSignOut,
    /// A value that belongs to no browser: an access token of the application's own.
    Value,
    /// A [`ClientRegistration`](crate::registration::ClientRegistration).
    ClientRegistration,
}

impl SealedKind {
    /// Stored numbers: they never change.
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Pending => 1,
            Self::Outcome => 2,
            Self::Launch => 3,
            Self::Ended => 4,
            Self::UsedSignIn => 5,
            Self::LaunchCookie => 6,
            Self::PendingAuthorization => 7,
            Self::Authorized => 8,
            Self::EhrSignOut => 9,
            Self::Value => 10,
            Self::ClientRegistration => 11,
        }
    }
}
