//! Clients that are made for one launch each, as Epic makes them for public clients (its *dynamic clients*; RFC 7523, section 2.1).

use serde_json::{Map, Value, json};

use super::{
    assertion,
    client::{ClientKind, Installations, SandboxClient},
    http::{Incoming, Params, Reply},
    random,
    state::Shared,
    token::Failure,
};

pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Makes such a client, where that is what a registration is about. `None`: it is about something else.
pub(super) fn register(shared: &Shared, incoming: &Incoming) -> Option<Reply> {
    let asked: Map<String, Value> = serde_json::from_str(&incoming.body).ok()?;
    let software_id = asked.get("software_id")?.as_str()?;
    let may = |client: &SandboxClient| client.installations == Installations::May;
    if !shared.state().clients.get(software_id).is_some_and(may) {
        return None;
    }
    Some(made(shared, incoming, software_id, &asked).unwrap_or_else(|refusal| refusal))
}

fn made(shared: &Shared, incoming: &Incoming, software_id: &str, asked: &Map<String, Value>) -> Result<Reply, Reply> {
    let invalid = |description: &str| Reply::refusal(400, "invalid_client_metadata", description);
    if incoming.method != "POST" {
        return Err(Reply::method_not_allowed("POST"));
    }
    let now = shared.now();
    let mut state = shared.state();
    let token = incoming
        .bearer_token()
        .and_then(|bearer| state.access_tokens.get(bearer))
        .cloned();
    let live = token.filter(|token| !token.revoked && now < token.expires);
    let grant = live.map(|token| token.grant).filter(|grant| {
        let grant = state.grants.get(*grant);
        grant.is_some_and(|grant| !grant.revoked && grant.agreement.client_id == software_id)
    });
    let Some(grant) = grant else {
        let description = "The Authorization header needs a live access token of a launch of this application.";
        return Err(Reply::refusal(401, "invalid_token", description)
            .with_header("www-authenticate", "Bearer realm=\"sandbox\", error=\"invalid_token\""));
    };
    if let Some(other) = asked
        .keys()
        .find(|name| !["software_id", "jwks"].contains(&name.as_str()))
    {
        return Err(invalid(&format!(
            "{other} does not belong into the registration of a client of one launch."
        )));
    }
    let keys = asked
        .get("jwks")
        .and_then(|jwks| jwks.get("keys"))
        .and_then(Value::as_array);
    let Some([key]) = keys.map(Vec::as_slice) else {
        return Err(invalid("jwks has to have exactly one key."));
    };
    if key.get("d").is_some() || key.get("k").is_some() {
        return Err(invalid(
            "jwks publishes a private or secret key: take it out and make a new one.",
        ));
    }
    let jwks = json!({ "keys": [key] });
    let client_id = format!("launch-{}", random::url_safe(12));
    let client = SandboxClient::of_launch(client_id.clone(), jwks.clone(), grant);
    state.clients.insert(client_id.clone(), client);
    let answer = json!({
        "client_id": client_id,
        "client_id_issued_at": now.as_secs(),
        "software_id": software_id,
        "token_endpoint_auth_method": "none",
        "grant_types": [JWT_BEARER],
        "jwks": jwks,
    });
    Ok(Reply::private_json(201, &answer))
}

/// The grant whose token a statement renews.
pub(super) async fn grant_of(shared: &Shared, incoming: &Incoming, form: &Params) -> Result<usize, Failure> {
    let invalid_client = Failure::unauthenticated;
    if incoming.header("authorization").is_some() || form.has("client_assertion") || form.has("client_secret") {
        return Err(invalid_client(
            "A client of one launch proves itself by the parameter assertion and by nothing else.",
        ));
    }
    let client_id = form
        .get("client_id")
        .ok_or_else(|| Failure::new("invalid_request", "client_id is missing."))?;
    let client = shared.state().clients.get(client_id).cloned();
    let Some((jwks, grant)) = client.and_then(|client| match (client.kind, client.installations) {
        (ClientKind::PrivateKeyJwt(jwks), Installations::Of(grant)) => Some((jwks, grant)),
        _ => None,
    }) else {
        return Err(invalid_client(&format!(
            "No launch has a client with the id {client_id}."
        )));
    };
    let jwt = form
        .get("assertion")
        .ok_or_else(|| Failure::new("invalid_request", "assertion is missing."))?;
    let refuse = |refusal: assertion::Refusal| Failure::new("invalid_grant", refusal.to_string());
    let unverified = assertion::Unverified::parse(jwt).map_err(refuse)?;
    let keys = assertion::key_set(&jwks).await.map_err(refuse)?;
    let rules = assertion::Rules::at(shared, &shared.token_endpoint());
    let accepted = unverified.verify(client_id, &jwks, &keys, &rules).map_err(refuse)?;
    if !shared.state().is_first_use(client_id, accepted) {
        return Err(Failure::new(
            "invalid_grant",
            "This jti has been used: every request needs a new assertion.",
        ));
    }
    Ok(grant)
}
