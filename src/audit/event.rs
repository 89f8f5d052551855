//! What happened: [`AuditEvent`].

use std::fmt;

use serde::{Serialize, Serializer};

use super::instant::instant;
use crate::{
    protocol::{id_token::IdTokenClaims, random::random_text, scope::Scopes, token::RefreshMismatch},
    store::{
        EndReason, EndedLaunch, EndedRecord, FailedCallback, FailedCallbackKind, LaunchKey, LaunchKind, LaunchRecord,
        RefreshFailure,
    },
    time::Timestamp,
};

/// Something that somebody did, or that happened to a launch.
///
/// `Serialize` writes it as one JSON object: `id`, `at` (RFC 3339, UTC), `event` and the members of that event. Members that are not
/// known are left out. Names never change their meaning; new ones may come. It names people: keep it where that is allowed. `Debug` does
/// not show them.
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AuditEvent {
    /// Random, and the same each time that the event is given to a sink.
    pub id: String,
    /// When it happened, by the clock of this process.
    #[serde(serialize_with = "as_instant")]
    pub at: Timestamp,
    /// The FHIR base URL of the EHR, as it is registered.
    pub ehr: String,
    /// The launch, as lines of the log name it (`launch=`). Good for nothing else. `None` where none was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch: Option<String>,
    /// Who was signed in. `None` without a verified id token, and where only the end of a launch is remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<AuditUser>,
    /// The id of the patient of the launch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<String>,
    /// What it was.
    #[serde(flatten)]
    pub what: Audited,
}

/// Who was signed in, from a verified id token.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AuditUser {
    /// Who vouches for the user (`iss`).
    pub issuer: String,
    /// The user, unique at this issuer only (`sub`).
    pub subject: String,
    /// The user as a FHIR resource (`fhirUser`), such as `Practitioner/1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fhir_user: Option<String>,
}

/// What an audit event tells of.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Audited {
    /// A launch was opened.
    SignIn(AuditedSignIn),
    /// A sign-in came back from the EHR, and opened no launch.
    SignInRefused(AuditedRefusal),
    /// The refresh token of a launch was sent.
    Refresh(AuditedRefresh),
    /// A launch ended.
    End(AuditedEnd),
    /// A FHIR request was sent, or refused before it was ([`FhirAudit::Each`](super::FhirAudit::Each)).
    FhirAccess(AuditedFhirAccess),
}

/// A launch that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AuditedSignIn {
    /// How it began.
    #[serde(serialize_with = "kind")]
    pub kind: LaunchKind,
    /// The scopes that the EHR granted.
    #[serde(serialize_with = "scopes")]
    pub granted: Scopes,
}

/// A sign-in that opened no launch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AuditedRefusal {
    /// How it began.
    #[serde(serialize_with = "kind")]
    pub kind: LaunchKind,
    /// Why.
    #[serde(serialize_with = "refusal")]
    pub why: FailedCallbackKind,
    /// The OAuth error code of the EHR, if it gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
}

/// A refresh token that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AuditedRefresh {
    /// What came of it.
    pub result: RefreshResult,
}

/// What came of a refresh token that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefreshResult {
    /// New tokens.
    Refreshed,
    /// The EHR refuses the refresh token for good. The launch ends, unless another process has stored newer tokens meanwhile.
    Refused,
    /// The EHR answered for another patient. The launch ends, with the same exception.
    OtherPatient,
    /// The EHR answered for another user. The launch ends, with the same exception.
    OtherUser,
    /// No tokens, and the launch is kept.
    Failed(RefreshFailure),
}

/// A launch that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AuditedEnd {
    /// Why.
    #[serde(serialize_with = "reason")]
    pub reason: EndReason,
    /// When, by the clock of the token store, where that was before it was noticed: a launch that was left alone.
    #[serde(
        rename = "ended_at",
        serialize_with = "as_maybe_instant",
        skip_serializing_if = "Option::is_none"
    )]
    pub earlier: Option<Timestamp>,
}

/// A FHIR request.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AuditedFhirAccess {
    /// The method of HTTP.
    pub method: &'static str,
    /// What it does, as FHIR calls it (`restful-interaction`): `read`, `search-type`, `create`, `batch`. A transaction is a `batch` too.
    pub interaction: &'static str,
    /// The type of the resources. `None` for one about the whole server, such as a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// The id of the resource, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// The status of the answer. `None` when there was none, nothing was sent, or nobody waited for the answer; in the last case what
    /// it asks for may have been done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

impl AuditEvent {
    /// When it happened, as FHIR writes an `instant`: `2026-01-31T08:15:00.250Z`.
    #[must_use]
    pub fn recorded(&self) -> String {
        instant(self.at)
    }

