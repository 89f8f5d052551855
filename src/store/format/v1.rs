//! Version 1 of the stored forms. Names and meanings here never change; add members with a default only.

mod parts;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use self::parts::{Credentials, Endpoints, FailedKind, Failure, Hash, Identity, Kind, Reason, Text, client};
use super::FormatError;
use crate::{
    protocol::{
        launch_context::LaunchContext,
        launch_id::LaunchId,
        scope::Scopes,
        secret::{AccessToken, BrowserId, CodeVerifier, LaunchSecret, Nonce, RawIdToken, RefreshToken},
        token::TokenSet,
    },
    store::{
        BrowserKey, CallbackOutcome, EndedLaunch, FailedCallback, FormerPatient, LaunchRecord, PatientDigest,
        PendingRecord, Proof, RefreshSent, RefreshState, ReturnFor,
    },
    time::Timestamp,
};

#[derive(Serialize, Deserialize)]
pub(super) struct Pending<'a> {
    ehr: Text<'a>,
    kind: Kind,
    endpoints: Endpoints<'a>,
    redirect_uri: Text<'a>,
    aud: Text<'a>,
    code_verifier: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<Text<'a>>,
    requested: Cow<'a, Scopes>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    return_to: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    return_patient: Option<Hash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    return_without_patient: Option<bool>,
    started_at: Timestamp,
    /// Absent where nothing was demanded, and in records of versions that could not demand it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signed_in_since: Option<Timestamp>,
    /// Absent in records of versions that did not pin the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth: Option<Credentials>,
}

impl<'a> From<&'a PendingRecord> for Pending<'a> {
    fn from(record: &'a PendingRecord) -> Self {
        Self {
            ehr: record.ehr.as_str().into(),
            kind: record.kind.into(),
            endpoints: (&record.endpoints).into(),
            redirect_uri: record.redirect_uri.as_str().into(),
            aud: record.aud.as_str().into(),
            code_verifier: record.code_verifier.expose_secret().into(),
            nonce: record.nonce.as_ref().map(|nonce| nonce.expose_secret().into()),
            requested: Cow::Borrowed(&record.requested),
            return_to: record.return_to.as_deref().map(Into::into),
            return_patient: match record.return_for {
                ReturnFor::Patient(patient) => Some(Hash(patient.0)),
                ReturnFor::Anyone | ReturnFor::NoPatient => None,
            },
            return_without_patient: (record.return_for == ReturnFor::NoPatient).then_some(true),
            started_at: record.started_at,
            signed_in_since: record.signed_in_since,
            client: record.client.as_ref().map(|client| client.client_id.as_str().into()),
            auth: record.client.as_ref().map(|client| client.credentials.into()),
        }
    }
}

impl TryFrom<Pending<'_>> for PendingRecord {
    type Error = FormatError;

    fn try_from(form: Pending<'_>) -> Result<Self, FormatError> {
        Ok(Self {
            ehr: form.ehr.into_owned(),
            kind: form.kind.into(),
            endpoints: form.endpoints.try_into()?,
            redirect_uri: form.redirect_uri.into_owned(),
            aud: form.aud.into_owned(),
            code_verifier: CodeVerifier::new(form.code_verifier),
            nonce: form.nonce.map(Nonce::new),
            requested: form.requested.into_owned(),
            return_to: form.return_to.map(Cow::into_owned),
            return_for: match (form.return_patient, form.return_without_patient) {
                (Some(patient), _) => ReturnFor::Patient(PatientDigest(patient.0)),
                (None, Some(true)) => ReturnFor::NoPatient,
                (None, _) => ReturnFor::Anyone,
            },
            started_at: form.started_at,
            signed_in_since: form.signed_in_since,
            client: client(form.client, form.auth),
        })
    }
}

/// One of the two. Not an enum: beside the version it could not be told from an unknown member.
#[derive(Serialize, Deserialize)]
pub(super) struct Outcome<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    landed: Option<Landed<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<Failed<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Landed<'a> {
    launch: Text<'a>,
    secret: Text<'a>,
    location: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    new_browser: Option<Text<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Failed<'a> {
    kind: FailedKind,
    began: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ehr: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error_code: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    missing_scopes: Option<Cow<'a, Scopes>>,
}

