//! The names that variants have in stored records: [`StoredName`].
//!
//! Names never change. A new variant gets a name here and is then written and read everywhere: in the forms of `v1`, and
//! where Redis keeps a reason in clear. (The scripts there write five reasons by themselves.)

use crate::store::{CredentialKind, EndReason, EndpointsSource, FailedCallbackKind, LaunchKind, RefreshFailure};

/// An enum of the records whose variants are stored by name.
pub(in crate::store) trait StoredName: Copy {
    /// The name of this variant.
    fn stored_name(self) -> &'static str;

    /// The variant with this name.
    fn from_stored_name(name: &str) -> Option<Self>;
}

macro_rules! stored_names {
    ($record:ident { $($variant:ident = $name:literal,)+ }) => {
        impl $record {
            /// The name that records, audit events and metrics have for it. It never changes.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        impl StoredName for $record {
            fn stored_name(self) -> &'static str {
                self.name()
            }

            fn from_stored_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

stored_names!(EndpointsSource {
    Metadata = "metadata",
    Registration = "registration",
    Fallback = "fallback",
});

stored_names!(LaunchKind {
    Ehr = "ehr",
    Standalone = "standalone",
});

stored_names!(EndReason {
    LoggedOut = "logged_out",
    RefreshRefused = "refresh_refused",
    RefreshAnswerLost = "refresh_answer_lost",
    TokenExpired = "token_expired",
    PatientChanged = "patient_changed",
    UserChanged = "user_changed",
    Idle = "idle",
    TooOld = "too_old",
    OtherUser = "other_user",
    Replaced = "replaced",
    Evicted = "evicted",
    RegistrationChanged = "registration_changed",
});

stored_names!(FailedCallbackKind {
    AccessDenied = "access_denied",
    EhrError = "ehr_error",
    NoCode = "no_code",
    WrongIssuer = "wrong_issuer",
    CodeRefused = "code_refused",
    ClientRefused = "client_refused",
    BadTokenResponse = "bad_token_response",
    EhrUnavailable = "ehr_unavailable",
    EhrTroubled = "ehr_troubled",
    AnswerLost = "answer_lost",
    IdentityRefused = "identity_refused",
    SignInNotFresh = "sign_in_not_fresh",
    StoreUnavailable = "store_unavailable",
    NotAudited = "not_audited",
    ScopesNotGranted = "scopes_not_granted",
    RefusedByApplication = "refused_by_application",
    HookTimedOut = "hook_timed_out",
    RegistrationChanged = "registration_changed",
    Overtaken = "overtaken",
    Internal = "internal",
});

stored_names!(RefreshFailure {
    EhrUnavailable = "ehr_unavailable",
    EhrTroubled = "ehr_troubled",
    UnusableAnswer = "unusable_answer",
    Refused = "refused",
    ClientRefused = "client_refused",
    NotSigned = "not_signed",
    StoreUnavailable = "store_unavailable",
    Busy = "busy",
    Unanswered = "unanswered",
    NotOffered = "not_offered",
    RegistrationUnavailable = "registration_unavailable",
    RegistrationFailed = "registration_failed",
});

stored_names!(CredentialKind {
    Public = "public",
    Secret = "secret",
    PrivateKey = "key",
});

#[cfg(test)]
mod tests;
