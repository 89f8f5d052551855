//! What a store keeps.

mod client;
#[cfg(test)]
mod tests;

use std::fmt;

pub use client::{CredentialKind, PinnedClient};

use crate::{
    protocol::{
        callback::IssParameter,
        id_token::IdTokenClaims,
        launch_id::LaunchId,
        scope::Scopes,
        secret::{BrowserId, CodeVerifier, LaunchSecret, Nonce},
        token::TokenSet,
        urls::EndpointUrl,
    },
    store::key::{BrowserKey, digest},
    time::Timestamp,
};

/// How a launch began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LaunchKind {
    /// In the EHR, which passed `iss` and `launch`.
    Ehr,
    /// In the application.
    Standalone,
}

/// The endpoints that an authorization began with; all later requests of that launch use them.
///
/// A metadata document that changes in the middle of a launch does not get its code or its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PinnedEndpoints {
    /// Where the code and the refresh token go.
    pub token: EndpointUrl,
    /// Where tokens are revoked (RFC 7009), if the EHR has such an endpoint.
    pub revocation: Option<EndpointUrl>,
    /// Where tokens are introspected (RFC 7662), if the EHR has such an endpoint.
    pub introspection: Option<EndpointUrl>,
    /// The `issuer` of the metadata, if any.
    pub issuer: Option<String>,
    /// Where the keys of the id token are, if the metadata says so.
    pub jwks_uri: Option<EndpointUrl>,
    /// Whether the EHR promised to name itself in authorization responses (RFC 9207).
    pub iss_parameter: IssParameter,
}

/// What survives between the redirect to the EHR and the callback, sealed in the cookie of its sign-in.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PendingRecord {
    /// The key of the EHR registration (its FHIR base URL as registered).
    pub ehr: String,
    /// How the launch began.
    pub kind: LaunchKind,
    /// The endpoints to use, whatever the metadata says later.
    pub endpoints: PinnedEndpoints,
    /// The redirect URI that was sent; the code exchange repeats it.
    pub redirect_uri: String,
    /// The `aud` that was sent (the `iss` as received, or the registered URL).
    pub aud: String,
    /// The PKCE verifier.
    pub code_verifier: CodeVerifier,
    /// The nonce, when `openid` was requested.
    pub nonce: Option<Nonce>,
    /// The scopes that were requested.
    pub requested: Scopes,
    /// Where in the application the browser wanted to go: a validated relative path without the launch segment.
    pub return_to: Option<String>,
    /// For whom `return_to` is.
    pub return_for: ReturnFor,
    /// When the authorization began.
    pub started_at: Timestamp,
    /// The earliest moment at which the person may have signed in at the EHR, where that was demanded.
    pub signed_in_since: Option<Timestamp>,
    /// The client that it began with. `None` in what versions sealed that did not write it.
    pub client: Option<PinnedClient>,
}

/// For whom a page is that a browser wants to see after a launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ReturnFor {
    /// It was not opened inside a launch.
    #[default]
    Anyone,
    /// It was opened inside a launch that is about this patient.
    Patient(PatientDigest),
    /// It was opened inside a launch that has no patient.
    NoPatient,
}

/// A patient of an EHR, hashed with a key of this application: enough to see that two launches are about the same
/// person, no more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PatientDigest(pub [u8; 32]);

impl fmt::Debug for PatientDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PatientDigest([redacted])")
    }
}

/// How a callback ended; what a repeated callback of the same browser is answered with.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum CallbackOutcome {
    /// A launch was opened.
    Landed {
        /// Its id.
        launch: LaunchId,
        /// The proof for its cookie.
        secret: LaunchSecret,
        /// The path to go to, complete.
        location: String,
        /// The id for the browser's cookie, when it got a new one.
        new_browser: Option<BrowserId>,
    },
    /// No launch was opened.
    Failed(FailedCallback),
}

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
    /// The code was sent, or may have been, and whoever sent it stopped before the answer was kept: a process that was
    /// killed. Codes are not sent twice.
    AnswerLost,
    /// The EHR's statement about who signed in, the id token, is missing or was refused. The tokens were dropped.
    IdentityRefused,
    /// A new sign-in was demanded, and the id token does not say that it happened. The tokens were dropped.
    SignInNotFresh,
    /// The token store could not be reached.
    StoreUnavailable,
    /// The EHR did not grant the scopes that the registration requires.
    ScopesNotGranted,
    /// The application refused the launch (`on_launch`).
    RefusedByApplication,
    /// The application did not say in time whether the launch may open (`on_launch`). The tokens were dropped.
    HookTimedOut,
    /// The EHR is registered with another client id than the sign-in began with. The code was not sent.
    RegistrationChanged,
    /// Something in this application failed.
    Internal,
}

