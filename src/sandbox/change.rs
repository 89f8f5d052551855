//! Settings as files and JSON say them: [`SandboxSettings`].

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    AutomaticAnswer, ExpiresIn, ExportFilesAt, IdTokenIssuer, IdTokens, IssParameter, KeyIds, Mode, Peculiarity,
    RefreshContext, RefreshTokens, SandboxExport, SelfRegistration, StateParameter, StrictCheck, Strictness, Vendor,
    bulk_settings, settings::Settings, start_mistake::StartMistake, strictness::StrictChecks, written::seconds,
};

#[cfg(test)]
mod tests;

/// Settings of a sandbox as files and JSON say them. What is not said stays as it is.
///
/// The names are those of the setters, with hyphens; times are in seconds. Each takes the place of what was said of it before. Some belong together,
/// and each of them takes the place of all:
///
/// * `vendor` and `peculiarities`: those of the vendor, then those of the list. A vendor also changes other settings, unless they are said too
///   (lifetime of access tokens, refresh tokens and their context, members of token responses). Another vendor takes its place there too: what the
///   first has changed, and nobody since, is as it was before.
/// * `strictness`, `strict-checks` and `without-strict-checks`: the checks of the first, with and without those.
/// * `metadata-fields` sets members, and `omit-metadata-fields` takes members away. The same of `token-response-fields`,
///   `refresh-response-fields`, `id-token-claims` and `refresh-id-token-claims`.
///
/// ```
/// use actix_smart_auth::sandbox::{SandboxServer, SandboxSettings};
/// use serde_json::json;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let settings: SandboxSettings = serde_json::from_value(json!({
///     "vendor": "epic",
///     "token-lifetime": 5,
///     "token-response-fields": {"intent": "summary"},
/// }))?;
/// let sandbox = SandboxServer::builder().change(settings).start()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(
    default,
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "settings by their keys"
)]
pub struct SandboxSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<Vendor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peculiarities: Option<Vec<Peculiarity>>,

    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<Mode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    automatic_answer: Option<AutomaticAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    automatic_patient: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    automatic_user: Option<String>,

    #[serde(skip_serializing_if = "Option::is_none")]
    token_lifetime: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_lifetime: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token_lifetime: Option<Lifetime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_ahead: Option<i64>,

    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_tokens: Option<RefreshTokens>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<ExpiresIn>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_context: Option<RefreshContext>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_response_fields: Option<Members>,
    #[serde(skip_serializing_if = "Option::is_none")]
    omit_token_response_fields: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_response_fields: Option<Members>,
    #[serde(skip_serializing_if = "Option::is_none")]
    omit_refresh_response_fields: Option<Vec<String>>,

    #[serde(skip_serializing_if = "Option::is_none")]
    id_tokens: Option<IdTokens>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_id_tokens: Option<IdTokens>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token_issuer: Option<IdTokenIssuer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token_claims: Option<Members>,
    #[serde(skip_serializing_if = "Option::is_none")]
    omit_id_token_claims: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_id_token_claims: Option<Members>,
    #[serde(skip_serializing_if = "Option::is_none")]
    omit_refresh_id_token_claims: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_ids: Option<KeyIds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    more_keys: Option<Vec<Value>>,

    #[serde(skip_serializing_if = "Option::is_none")]
    strictness: Option<Strictness>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict_checks: Option<Vec<StrictCheck>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    without_strict_checks: Option<Vec<StrictCheck>>,

    #[serde(skip_serializing_if = "Option::is_none")]
    state_parameter: Option<StateParameter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss_parameter: Option<IssParameter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata_fields: Option<Members>,
    #[serde(skip_serializing_if = "Option::is_none")]
    omit_metadata_fields: Option<Vec<String>>,

    #[serde(skip_serializing_if = "Option::is_none")]
    self_registration: Option<SelfRegistration>,
    #[serde(
        deserialize_with = "bulk_settings::described",
        skip_serializing_if = "Option::is_none"
    )]
    export: Option<SandboxExport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record_limit: Option<usize>,
}

