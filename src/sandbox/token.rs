//! The token endpoint: codes and refresh tokens become access tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{
    Peculiarity, backend,
    client::{ClientKind, Installations, SandboxClient},
    client_auth, ehr,
    http::{Incoming, Params, Reply, override_fields},
    installation::{self, JWT_BEARER},
    keys::KeyRing,
    launching::{EhrStyle, LaunchedIn},
    people, random, scopes,
    settings::{ExpiresIn, IdTokens, KeyIds, RefreshContext, RefreshTokens, Settings},
    state::{AccessToken, Agreement, GrantRecord, RefreshToken, Shared, State},
};

/// An OAuth error (RFC 6749 section 5.2).
#[derive(Debug)]
pub(super) struct Failure {
    status: u16,
    error: &'static str,
    description: String,
}

impl Failure {
    pub(super) fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self {
            status: 400,
            error,
            description: description.into(),
        }
    }

    /// Nobody knows who asks.
    pub(super) fn unauthenticated(description: &str) -> Self {
        Self {
            status: 401,
            ..Self::new("invalid_client", description)
        }
    }

    fn throttled() -> Self {
        Self {
            status: 429,
            ..Self::new(
                "slow_down",
                "This was refreshed a moment ago: wait before the next time.",
            )
        }
    }

    fn invalid_grant(description: &str) -> Self {
        Self::new("invalid_grant", description)
    }

    pub(super) fn reply(&self) -> Reply {
        Reply::refusal(self.status, self.error, &self.description)
    }
}

/// A token response whose id token is not signed yet: that is slow, and is done without the lock.
struct TokenResponse {
    members: Map<String, Value>,
    agreement: Agreement,
    overrides: Vec<(String, Value)>,
    /// With what signs them.
    id_claims: Option<(Value, KeyRing, KeyIds)>,
}

pub(super) async fn token(shared: &Shared, incoming: &Incoming) -> Reply {
    let form = match form_of(incoming) {
        Ok(form) => form,
        Err(reply) => return reply,
    };
    let is_refresh = form.get("grant_type") == Some("refresh_token");
    let wants_id = shared.state().settings.has(&Peculiarity::ClientIdOnRefresh);
    if is_refresh && wants_id && !form.has("client_id") {
        return Failure::new("invalid_request", "Check the `client_id` parameter.").reply();
    }
    if form.get("grant_type") == Some(JWT_BEARER) {
        let grant = installation::grant_of(shared, incoming, &form).await;
        return answer(
            shared,
            grant.and_then(|grant| renewed(shared, &mut shared.state(), grant, &form)),
        );
    }
    let client = match client_auth::authenticate(shared, incoming, &form, &shared.token_endpoint()).await {
        Ok(client) => client,
        Err(refusal) => return refusal.reply(),
    };
    let outcome = match form.get("grant_type") {
        Some("authorization_code") => exchange(shared, &client, &form),
        Some("refresh_token") => refresh(shared, &client, &form),
        Some("client_credentials") => {
            return match backend::client_credentials(shared, &client, &form) {
                Ok(mut members) => {
                    let overrides = shared.state().settings.token_fields.clone();
                    override_fields(&mut members, overrides.iter().map(|(name, value)| (name, value)));
                    Reply::private_json(200, &Value::Object(members))
                }
                Err(failure) => failure.reply(),
            };
        }
        Some(other) => Err(Failure::new(
            "unsupported_grant_type",
            format!("grant_type is {other}; authorization_code, refresh_token and client_credentials are supported."),
        )),
        None => Err(Failure::new("invalid_request", "grant_type is missing.")),
    };
    answer(shared, outcome)
}

fn answer(shared: &Shared, outcome: Result<TokenResponse, Failure>) -> Reply {
    match outcome {
        Ok(mut response) => {
            write_oddly(shared, &mut response);
            finish(response)
        }
        Err(failure) => failure.reply(),
    }
}

/// The form of a POST to an OAuth endpoint: nothing in the query, nothing repeated.
pub(super) fn form_of(incoming: &Incoming) -> Result<Params, Reply> {
    if incoming.method != "POST" {
        return Err(Reply::method_not_allowed("POST"));
    }
    let invalid = |description: String| Failure::new("invalid_request", description).reply();
    if !incoming.raw_query.is_empty() {
        return Err(invalid("Parameters belong into the body, not into the URL.".to_owned()));
    }
    let form = incoming
        .form()
        .ok_or_else(|| invalid("The content type has to be application/x-www-form-urlencoded.".to_owned()))?;
    Params::new(form).map_err(|name| invalid(format!("The parameter {name} is repeated; it may be there once.")))
}

