//! Client authentication at the token, revocation and introspection endpoints: exactly one way per client.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    Peculiarity, assertion,
    client::{ClientKind, SandboxClient},
    http::{Incoming, Params, Reply},
    state::Shared,
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// `invalid_client`, and what to change. Descriptions this frank are for a sandbox; a real server says less.
#[derive(Debug)]
pub(super) struct Unauthenticated {
    reason: String,
    basic: bool,
}

impl Unauthenticated {
    fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            basic: false,
        }
    }

    fn basic(reason: &str) -> Self {
        Self {
            reason: reason.to_owned(),
            basic: true,
        }
    }

    pub(super) fn reply(&self) -> Reply {
        let reply = Reply::oauth_error(401, "invalid_client", Some(&self.reason));
        match self.basic {
            true => reply.with_header("www-authenticate", "Basic realm=\"sandbox\", charset=\"UTF-8\""),
            false => reply,
        }
    }
}

/// Finds out who sent the request, and checks that they proved it in the way they registered for.
///
/// `endpoint` is the URL the request was sent to: besides the token endpoint's, the `aud` that assertions may have.
pub(super) async fn authenticate(
    shared: &Shared,
    incoming: &Incoming,
    form: &Params,
    endpoint: &str,
) -> Result<SandboxClient, Unauthenticated> {
    if incoming.headers.iter().any(|(name, _)| name == "authorization") {
        return by_secret(shared, incoming, form);
    }
    if form.has("client_assertion") || form.has("client_assertion_type") {
        return by_assertion(shared, form, endpoint).await;
    }
    if form.has("client_secret") {
        return Err(Unauthenticated::new(
            "client_secret in the body is not supported; use HTTP Basic.",
        ));
    }
    let client = registered(shared, form.get("client_id"))?;
    match client.kind {
        ClientKind::Public => Ok(client),
        ClientKind::Secret(_) => Err(Unauthenticated::basic(
            "This client has to authenticate with HTTP Basic.",
        )),
        ClientKind::PrivateKeyJwt(_) => Err(Unauthenticated::new("This client has to send a client_assertion.")),
    }
}

fn registered(shared: &Shared, client_id: Option<&str>) -> Result<SandboxClient, Unauthenticated> {
    let client_id = client_id.ok_or_else(|| Unauthenticated::new("The request does not say which client sent it."))?;
    let client = shared.state().clients.get(client_id).cloned();
    client.ok_or_else(|| Unauthenticated::new("No client with this id is registered."))
}

fn by_secret(shared: &Shared, incoming: &Incoming, form: &Params) -> Result<SandboxClient, Unauthenticated> {
    let refuse = Unauthenticated::basic;
    let mut headers = incoming.headers.iter().filter(|(name, _)| name == "authorization");
    let (Some((_, header)), None) = (headers.next(), headers.next()) else {
        return Err(refuse("There are several Authorization headers."));
    };
    let (id_is_wanted, decode) = {
        let state = shared.state();
        let decode: fn(&str) -> String = match state.settings.has(&Peculiarity::UndecodedBasic) {
            true => str::to_owned,
            false => form_decode,
        };
        (state.settings.has(&Peculiarity::ClientIdOnRefresh), decode)
    };
    if ["client_secret", "client_assertion", "client_assertion_type"]
        .iter()
        .any(|name| form.has(name))
        || (form.has("client_id") && !id_is_wanted)
    {
        return Err(refuse(
            "Client credentials belong into the Authorization header or into the body, not into both.",
        ));
    }
    let (id, secret) =
        basic_credentials(header, decode).ok_or_else(|| refuse("The Authorization header is not HTTP Basic."))?;
    if form.get("client_id").is_some_and(|named| named != id) {
        return Err(refuse("client_id names another client than the Authorization header."));
    }
    let client = shared.state().clients.get(&id).cloned();
    // One answer for both mistakes, as a real server gives.
    let client = client.ok_or_else(|| refuse("Unknown client or wrong secret."))?;
    match &client.kind {
        ClientKind::Secret(expected) if *expected == secret => Ok(client),
        ClientKind::Secret(_) => Err(refuse("Unknown client or wrong secret.")),
        ClientKind::Public => Err(refuse("A public client must not send an Authorization header.")),
        ClientKind::PrivateKeyJwt(_) => Err(refuse("This client has to send a client_assertion.")),
    }
}

/// User name and password of a Basic header, each decoded: from a form (RFC 6749 section 2.3.1), or not at all.
fn basic_credentials(header: &str, decode: fn(&str) -> String) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((decode(id), decode(secret)))
}

fn form_decode(text: &str) -> String {
    // As the value of a lone pair, with the two characters that have a meaning only between pairs made harmless.
    let lone = format!("v={}", text.replace('&', "%26"));
    url::form_urlencoded::parse(lone.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

async fn by_assertion(shared: &Shared, form: &Params, endpoint: &str) -> Result<SandboxClient, Unauthenticated> {
    if form.get("client_assertion_type") != Some(ASSERTION_TYPE) {
        return Err(Unauthenticated::new(format!(
            "client_assertion_type has to be {ASSERTION_TYPE}."
        )));
    }
    let id_is_wanted = shared.state().settings.has(&Peculiarity::ClientIdOnRefresh);
    if (form.has("client_id") && !id_is_wanted) || form.has("client_secret") {
        return Err(Unauthenticated::new(
            "The assertion names the client; client_id and client_secret do not belong here.",
        ));
    }
    let jwt = form
        .get("client_assertion")
        .ok_or_else(|| Unauthenticated::new("client_assertion is missing."))?;
    let refuse = |refusal: assertion::Refusal| Unauthenticated::new(refusal.to_string());
    let unverified = assertion::Unverified::parse(jwt).map_err(refuse)?;
    let only = shared.state().settings.assertion_algorithm().map(str::to_owned);
    if let Some(only) = only.filter(|only| unverified.algorithm() != Some(only)) {
        return Err(Unauthenticated::new(format!(
            "This server takes assertions of {only} only."
        )));
    }
    if form.has("client_id") && form.get("client_id") != unverified.issuer() {
        return Err(Unauthenticated::new(
            "client_id names another client than the assertion.",
        ));
    }
    let client = registered(shared, unverified.issuer())?;
    let ClientKind::PrivateKeyJwt(jwks) = &client.kind else {
        return Err(Unauthenticated::new("This client is not registered with a key."));
    };
    let keys = assertion::key_set(jwks).await.map_err(refuse)?;
    let audiences = [shared.token_endpoint(), endpoint.to_owned()];
    let jti = unverified
        .verify(&client.client_id, jwks, &keys, &audiences, shared.now())
        .map_err(refuse)?;
    if !shared.state().assertions.insert((client.client_id.clone(), jti)) {
        return Err(Unauthenticated::new(
            "This jti has been used: every request needs a new assertion.",
        ));
    }
    Ok(client)
}