impl<'a> From<&'a CallbackOutcome> for Outcome<'a> {
    fn from(outcome: &'a CallbackOutcome) -> Self {
        match outcome {
            CallbackOutcome::Landed {
                launch,
                secret,
                location,
                new_browser,
            } => Self {
                landed: Some(Landed {
                    launch: launch.as_str().into(),
                    secret: secret.expose_secret().into(),
                    location: location.as_str().into(),
                    new_browser: new_browser.as_ref().map(|id| id.expose_secret().into()),
                }),
                failed: None,
            },
            CallbackOutcome::Failed(failed) => Self {
                landed: None,
                failed: Some(Failed {
                    kind: failed.kind.into(),
                    began: failed.began.into(),
                    ehr: failed.ehr.as_deref().map(Into::into),
                    error_code: failed.error_code.as_deref().map(Into::into),
                    description: failed.description.as_deref().map(Into::into),
                    missing_scopes: failed.missing_scopes.as_ref().map(Cow::Borrowed),
                }),
            },
        }
    }
}

impl TryFrom<Outcome<'_>> for CallbackOutcome {
    type Error = FormatError;

    fn try_from(form: Outcome<'_>) -> Result<Self, FormatError> {
        match (form.landed, form.failed) {
            (Some(landed), None) => Ok(Self::Landed {
                launch: LaunchId::parse(&landed.launch).ok_or(FormatError::Malformed)?,
                secret: LaunchSecret::new(landed.secret),
                location: landed.location.into_owned(),
                new_browser: landed.new_browser.map(BrowserId::new),
            }),
            (None, Some(failed)) => Ok(Self::Failed(FailedCallback {
                kind: failed.kind.into(),
                began: failed.began.into(),
                ehr: failed.ehr.map(Cow::into_owned),
                error_code: failed.error_code.map(Cow::into_owned),
                description: failed.description.map(Cow::into_owned),
                missing_scopes: failed.missing_scopes.map(Cow::into_owned),
            })),
            _ => Err(FormatError::Malformed),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Tokens<'a> {
    access_token: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<Text<'a>>,
    granted: Cow<'a, Scopes>,
    requested_at: Timestamp,
    expires_at: Timestamp,
    context: Cow<'a, LaunchContext>,
}

impl<'a> From<&'a TokenSet> for Tokens<'a> {
    fn from(tokens: &'a TokenSet) -> Self {
        Self {
            access_token: tokens.access_token.expose_secret().into(),
            refresh_token: tokens.refresh_token.as_ref().map(|token| token.expose_secret().into()),
            id_token: tokens.id_token.as_ref().map(|token| token.expose_secret().into()),
            granted: Cow::Borrowed(&tokens.granted),
            requested_at: tokens.requested_at,
            expires_at: tokens.expires_at,
            context: Cow::Borrowed(&tokens.context),
        }
    }
}

impl From<Tokens<'_>> for TokenSet {
    fn from(form: Tokens<'_>) -> Self {
        Self {
            access_token: AccessToken::new(form.access_token),
            refresh_token: form.refresh_token.map(RefreshToken::new),
            id_token: form.id_token.map(RawIdToken::new),
            granted: form.granted.into_owned(),
            requested_at: form.requested_at,
            expires_at: form.expires_at,
            context: form.context.into_owned(),
        }
    }
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct Refresh {
    #[serde(skip_serializing_if = "Option::is_none")]
    last_success: Option<Timestamp>,
    failures: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unanswered_since: Option<Timestamp>,
    /// Absent in what versions wrote that did not note it.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<Sent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<Failure>,
}

#[derive(Serialize, Deserialize)]
struct Sent {
    at: Timestamp,
    answer_until: Timestamp,
    attempt: u64,
}

impl From<RefreshSent> for Sent {
    fn from(sent: RefreshSent) -> Self {
        let RefreshSent {
            at,
            answer_until,
            attempt,
        } = sent;
        Self {
            at,
            answer_until,
            attempt,
        }
    }
}