fn exchange(shared: &Shared, client: &SandboxClient, form: &Params) -> Result<TokenResponse, Failure> {
    let required = |name: &str| {
        form.get(name)
            .ok_or_else(|| Failure::new("invalid_request", format!("{name} is missing.")))
    };
    let code_value = required("code")?;
    let redirect_uri = required("redirect_uri")?;
    let now = shared.now();
    let mut state = shared.state();

    let code = state
        .codes
        .get_mut(code_value)
        .ok_or_else(|| Failure::invalid_grant("Unknown code: it has to be the one of the redirect, decoded."))?;
    // Whatever is wrong with the rest: a code that was presented is a code that may have leaked.
    let used_before = std::mem::replace(&mut code.used, true);
    let code = code.clone();
    if used_before {
        if let Some(grant) = code.grant {
            state.revoke_grant(grant);
        }
        return Err(Failure::invalid_grant(
            "This code has been used; what it gave is revoked.",
        ));
    }
    if code.agreement.client_id != client.client_id {
        return Err(Failure::invalid_grant("This code was given to another client."));
    }
    if now >= code.expires {
        return Err(Failure::invalid_grant("This code has expired."));
    }
    if code.redirect_uri != redirect_uri {
        let uri = &code.redirect_uri;
        return Err(Failure::invalid_grant(&format!(
            "redirect_uri has to be that of the authorization request, {uri}"
        )));
    }
    check_verifier(code.code_challenge.as_deref(), form.get("code_verifier"))?;

    let grant = state.grants.push(GrantRecord {
        agreement: code.agreement.clone(),
        refreshes: 0,
        tried: None,
        reuse_detected: false,
        revoked: false,
    });
    if let Some(code) = state.codes.get_mut(code_value) {
        code.grant = Some(grant);
    }
    let mut members = issue_access_token(shared, &mut state, grant, code.agreement.scopes.clone());
    let wants_refresh = ["offline_access", "online_access"]
        .iter()
        .any(|s| has(&code.agreement.scopes, s));
    let withheld = client.installations == Installations::May
        || (client.kind == ClientKind::Public && state.settings.has(&Peculiarity::NoRefreshForPublic));
    if wants_refresh && !withheld && state.settings.refresh_tokens != RefreshTokens::None {
        members.insert(
            "refresh_token".to_owned(),
            json!(issue_refresh_token(shared, &mut state, grant)),
        );
    }
    add_context(&mut members, &code.agreement, &shared.origin);
    let id_claims = (state.settings.id_tokens == IdTokens::Issued && has(&code.agreement.scopes, "openid"))
        .then(|| id_claims(shared, &state.settings, &code.agreement, Occasion::Exchange));
    Ok(TokenResponse {
        members,
        agreement: code.agreement,
        overrides: state.settings.token_fields.clone(),
        id_claims,
    })
}

