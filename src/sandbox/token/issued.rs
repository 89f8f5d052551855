//! What a token request gets: [`TokenResponse`], and what is in it.

use serde_json::{Map, Value, json};

use super::has;
use crate::sandbox::{
    Peculiarity, ehr,
    http::{Reply, override_fields},
    keys::KeyRing,
    launching::{EhrStyle, LaunchedIn},
    people, random,
    settings::{ExpiresIn, KeyIds, Settings},
    state::{AccessToken, Agreement, RefreshToken, Shared, State},
};

/// A token response whose id token is not signed yet: that is slow, and is done without the lock.
pub(super) struct TokenResponse {
    pub(super) members: Map<String, Value>,
    pub(super) agreement: Agreement,
    pub(super) overrides: Vec<(String, Value)>,
    /// With what signs them.
    pub(super) id_claims: Option<(Value, KeyRing, KeyIds)>,
}

impl TokenResponse {
    /// As the settings want it, with a signed id token.
    pub(super) fn reply(mut self, shared: &Shared) -> Reply {
        shared.state().settings.write_oddly(&mut self.members, &self.agreement);
        if let Some((claims, keys, key_ids)) = self.id_claims {
            match keys.sign(&claims, &key_ids) {
                Ok(id_token) => self.members.insert("id_token".to_owned(), json!(id_token)),
                Err(error) => return Reply::refusal(500, "server_error", &error.to_string()),
            };
        }
        override_fields(
            &mut self.members,
            self.overrides.iter().map(|(name, value)| (name, value)),
        );
        Reply::private_json(200, &Value::Object(self.members))
    }
}

pub(in crate::sandbox) fn issue_access_token(
    shared: &Shared,
    state: &mut State,
    grant: usize,
    scopes: Vec<String>,
) -> Map<String, Value> {
    let lifetime = state.settings.token_lifetime;
    let value = random::url_safe(32);
    let mut members = Map::new();
    members.insert("access_token".to_owned(), json!(value));
    members.insert("token_type".to_owned(), json!("Bearer"));
    match state.settings.expires_in {
        ExpiresIn::Number => members.insert("expires_in".to_owned(), json!(lifetime.as_secs())),
        ExpiresIn::Text => members.insert("expires_in".to_owned(), json!(lifetime.as_secs().to_string())),
        ExpiresIn::Absent => None,
    };
    members.insert("scope".to_owned(), json!(scopes.join(" ")));
    state.access_tokens.insert(
        value,
        AccessToken {
            grant,
            scopes,
            expires: shared.now().saturating_add(lifetime),
            revoked: false,
        },
    );
    members
}

pub(super) fn issue_refresh_token(shared: &Shared, state: &mut State, grant: usize) -> String {
    let value = state.settings.new_value();
    let lifetime = state.settings.refresh_token_lifetime;
    let token = RefreshToken {
        grant,
        issued: shared.now(),
        expires: lifetime.map(|lifetime| shared.now().saturating_add(lifetime)),
        replaced: false,
    };
    state.refresh_tokens.insert(value.clone(), token);
    value
}

pub(super) fn add_context(members: &mut Map<String, Value>, agreement: &Agreement, origin: &str) {
    let details = &agreement.details;
    if let Some(patient) = &agreement.patient {
        members.insert("patient".to_owned(), json!(patient));
        // In a frame of the EHR its page says who the patient is.
        let needs_banner = details.place == LaunchedIn::Tab;
        members.insert("need_patient_banner".to_owned(), json!(needs_banner));
    }
    if let Some(intent) = &details.intent {
        members.insert("intent".to_owned(), json!(intent));
    }
    if details.style == EhrStyle::Said {
        members.insert("smart_style_url".to_owned(), json!(ehr::style_address(origin)));
    }
    if let Some(encounter) = &agreement.encounter {
        members.insert("encounter".to_owned(), json!(encounter));
    }
}

/// When an id token is issued.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    Exchange,
    Refresh,
}

pub(super) fn id_claims(
    shared: &Shared,
    settings: &Settings,
    agreement: &Agreement,
    occasion: Occasion,
) -> (Value, KeyRing, KeyIds) {
    let now = shared.now();
    let subject = people::subject(&agreement.user);
    let mut claims = Map::new();
    claims.insert("iss".to_owned(), json!(shared.issuer(settings.id_token_issuer)));
    claims.insert("sub".to_owned(), json!(subject));
    claims.insert("aud".to_owned(), json!(agreement.client_id));
    claims.insert("iat".to_owned(), json!(now.as_secs()));
    let expires = now.saturating_add(settings.token_lifetime);
    claims.insert("exp".to_owned(), json!(expires.as_secs()));
    if let Some(nonce) = agreement.nonce.as_ref().filter(|_| occasion == Occasion::Exchange) {
        claims.insert("nonce".to_owned(), json!(nonce));
    }
    if let Some(signed_in) = agreement.auth_time.filter(|_| !settings.has(&Peculiarity::NoAuthTime)) {
        claims.insert("auth_time".to_owned(), json!(signed_in.as_secs()));
    }
    if has(&agreement.scopes, "fhirUser") {
        let url = format!("{}/{}", shared.fhir_base(), agreement.user);
        claims.insert("fhirUser".to_owned(), json!(url));
    }
    let of_refresh = settings.refresh_id_token_claims.iter();
    let of_refresh = of_refresh.filter(|_| occasion == Occasion::Refresh);
    let overrides = settings.id_token_claims.iter().chain(of_refresh);
    override_fields(&mut claims, overrides.map(|(name, value)| (name, value)));
    (Value::Object(claims), settings.keys.clone(), settings.key_ids.clone())
}
