//! The stored form of a [`PendingRecord`].

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::parts::{Endpoints, Hash, Named, Text, client};
use crate::{
    protocol::{
        launch_request::SignInWish,
        scope::Scopes,
        secret::{CodeVerifier, Nonce},
    },
    store::{CredentialKind, FormatError, LaunchKind, PatientDigest, PendingRecord, ReturnFor},
    time::Timestamp,
};

#[derive(Serialize, Deserialize)]
pub(in crate::store::format) struct Pending<'a> {
    ehr: Text<'a>,
    kind: Named<LaunchKind>,
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
    /// Absent where no new sign-in was wished for, and in records of versions that did not note it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sign_in_again: Option<bool>,
    /// Absent in records of versions that did not pin the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth: Option<Named<CredentialKind>>,
}

impl<'a> From<&'a PendingRecord> for Pending<'a> {
    fn from(record: &'a PendingRecord) -> Self {
        Self {
            ehr: record.ehr.as_str().into(),
            kind: Named(record.kind),
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
            sign_in_again: (record.sign_in == SignInWish::Again).then_some(true),
            client: record.client.as_ref().map(|client| client.client_id.as_str().into()),
            auth: record.client.as_ref().map(|client| Named(client.credentials)),
        }
    }
}

impl TryFrom<Pending<'_>> for PendingRecord {
    type Error = FormatError;

    fn try_from(form: Pending<'_>) -> Result<Self, FormatError> {
        Ok(Self {
            ehr: form.ehr.into_owned(),
            kind: form.kind.0,
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
            sign_in: SignInWish::again_if(form.sign_in_again == Some(true)),
            client: client(form.client, form.auth),
        })
    }
}