/// Proof Key for Code Exchange (RFC 7636, section 4.6). A verifier without a challenge is refused, or it could be left out of the request
/// by somebody on the way (RFC 9700, section 4.8.2).
fn check_verifier(challenge: Option<&str>, verifier: Option<&str>) -> Result<(), Failure> {
    let (challenge, verifier) = match (challenge, verifier) {
        (None, None) => return Ok(()),
        (None, Some(_)) => {
            return Err(Failure::invalid_grant(
                "There is a code_verifier, and the authorization request had no code_challenge.",
            ));
        }
        (Some(_), None) => return Err(Failure::new("invalid_request", "code_verifier is missing.")),
        (Some(challenge), Some(verifier)) => (challenge, verifier),
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    if !(43..=128).contains(&verifier.len()) || !verifier.chars().all(allowed) {
        return Err(Failure::invalid_grant(
            "code_verifier has to have 43 to 128 characters, each of A-Z a-z 0-9 - . _ ~ (RFC 7636, section 4.1).",
        ));
    }
    match URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == challenge {
        true => Ok(()),
        false => Err(Failure::invalid_grant(
            "code_verifier does not fit code_challenge, which has to be the base64url of its SHA-256 hash.",
        )),
    }
}

fn refresh(shared: &Shared, client: &SandboxClient, form: &Params) -> Result<TokenResponse, Failure> {
    let presented = form
        .get("refresh_token")
        .ok_or_else(|| Failure::new("invalid_request", "refresh_token is missing."))?;
    let mut state = shared.state();
    let token = state.refresh_tokens.get(presented).cloned();
    let of_grant = token.and_then(|token| Some((state.grants.get(token.grant).cloned()?, token)));
    let (grant, token) = of_grant.ok_or_else(|| Failure::invalid_grant("Unknown refresh token."))?;
    if grant.agreement.client_id != client.client_id {
        return Err(Failure::invalid_grant(
            "This refresh token was given to another client.",
        ));
    }
    let now = shared.now();
    if token.expires.is_some_and(|expires| now >= expires) {
        return Err(Failure::invalid_grant("This refresh token has expired."));
    }
    let too_soon = |interval| grant.tried.is_some_and(|tried| now < tried.saturating_add(interval));
    if state.settings.throttle().is_some_and(too_soon) {
        return Err(Failure::throttled());
    }
    if let Some(grant) = state.grants.get_mut(token.grant) {
        grant.tried = Some(now);
    }
    if state.settings.has(&Peculiarity::RefreshWithScope) && !form.has("scope") {
        return Err(Failure::new(
            "invalid_request",
            "scope is missing: this server wants it in a refresh.",
        ));
    }
    if state.settings.has(&Peculiarity::RefreshWithoutScope) && form.has("scope") {
        return Err(Failure::new(
            "invalid_scope",
            "This server wants no scope in a refresh.",
        ));
    }
    if token.replaced && state.settings.has(&Peculiarity::SpentIsInvalidRequest) {
        return Err(Failure::new("invalid_request", "Invalid token"));
    }
    if token.replaced {
        // Somebody else may hold the new one, so nobody keeps anything (RFC 9700 section 4.14.2).
        state.revoke_grant(token.grant);
        if let Some(grant) = state.grants.get_mut(token.grant) {
            grant.reuse_detected = true;
        }
        return Err(Failure::invalid_grant(
            "This refresh token has been used; the whole grant is revoked.",
        ));
    }
    let mut response = renewed(shared, &mut state, token.grant, form)?;
    if state.settings.refresh_tokens == RefreshTokens::Rotating {
        if let Some(old) = state.refresh_tokens.get_mut(presented) {
            old.replaced = true;
        }
        response.members.insert(
            "refresh_token".to_owned(),
            json!(issue_refresh_token(shared, &mut state, token.grant)),
        );
    }
    Ok(response)
}

/// Another access token of a grant.
fn renewed(shared: &Shared, state: &mut State, number: usize, form: &Params) -> Result<TokenResponse, Failure> {
    let grant = state.grants.get(number).filter(|grant| !grant.revoked).cloned();
    let grant = grant.ok_or_else(|| Failure::invalid_grant("This grant is revoked: a new launch is needed."))?;
    let scopes = match form.get("scope") {
        None => grant.agreement.scopes.clone(),
        Some(narrower) => narrower
            .split(' ')
            .filter(|s| !s.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    };
    if scopes.is_empty() {
        return Err(Failure::new(
            "invalid_scope",
            "scope names nothing; leave it out to keep what was granted.",
        ));
    }
    let given = &grant.agreement.scopes;
    let was_given = |scope: &String| has(given, scope) || given.iter().any(|outer| scopes::contains(outer, scope));
    if let Some(extra) = scopes.iter().find(|scope| !was_given(scope)) {
        let description = format!("{extra} was not granted at the beginning.");
        return Err(Failure::new("invalid_scope", description));
    }

    let has_openid = has(&scopes, "openid");
    let mut members = issue_access_token(shared, state, number, scopes);
    if state.settings.refresh_context == RefreshContext::Repeated {
        add_context(&mut members, &grant.agreement, &shared.origin);
    }
    if let Some(grant) = state.grants.get_mut(number) {
        grant.refreshes += 1;
    }
    let id_claims = (state.settings.refresh_id_tokens == IdTokens::Issued && has_openid)
        .then(|| id_claims(shared, &state.settings, &grant.agreement, Occasion::Refresh));
    Ok(TokenResponse {
        members,
        agreement: grant.agreement,
        overrides: state.settings.refresh_fields.clone(),
        id_claims,
    })
}

fn has(scopes: &[String], scope: &str) -> bool {
    scopes.iter().any(|granted| granted == scope)
}

pub(super) fn issue_access_token(
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

fn issue_refresh_token(shared: &Shared, state: &mut State, grant: usize) -> String {
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

fn add_context(members: &mut Map<String, Value>, agreement: &Agreement, origin: &str) {
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
enum Occasion {
    Exchange,
    Refresh,
}

fn id_claims(
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

fn write_oddly(shared: &Shared, response: &mut TokenResponse) {
    let state = shared.state();
    state.settings.write_oddly(&mut response.members, &response.agreement);
}

fn finish(response: TokenResponse) -> Reply {
    let mut members = response.members;
    if let Some((claims, keys, key_ids)) = response.id_claims {
        match keys.sign(&claims, &key_ids) {
            Ok(id_token) => members.insert("id_token".to_owned(), json!(id_token)),
            Err(error) => return Reply::refusal(500, "server_error", &error.to_string()),
        };
    }
    override_fields(
        &mut members,
        response.overrides.iter().map(|(name, value)| (name, value)),
    );
    Reply::private_json(200, &Value::Object(members))
}
