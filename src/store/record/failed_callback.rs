//! Why a callback opened no launch: [`FailedCallback`].

use std::fmt;

use super::LaunchKind;
use crate::protocol::scope::Scopes;

/// Why no launch was opened, in a form that can be stored and shown.
///
/// `Debug` tells how long the description is, not what it says.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedCallback {
    /// What happened.
    pub kind: FailedCallbackKind,
    /// How the launch began that was to open.
    pub began: LaunchKind,
    /// The key of the EHR registration that it was to open at, where that is known.
    pub ehr: Option<String>,
    /// The OAuth error code that the EHR gave, if it gave one of the known form.
    pub error_code: Option<String>,
    /// The EHR's explanation: text from outside, to be escaped.
    pub description: Option<String>,
    /// The scopes that the EHR did not grant, if that is why.
    pub missing_scopes: Option<Scopes>,
}

impl FailedCallback {
    /// A failure that the EHR said nothing about.
    #[must_use]
    pub const fn new(kind: FailedCallbackKind, began: LaunchKind) -> Self {
        Self {
            kind,
            began,
            ehr: None,
            error_code: None,
            description: None,
            missing_scopes: None,
        }
    }
}

impl fmt::Debug for FailedCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailedCallback")
            .field("kind", &self.kind)
            .field("began", &self.began)
            .field("ehr", &self.ehr)
            .field("error_code", &self.error_code)
            .field("description_bytes", &self.description.as_ref().map(String::len))
            .field("missing_scopes", &self.missing_scopes)
            .finish()
    }
}

/// What happened to a callback that opened no launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailedCallbackKind {
    /// The person, or the EHR, said no (`access_denied`).
    AccessDenied,
    /// The EHR reported another error at the redirect.
    EhrError,
    /// The callback had neither a code nor an error.
    NoCode,
    /// The callback came from another authorization server than the one asked, or does not say from which one although
    /// the EHR promised that (RFC 9207). The code was not sent.
    WrongIssuer,
    /// The EHR refused the code (`invalid_grant`).
    CodeRefused,
    /// The EHR refused this application's credentials (`invalid_client`), or they are missing.
    ClientRefused,
    /// The EHR's answer cannot be used.
    BadTokenResponse,
    /// The EHR could not be reached, or did not answer; it is unknown whether it processed the code. Or its keys cannot
    /// be fetched, so that the id token cannot be checked.
    EhrUnavailable,
    /// The EHR answered that it is in trouble or has too much to do; it is unknown whether it processed the code.
    EhrTroubled,
    /// The code was sent, or may have been, and the process that sent it stopped before the answer was kept. Codes are not
    /// sent twice.
    AnswerLost,
    /// The EHR's statement about who signed in, the id token, is missing or was refused. The tokens were dropped.
    IdentityRefused,
    /// A new sign-in was demanded, and the id token does not say that it happened. The tokens were dropped.
    SignInNotFresh,
    /// The token store could not be reached.
    StoreUnavailable,
    /// The audit event of the sign-in could not be written, and
    /// [`AuditFailure::RefuseSignIn`](crate::audit::AuditFailure::RefuseSignIn) demands that.
    NotAudited,
    /// The EHR did not grant the scopes that the registration requires.
    ScopesNotGranted,
    /// The application refused the launch (`on_launch`).
    RefusedByApplication,
    /// The application did not say in time whether the launch may open (`on_launch`). The tokens were dropped.
    HookTimedOut,
    /// The EHR is registered with another client id than the sign-in began with. The code was not sent.
    RegistrationChanged,
    /// Somebody else is at work in the browser, whose sign-in began after this one. Nothing was opened.
    Overtaken,
    /// Something in this application failed.
    Internal,
}