/// An open launch.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LaunchRecord {
    /// The browser that it was opened in.
    pub browser: BrowserKey,
    /// The hash of the secret in its cookie.
    pub proof: Proof,
    /// The key of the EHR registration (its FHIR base URL as registered).
    pub ehr: String,
    /// The FHIR base URL as it was sent in `aud`.
    pub aud: String,
    /// How it began.
    pub kind: LaunchKind,
    /// The endpoints that its authorization used.
    pub endpoints: PinnedEndpoints,
    /// The scopes that were requested.
    pub requested: Scopes,
    /// The user, (issuer, subject) hashed. `None` when no id token was verified.
    pub user: Option<[u8; 32]>,
    /// What the verified id token says, for the life of the launch.
    pub identity: Option<IdTokenClaims>,
    /// Its patient, where it has one. `None` too in records of versions that did not write it.
    pub patient: Option<PatientDigest>,
    /// The client that its tokens were given to. `None` in records of versions that did not write it.
    pub client: Option<PinnedClient>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Access token, refresh token, context.
    pub tokens: TokenSet,
    /// How refreshing goes.
    pub refresh: RefreshState,
}

/// The hash of a launch cookie's secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Proof(pub [u8; 32]);

impl Proof {
    pub(crate) fn of(secret: &LaunchSecret) -> Self {
        Self(digest("proof", secret.expose_secret()))
    }

    /// Whether the secret is the right one, in constant time.
    pub(crate) fn admits(&self, secret: &LaunchSecret) -> bool {
        let other = Self::of(secret);
        self.0.iter().zip(other.0).fold(0_u8, |acc, (l, r)| acc | (l ^ r)) == 0
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof([redacted])")
    }
}

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
    /// The EHR could not be reached, was too slow, or reported a failure of its own.
    EhrUnavailable,
    /// The EHR refuses this application's credentials. A matter of configuration, not of the launch.
    ClientRefused,
    /// The token store could not be reached.
    StoreUnavailable,
    /// Too many requests to this EHR are under way; nothing was sent.
    Busy,
    /// Another process is refreshing the launch, or was stopped while it did: the answer may still come.
    Unanswered,
    /// The EHR is not registered any more. It was not asked; putting it back mends it.
    NotOffered,
    /// The registration of the EHR is unavailable or cannot be used: a matter of the application's resolver. Or it has another
    /// client id than the launch began with, and a refresh was asked for before the token was due. The EHR was not asked.
    RegistrationUnavailable,
}

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

/// What is known of the patient of a launch that a browser comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum FormerPatient {
    /// Nothing: a record of a version that did not write it.
    #[default]
    Unknown,
    /// It had none.
    None,
    /// This one.
    Patient(PatientDigest),
}

impl FormerPatient {
    /// What is known of the patient of `record`.
    #[must_use]
    pub fn of(record: &LaunchRecord) -> Self {
        match (record.tokens.context().patient(), record.patient) {
            (None, _) => Self::None,
            (Some(_), Some(patient)) => Self::Patient(patient),
            (Some(_), None) => Self::Unknown,
        }
    }
}

/// What a store remembers of an ended launch.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EndedLaunch {
    /// The browser that it was opened in.
    pub browser: BrowserKey,
    /// The hash of the secret in its cookie.
    pub proof: Proof,
    /// How it began.
    pub kind: LaunchKind,
    /// The key of the EHR registration.
    pub ehr: String,
    /// What is known of its patient.
    pub patient: FormerPatient,
    /// Why it ended.
    pub reason: EndReason,
    /// When it ended.
    pub ended_at: Timestamp,
}

impl EndedLaunch {
    /// What is remembered of `record` when it ends.
    #[must_use]
    pub fn of(record: &LaunchRecord, reason: EndReason, now: Timestamp) -> Self {
        Self {
            browser: record.browser,
            proof: record.proof,
            kind: record.kind,
            ehr: record.ehr.clone(),
            patient: FormerPatient::of(record),
            reason,
            ended_at: now,
        }
    }
}

/// A user, hashed: enough to see that two launches are the same person's, no more.
pub(crate) fn user_digest(user: &IdTokenClaims) -> [u8; 32] {
    // An issuer is a URL and has no NUL, so no two pairs give the same text.
    digest("user", &format!("{}\0{}", user.issuer(), user.subject()))
}
