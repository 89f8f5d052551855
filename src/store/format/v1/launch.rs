//! The stored form of a [`LaunchRecord`].

use std::{borrow::Cow, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize};

use super::{
    parts::{Endpoints, Hash, Identity, Named, Text, client},
    refresh::Refresh,
    tokens::Tokens,
};
use crate::{
    protocol::{patient::facts::PatientFacts, scope::Scopes},
    store::{BrowserKey, CredentialKind, FormatError, LaunchKind, LaunchOrigin, LaunchRecord, PatientDigest, Proof},
    time::Timestamp,
};

#[derive(Serialize, Deserialize)]
pub(in crate::store::format) struct Launch<'a> {
    browser: Hash,
    proof: Hash,
    ehr: Text<'a>,
    aud: Text<'a>,
    kind: Named<LaunchKind>,
    endpoints: Endpoints<'a>,
    requested: Cow<'a, Scopes>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<Hash>,
    /// Absent in records of versions that verified no id token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity: Option<Identity<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "patient_digest")]
    patient: Option<Hash>,
    /// Absent where it is not kept, and in records of versions that did not keep it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "where_readable"
    )]
    patient_facts: Option<Cow<'a, PatientFacts>>,
    /// As in `Pending`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth: Option<Named<CredentialKind>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    began_at: Option<Timestamp>,
    opened_at: Timestamp,
    tokens: Tokens<'a>,
    refresh: Refresh,
}

/// A later version may write of a patient what this one cannot read. The launch goes on all the same: who the patient is can be
/// read again at the EHR.
fn where_readable<'de, D: Deserializer<'de>>(form: D) -> Result<Option<Cow<'static, PatientFacts>>, D::Error> {
    let facts = serde_json::Value::deserialize(form)?;
    Ok(PatientFacts::deserialize(facts).ok().map(Cow::Owned))
}

impl<'a> From<&'a LaunchRecord> for Launch<'a> {
    fn from(record: &'a LaunchRecord) -> Self {
        Self {
            browser: Hash(*record.browser.as_bytes()),
            proof: Hash(record.proof.0),
            ehr: record.origin.ehr.as_str().into(),
            aud: record.origin.aud.as_str().into(),
            kind: Named(record.kind),
            endpoints: (&record.origin.endpoints).into(),
            requested: Cow::Borrowed(&record.origin.requested),
            user: record.user.map(Hash),
            identity: record.identity.as_ref().map(|claims| Identity(Cow::Borrowed(claims))),
            patient: record.patient.map(|patient| Hash(patient.0)),
            patient_facts: record.patient_facts.as_deref().map(Cow::Borrowed),
            client: record
                .origin
                .client
                .as_ref()
                .map(|client| client.client_id.as_str().into()),
            auth: record.origin.client.as_ref().map(|client| Named(client.credentials)),
            began_at: record.began_at,
            opened_at: record.opened_at,
            tokens: (&record.tokens).into(),
            refresh: record.refresh.into(),
        }
    }
}

impl TryFrom<Launch<'_>> for LaunchRecord {
    type Error = FormatError;

    fn try_from(form: Launch<'_>) -> Result<Self, FormatError> {
        Ok(Self {
            browser: BrowserKey::from_bytes(form.browser.0),
            proof: Proof(form.proof.0),
            origin: Arc::new(LaunchOrigin {
                ehr: form.ehr.into_owned(),
                aud: form.aud.into_owned(),
                endpoints: form.endpoints.try_into()?,
                requested: form.requested.into_owned(),
                client: client(form.client, form.auth),
            }),
            kind: form.kind.0,
            user: form.user.map(|hash| hash.0),
            identity: form.identity.map(|identity| identity.0.into_owned()),
            patient: form.patient.map(|patient| PatientDigest(patient.0)),
            patient_facts: form.patient_facts.map(|facts| Box::new(facts.into_owned())),
            began_at: form.began_at,
            opened_at: form.opened_at,
            tokens: form.tokens.into(),
            refresh: form.refresh.into(),
        })
    }
}