/// Members of a JSON object; `null` takes one away.
type Members = BTreeMap<String, Value>;

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Seconds(#[serde(with = "seconds")] Duration);

/// Of a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "give seconds, 0 or more, or `for-good`")]
enum Lifetime {
    Seconds(Seconds),
    Word(Unlimited),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Unlimited {
    ForGood,
}

/// Why settings of a running sandbox stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsRefused {
    /// Files of exports at another port, which is opened at the start alone.
    #[error("the other port for files of exports is opened at the start; say files-at before it, and start again")]
    FilesAtAnotherPort,
    /// The automatic patient or the automatic user is nobody of the data.
    #[error(transparent)]
    Nobody(StartMistake),
}

impl SandboxSettings {
    pub(super) fn of(settings: &Settings) -> Self {
        let members = |pairs: &[(String, Value)]| Some(pairs.iter().cloned().collect::<Members>());
        let Settings {
            mode,
            automatic_answer,
            automatic_patient,
            automatic_user,
            token_lifetime,
            code_lifetime,
            refresh_token_lifetime,
            strict,
            state_parameter,
            refresh_tokens,
            expires_in,
            refresh_context,
            id_tokens,
            refresh_id_tokens,
            id_token_claims,
            refresh_id_token_claims,
            id_token_issuer,
            // Changed by turning to the next key.
            keys: _,
            key_ids,
            more_keys,
            iss_parameter,
            metadata_fields,
            token_fields,
            refresh_fields,
            record_limit,
            peculiarities,
            // What it has changed is given.
            resembled: _,
            self_registration,
            export,
            clock_ahead,
        } = settings.clone();
        Self {
            vendor: None,
            peculiarities: Some(peculiarities),
            mode: Some(mode),
            automatic_answer: Some(automatic_answer),
            automatic_patient,
            automatic_user,
            token_lifetime: Some(Seconds(token_lifetime)),
            code_lifetime: Some(Seconds(code_lifetime)),
            refresh_token_lifetime: Some(match refresh_token_lifetime {
                Some(lifetime) => Lifetime::Seconds(Seconds(lifetime)),
                None => Lifetime::Word(Unlimited::ForGood),
            }),
            clock_ahead: Some(clock_ahead),
            refresh_tokens: Some(refresh_tokens),
            expires_in: Some(expires_in),
            refresh_context: Some(refresh_context),
            token_response_fields: members(&token_fields),
            omit_token_response_fields: None,
            refresh_response_fields: members(&refresh_fields),
            omit_refresh_response_fields: None,
            id_tokens: Some(id_tokens),
            refresh_id_tokens: Some(refresh_id_tokens),
            id_token_issuer: Some(id_token_issuer),
            id_token_claims: members(&id_token_claims),
            omit_id_token_claims: None,
            refresh_id_token_claims: members(&refresh_id_token_claims),
            omit_refresh_id_token_claims: None,
            key_ids: Some(key_ids),
            more_keys: Some(more_keys),
            strictness: None,
            strict_checks: Some(strict.made().collect()),
            without_strict_checks: None,
            state_parameter: Some(state_parameter),
            iss_parameter: Some(iss_parameter),
            metadata_fields: members(&metadata_fields),
            omit_metadata_fields: None,
            self_registration: Some(self_registration),
            export: Some(export),
            record_limit: Some(record_limit),
        }
    }

    pub(super) fn automatic_patient(&self) -> Option<&str> {
        self.automatic_patient.as_deref()
    }

    pub(super) fn automatic_user(&self) -> Option<&str> {
        self.automatic_user.as_deref()
    }

    pub(super) fn wants_files_port(&self) -> bool {
        let place = self.export.as_ref().map(|export| &export.files_at);
        matches!(place, Some(ExportFilesAt::OtherPort | ExportFilesAt::Redirected))
    }

    /// Which checks are made, if it says that.
    fn checks(&self) -> Option<StrictChecks> {
        if self.strictness.is_none() && self.strict_checks.is_none() && self.without_strict_checks.is_none() {
            return None;
        }
        let mut checks = StrictChecks::of(self.strictness.unwrap_or_default());
        for check in self.strict_checks.iter().flatten() {
            checks.add(*check);
        }
        for check in self.without_strict_checks.iter().flatten() {
            checks.leave_out(*check);
        }
        Some(checks)
    }
}

/// Takes over the settings that are said.
macro_rules! take {
    ($from:ident, $into:ident: $($name:ident),+ $(,)?) => {
        $(if let Some(value) = $from.$name {
            $into.$name = value;
        })+
    };
}

impl Settings {
    pub(super) fn change(&mut self, change: SandboxSettings) {
        if let Some(checks) = change.checks() {
            self.strict = checks;
        }
        if change.vendor.is_some() || change.peculiarities.is_some() {
            self.peculiarities.clear();
        }
        let says_fields = change.token_response_fields.is_some() || change.omit_token_response_fields.is_some();
        if says_fields {
            self.token_fields.clear();
        }
        // First, so that what else is said holds.
        if let Some(vendor) = change.vendor {
            self.resemble(vendor);
        }
        self.peculiarities.extend(change.peculiarities.into_iter().flatten());
        self.token_fields
            .extend(pairs(change.token_response_fields, change.omit_token_response_fields));
        set(
            &mut self.refresh_fields,
            change.refresh_response_fields,
            change.omit_refresh_response_fields,
        );
        set(
            &mut self.metadata_fields,
            change.metadata_fields,
            change.omit_metadata_fields,
        );
        set(
            &mut self.id_token_claims,
            change.id_token_claims,
            change.omit_id_token_claims,
        );
        set(
            &mut self.refresh_id_token_claims,
            change.refresh_id_token_claims,
            change.omit_refresh_id_token_claims,
        );
        if let Some(Seconds(lifetime)) = change.token_lifetime {
            self.token_lifetime = lifetime;
        }
        if let Some(Seconds(lifetime)) = change.code_lifetime {
            self.code_lifetime = lifetime;
        }
        match change.refresh_token_lifetime {
            Some(Lifetime::Seconds(Seconds(lifetime))) => self.refresh_token_lifetime = Some(lifetime),
            Some(Lifetime::Word(Unlimited::ForGood)) => self.refresh_token_lifetime = None,
            None => {}
        }
        self.automatic_patient = change.automatic_patient.or(self.automatic_patient.take());
        self.automatic_user = change.automatic_user.or(self.automatic_user.take());
        take!(change, self:
            mode, automatic_answer, clock_ahead, refresh_tokens, expires_in,
            refresh_context, id_tokens, refresh_id_tokens, id_token_issuer, key_ids, more_keys, state_parameter,
            iss_parameter, self_registration, export, record_limit,
        );
    }
}

/// Puts these members in the place of those that were set before, if any are said.
fn set(into: &mut Vec<(String, Value)>, members: Option<Members>, omitted: Option<Vec<String>>) {
    if members.is_some() || omitted.is_some() {
        *into = pairs(members, omitted).collect();
    }
}

fn pairs(members: Option<Members>, omitted: Option<Vec<String>>) -> impl Iterator<Item = (String, Value)> {
    let omitted = omitted.into_iter().flatten().map(|name| (name, Value::Null));
    members.into_iter().flatten().chain(omitted)
}
