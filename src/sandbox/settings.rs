//! What can be chosen about a sandbox, and the defaults.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Peculiarity,
    bulk_settings::SandboxExport,
    keys::KeyRing,
    random,
    strictness::{StrictCheck, StrictChecks},
    vendors::Resembled,
};

/// Who answers the questions that an authorization server asks the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Nobody is asked: the authorization endpoint redirects at once. For tests.
    Automatic,
    /// Pages for a person: sign-in, patient picker, consent. For demos and browser tests.
    Interactive,
}

/// What [`Mode::Automatic`] answers to the consent question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AutomaticAnswer {
    /// A code.
    Allow,
    /// `error=access_denied`.
    Deny,
}

/// What becomes of refresh tokens. One is only issued when `offline_access` or `online_access` is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefreshTokens {
    /// Each works once and every refresh brings the next. Using one twice ends the whole grant.
    Rotating,
    /// The same one works for good and is not repeated in refresh responses.
    Stable,
    /// None is ever issued.
    None,
}

/// How token responses state the lifetime of an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExpiresIn {
    /// `"expires_in": 3600`, as the specification says.
    Number,
    /// `"expires_in": "3600"`, as some servers do.
    Text,
    /// Not at all.
    Absent,
}

/// Whether a refresh response repeats the launch context (patient, encounter). Servers may do either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefreshContext {
    /// It has tokens and scope only.
    Omitted,
    /// It has the context of the first response again.
    Repeated,
}

/// Whether an id token is issued when `openid` is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdTokens {
    /// As the specification says.
    Issued,
    /// Never.
    Withheld,
}

/// What becomes of the key that has signed id tokens until now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyRotation {
    /// It stays published, so that tokens which are on their way can be checked.
    KeepOld,
    /// It is gone.
    DropOld,
}

/// How it is told which key has signed an id token (`kid`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyIds {
    /// Tokens name the key by its published id.
    Published,
    /// Keys have an id, tokens name none.
    NotInTokens,
    /// Neither keys nor tokens have one.
    Absent,
    /// Tokens name this one, whatever the key is.
    InTokens(String),
}

/// Who issues the id tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdTokenIssuer {
    /// The FHIR server, as the metadata says.
    FhirBase,
    /// An identity provider with an address of its own, which the metadata does not name. Its OpenID configuration is
    /// right about its keys; the endpoints in it are dummies, as with some EHRs.
    Apart,
}

/// Whether authorization responses name the server in `iss` (RFC 9207).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssParameter {
    /// No `iss`.
    Absent,
    /// `iss` is there, and the metadata says so.
    Sent,
    /// `iss` is there when there is a code, and the metadata says that it always is.
    SentWithCodes,
    /// The metadata says that `iss` is there, and it never is.
    Promised,
    /// `iss` is there and names another server, and the metadata says that it is there: as with an answer that was mixed up.
    OfAnotherServer,
}

/// Whether authorization responses return the `state` of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StateParameter {
    /// As it came.
    Returned,
    /// Another one, as of an answer that belongs to another request.
    Altered,
    /// None.
    Absent,
}

/// Whether applications can register themselves (RFC 7591).
///
/// The 2,000 that did so last, or changed their registration last, are known. When another one comes, the oldest is deleted, as if it had asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SelfRegistration {
    /// No; the metadata has no `registration_endpoint`.
    #[default]
    Off,
    /// Everybody may.
    Open,
    /// Who has this initial access token may.
    WithToken(String),
}

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) mode: Mode,
    pub(super) automatic_answer: AutomaticAnswer,
    /// `None`: the first one.
    pub(super) automatic_patient: Option<String>,
    /// `None`: the first one.
    pub(super) automatic_user: Option<String>,
    pub(super) token_lifetime: Duration,
    pub(super) code_lifetime: Duration,
    pub(super) refresh_token_lifetime: Option<Duration>,
    pub(super) strict: StrictChecks,
    pub(super) state_parameter: StateParameter,
    pub(super) refresh_tokens: RefreshTokens,
    pub(super) expires_in: ExpiresIn,
    pub(super) refresh_context: RefreshContext,
    pub(super) id_tokens: IdTokens,
    pub(super) refresh_id_tokens: IdTokens,
    pub(super) id_token_claims: Vec<(String, Value)>,
    pub(super) refresh_id_token_claims: Vec<(String, Value)>,
    pub(super) id_token_issuer: IdTokenIssuer,
    pub(super) keys: KeyRing,
    pub(super) key_ids: KeyIds,
    pub(super) more_keys: Vec<Value>,
    pub(super) iss_parameter: IssParameter,
    pub(super) metadata_fields: Vec<(String, Value)>,
    pub(super) token_fields: Vec<(String, Value)>,
    pub(super) refresh_fields: Vec<(String, Value)>,
    pub(super) record_limit: usize,
    pub(super) peculiarities: Vec<Peculiarity>,
    /// Whose habits are among these settings.
    pub(super) resembled: Option<Resembled>,
    pub(super) self_registration: SelfRegistration,
    pub(super) export: SandboxExport,
    /// How many seconds its clock is ahead.
    pub(super) clock_ahead: i64,
}

impl Settings {
    /// A new `launch` value, code or refresh token.
    pub(super) fn new_value(&self) -> String {
        match self.strict.has(StrictCheck::OddValues) {
            true => random::awkward(),
            false => random::url_safe(32),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::Automatic,
            automatic_answer: AutomaticAnswer::Allow,
            automatic_patient: None,
            automatic_user: None,
            token_lifetime: Duration::from_secs(3600),
            code_lifetime: Duration::from_secs(60),
            refresh_token_lifetime: None,
            strict: StrictChecks::default(),
            state_parameter: StateParameter::Returned,
            refresh_tokens: RefreshTokens::Rotating,
            expires_in: ExpiresIn::Number,
            refresh_context: RefreshContext::Omitted,
            id_tokens: IdTokens::Issued,
            refresh_id_tokens: IdTokens::Withheld,
            id_token_claims: Vec::new(),
            refresh_id_token_claims: Vec::new(),
            id_token_issuer: IdTokenIssuer::FhirBase,
            keys: KeyRing::default(),
            key_ids: KeyIds::Published,
            more_keys: Vec::new(),
            iss_parameter: IssParameter::Absent,
            metadata_fields: Vec::new(),
            token_fields: Vec::new(),
            refresh_fields: Vec::new(),
            record_limit: 100_000,
            peculiarities: Vec::new(),
            resembled: None,
            self_registration: SelfRegistration::Off,
            export: SandboxExport::new(),
            clock_ahead: 0,
        }
    }
}