    /// What happened to a launch.
    pub(crate) fn of_launch(at: Timestamp, key: LaunchKey, record: &LaunchRecord, what: Audited) -> Self {
        Self {
            launch: Some(key.reference()),
            user: record.identity.as_ref().map(AuditUser::of),
            patient: record.tokens.context().patient().map(str::to_owned),
            ..Self::at_ehr(at, &record.origin.ehr, what)
        }
    }

    /// What the application itself did, without a user, at the EHR with this key.
    pub(crate) fn of_backend(at: Timestamp, ehr: &str, what: Audited) -> Self {
        Self::at_ehr(at, ehr, what)
    }

    pub(crate) fn signed_in(at: Timestamp, key: LaunchKey, record: &LaunchRecord) -> Self {
        let what = Audited::SignIn(AuditedSignIn {
            kind: record.kind,
            granted: record.tokens.granted_scopes().clone(),
        });
        Self::of_launch(at, key, record, what)
    }

    /// A refused sign-in at the EHR with this key.
    pub(crate) fn refused(at: Timestamp, ehr: &str, failed: &FailedCallback) -> Self {
        let what = Audited::SignInRefused(AuditedRefusal {
            kind: failed.began,
            why: failed.kind,
            error_code: failed.error_code.clone(),
        });
        Self::at_ehr(at, ehr, what)
    }

    pub(crate) fn refreshed(at: Timestamp, key: LaunchKey, record: &LaunchRecord, result: RefreshResult) -> Self {
        Self::of_launch(at, key, record, Audited::Refresh(AuditedRefresh { result }))
    }

    /// A launch that ends now.
    pub(crate) fn ended(at: Timestamp, ended: &EndedRecord, reason: EndReason) -> Self {
        let what = Audited::End(AuditedEnd { reason, earlier: None });
        Self::of_launch(at, ended.key, &ended.record, what)
    }

    /// A launch that was found to have ended.
    pub(crate) fn found_ended(at: Timestamp, key: LaunchKey, ended: &EndedLaunch) -> Self {
        let what = Audited::End(AuditedEnd {
            reason: ended.reason,
            earlier: Some(ended.ended_at),
        });
        Self {
            launch: Some(key.reference()),
            ..Self::at_ehr(at, &ended.ehr, what)
        }
    }

    fn at_ehr(at: Timestamp, ehr: &str, what: Audited) -> Self {
        Self {
            id: random_text::<16>(&mut rand::rng()),
            at,
            ehr: ehr.to_owned(),
            launch: None,
            user: None,
            patient: None,
            what,
        }
    }
}

impl AuditUser {
    fn of(claims: &IdTokenClaims) -> Self {
        Self {
            issuer: claims.issuer().to_owned(),
            subject: claims.subject().to_owned(),
            fhir_user: claims.fhir_user().map(|user| user.reference()),
        }
    }
}

impl Audited {
    /// The name of the event, as `Serialize` writes it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SignIn(_) => "sign_in",
            Self::SignInRefused(_) => "sign_in_refused",
            Self::Refresh(_) => "refresh",
            Self::End(_) => "end",
            Self::FhirAccess(_) => "fhir_access",
        }
    }
}

impl RefreshResult {
    /// The name that audit events and metrics have for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refreshed => "refreshed",
            Self::Refused => "refresh_token_refused",
            Self::OtherPatient => "other_patient",
            Self::OtherUser => "other_user",
            Self::Failed(why) => why.name(),
        }
    }
}

impl Serialize for RefreshResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl fmt::Debug for AuditEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditEvent")
            .field("id", &self.id)
            .field("at", &self.at)
            .field("ehr", &self.ehr)
            .field("launch", &self.launch)
            .field("user", &self.user)
            .field("patient", &self.patient.as_ref().map(|_| "[redacted]"))
            .field("what", &self.what)
            .finish()
    }
}

impl fmt::Debug for AuditUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditUser([redacted])")
    }
}

impl fmt::Debug for AuditedFhirAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditedFhirAccess")
            .field("method", &self.method)
            .field("interaction", &self.interaction)
            .field("resource_type", &self.resource_type)
            .field("resource_id", &self.resource_id.as_ref().map(|_| "[redacted]"))
            .field("status", &self.status)
            .finish()
    }
}

fn as_instant<S: Serializer>(moment: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&instant(*moment))
}

fn as_maybe_instant<S: Serializer>(moment: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    moment.map(instant).serialize(serializer)
}

fn kind<S: Serializer>(kind: &LaunchKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.name())
}

fn refusal<S: Serializer>(why: &FailedCallbackKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(why.name())
}

fn reason<S: Serializer>(reason: &EndReason, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(reason.name())
}

fn scopes<S: Serializer>(scopes: &Scopes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(scopes)
}

impl From<RefreshMismatch> for RefreshResult {
    fn from(mismatch: RefreshMismatch) -> Self {
        match mismatch {
            RefreshMismatch::PatientChanged => Self::OtherPatient,
            RefreshMismatch::UserChanged => Self::OtherUser,
        }
    }
}