impl From<Sent> for RefreshSent {
    fn from(sent: Sent) -> Self {
        Self::new(sent.at, sent.answer_until, sent.attempt)
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Launch<'a> {
    browser: Hash,
    proof: Hash,
    ehr: Text<'a>,
    aud: Text<'a>,
    kind: Kind,
    endpoints: Endpoints<'a>,
    requested: Cow<'a, Scopes>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<Hash>,
    /// Absent in records of versions that verified no id token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity: Option<Identity<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "patient_digest")]
    patient: Option<Hash>,
    /// As in `Pending`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth: Option<Credentials>,
    opened_at: Timestamp,
    tokens: Tokens<'a>,
    refresh: Refresh,
}

impl<'a> From<&'a LaunchRecord> for Launch<'a> {
    fn from(record: &'a LaunchRecord) -> Self {
        Self {
            browser: Hash(*record.browser.as_bytes()),
            proof: Hash(record.proof.0),
            ehr: record.ehr.as_str().into(),
            aud: record.aud.as_str().into(),
            kind: record.kind.into(),
            endpoints: (&record.endpoints).into(),
            requested: Cow::Borrowed(&record.requested),
            user: record.user.map(Hash),
            identity: record.identity.as_ref().map(|claims| Identity(Cow::Borrowed(claims))),
            patient: record.patient.map(|patient| Hash(patient.0)),
            client: record.client.as_ref().map(|client| client.client_id.as_str().into()),
            auth: record.client.as_ref().map(|client| client.credentials.into()),
            opened_at: record.opened_at,
            tokens: (&record.tokens).into(),
            refresh: Refresh {
                last_success: record.refresh.last_success,
                failures: record.refresh.failures,
                not_before: record.refresh.not_before,
                unanswered_since: record.refresh.unanswered_since,
                sent: record.refresh.sent.map(Into::into),
                last_failure: record.refresh.last_failure.map(Into::into),
            },
        }
    }
}

impl TryFrom<Launch<'_>> for LaunchRecord {
    type Error = FormatError;

    fn try_from(form: Launch<'_>) -> Result<Self, FormatError> {
        Ok(Self {
            browser: BrowserKey::from_bytes(form.browser.0),
            proof: Proof(form.proof.0),
            ehr: form.ehr.into_owned(),
            aud: form.aud.into_owned(),
            kind: form.kind.into(),
            endpoints: form.endpoints.try_into()?,
            requested: form.requested.into_owned(),
            user: form.user.map(|hash| hash.0),
            identity: form.identity.map(|identity| identity.0.into_owned()),
            patient: form.patient.map(|patient| PatientDigest(patient.0)),
            client: client(form.client, form.auth),
            opened_at: form.opened_at,
            tokens: form.tokens.into(),
            refresh: RefreshState {
                last_success: form.refresh.last_success,
                failures: form.refresh.failures,
                not_before: form.refresh.not_before,
                unanswered_since: form.refresh.unanswered_since,
                sent: form.refresh.sent.map(Into::into),
                last_failure: form.refresh.last_failure.map(Into::into),
            },
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Ended<'a> {
    browser: Hash,
    proof: Hash,
    kind: Kind,
    ehr: Text<'a>,
    /// Absent in what versions wrote that hashed the patient without a key, and where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "patient_digest")]
    patient: Option<Hash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    without_patient: Option<bool>,
    reason: Reason,
    ended_at: Timestamp,
}

impl<'a> From<&'a EndedLaunch> for Ended<'a> {
    fn from(launch: &'a EndedLaunch) -> Self {
        Self {
            browser: Hash(*launch.browser.as_bytes()),
            proof: Hash(launch.proof.0),
            kind: launch.kind.into(),
            ehr: launch.ehr.as_str().into(),
            patient: match launch.patient {
                FormerPatient::Patient(patient) => Some(Hash(patient.0)),
                FormerPatient::None | FormerPatient::Unknown => None,
            },
            without_patient: (launch.patient == FormerPatient::None).then_some(true),
            reason: launch.reason.into(),
            ended_at: launch.ended_at,
        }
    }
}

impl TryFrom<Ended<'_>> for EndedLaunch {
    type Error = FormatError;

    fn try_from(form: Ended<'_>) -> Result<Self, FormatError> {
        Ok(Self {
            browser: BrowserKey::from_bytes(form.browser.0),
            proof: Proof(form.proof.0),
            kind: form.kind.into(),
            ehr: form.ehr.into_owned(),
            patient: match (form.patient, form.without_patient) {
                (Some(patient), _) => FormerPatient::Patient(PatientDigest(patient.0)),
                (None, Some(true)) => FormerPatient::None,
                (None, _) => FormerPatient::Unknown,
            },
            reason: form.reason.into(),
            ended_at: form.ended_at,
        })
    }
}
