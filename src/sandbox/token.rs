//! The token endpoint: codes and refresh tokens become access tokens.

mod failure;
mod issued;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use self::issued::{Occasion, TokenResponse, add_context, id_claims, issue_refresh_token};
pub(super) use self::{failure::Failure, issued::issue_access_token};
use super::{
    Peculiarity, backend,
    client::{ClientKind, Installations, SandboxClient},
    client_auth,
    http::{Incoming, Params, Reply, override_fields},
    installation::{self, JWT_BEARER},
    scopes,
    settings::{IdTokens, RefreshContext, RefreshTokens},
    state::{GrantRecord, Shared, State},
};

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
        Ok(response) => response.reply(shared),
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
