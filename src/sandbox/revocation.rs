//! Token revocation (RFC 7009) and introspection (RFC 7662).

use serde_json::{Map, Value, json};

use super::{
    Peculiarity,
    client::{Introspects, SandboxClient},
    client_auth,
    http::{Incoming, Reply},
    people,
    state::{AccessToken, GrantRecord, Shared, State},
    token::{Failure, form_of},
};

/// Revoking a refresh token ends the grant; revoking an access token ends that token.
pub(super) async fn revoke(shared: &Shared, incoming: &Incoming) -> Reply {
    let form = match form_of(incoming) {
        Ok(form) => form,
        Err(reply) => return reply,
    };
    let endpoint = format!("{}/revoke", shared.origin);
    let client = match client_auth::authenticate(shared, incoming, &form, &endpoint).await {
        Ok(client) => client,
        Err(refusal) => return refusal.reply(),
    };
    let Some(token) = form.get("token") else {
        return Failure::new("invalid_request", "token is missing.").reply();
    };
    let mut state = shared.state();
    let grant = match (state.refresh_tokens.get(token), state.access_tokens.get(token)) {
        (Some(refresh), _) => refresh.grant,
        (_, Some(access)) => access.grant,
        // Unknown is as good as revoked (RFC 7009 section 2.2).
        (None, None) => return Reply::empty(200).with_header("cache-control", "no-store"),
    };
    if !belongs_to(&state, grant, &client.client_id) {
        return Failure::new("unauthorized_client", "This token was given to another client.").reply();
    }
    if state.settings.has(&Peculiarity::OneGrantPerUser) {
        state.revoke_all_of_user(grant);
    }
    match state.access_tokens.get_mut(token) {
        Some(access) => access.revoked = true,
        None => state.revoke_grant(grant),
    }
    Reply::empty(200).with_header("cache-control", "no-store")
}

fn belongs_to(state: &State, grant: usize, client_id: &str) -> bool {
    state
        .grants
        .get(grant)
        .is_some_and(|grant| grant.agreement.client_id == client_id)
}

/// What a token is good for, told to the client that has it, or to a resource server, which proves itself by its credentials or by an access token
/// of its own (SMART App Launch 2.2, Token Introspection, Authorization).
pub(super) async fn introspect(shared: &Shared, incoming: &Incoming) -> Reply {
    let form = match form_of(incoming) {
        Ok(form) => form,
        Err(reply) => return reply,
    };
    let client_id = match incoming.bearer_token() {
        Some(token) => match shared.state().usable_access_token(token, shared.now()) {
            Some((_, grant)) => grant.agreement.client_id.clone(),
            None => {
                return Reply::refusal(401, "invalid_token", "The bearer token is not valid.")
                    .with_header("www-authenticate", "Bearer realm=\"sandbox\", error=\"invalid_token\"");
            }
        },
        None => {
            let endpoint = format!("{}/introspect", shared.origin);
            match client_auth::authenticate(shared, incoming, &form, &endpoint).await {
                Ok(client) => client.client_id,
                Err(refusal) => return refusal.reply(),
            }
        }
    };
    let Some(token) = form.get("token") else {
        return Failure::new("invalid_request", "token is missing.").reply();
    };
    let state = shared.state();
    let now = shared.now();
    let refresh = state.refresh_tokens.get(token);
    let refresh = refresh.filter(|refresh| !refresh.replaced && refresh.expires.is_none_or(|expires| now < expires));
    let refresh_grant = refresh.and_then(|refresh| state.grants.get(refresh.grant));
    let (grant, access) = match (state.usable_access_token(token, shared.now()), refresh_grant) {
        (Some((access, grant)), _) => (grant, Some(access)),
        (None, Some(grant)) if !grant.revoked => (grant, None),
        _ => return inactive(),
    };
    let is_own = grant.agreement.client_id == client_id;
    let is_resource_server = |client: &SandboxClient| client.introspects == Introspects::AllTokens;
    // Refresh tokens are shown to nobody but the authorization server, so that a resource server has no business with them.
    if !is_own && (access.is_none() || !state.clients.get(&client_id).is_some_and(is_resource_server)) {
        return inactive();
    }
    let issuer = shared.issuer(state.settings.id_token_issuer);
    Reply::private_json(200, &description(shared, grant, access, &issuer))
}

fn inactive() -> Reply {
    Reply::private_json(200, &json!({"active": false}))
}

/// `issuer`: whose id tokens name the user.
fn description(shared: &Shared, grant: &GrantRecord, access: Option<&AccessToken>, issuer: &str) -> Value {
    let agreement = &grant.agreement;
    let mut members = Map::new();
    let scopes = access.map_or(&agreement.scopes, |access| &access.scopes);
    members.insert("active".to_owned(), json!(true));
    members.insert("scope".to_owned(), json!(scopes.join(" ")));
    members.insert("client_id".to_owned(), json!(agreement.client_id));
    if let Some(access) = access {
        members.insert("exp".to_owned(), json!(access.expires.as_secs()));
    }
    if let Some(patient) = &agreement.patient {
        members.insert("patient".to_owned(), json!(patient));
    }
    if let Some(encounter) = &agreement.encounter {
        members.insert("encounter".to_owned(), json!(encounter));
    }
    let granted = |scope: &str| agreement.scopes.iter().any(|s| s == scope);
    if granted("openid") {
        members.insert("iss".to_owned(), json!(issuer));
        members.insert("sub".to_owned(), json!(people::subject(&agreement.user)));
        if granted("fhirUser") {
            members.insert(
                "fhirUser".to_owned(),
                json!(format!("{}/{}", shared.fhir_base(), agreement.user)),
            );
        }
    }
    Value::Object(members)
}
