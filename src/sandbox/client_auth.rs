//! Client authentication at the token, revocation and introspection endpoints, in the way that the client is registered for.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    Peculiarity, StrictCheck, assertion,
    client::{ClientKind, SandboxClient},
    http::{Incoming, Params, Reply},
    state::Shared,
    strictness::StrictChecks,
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const WHO: &str = "The request does not say which client sent it: client_id is missing.";
const NEEDS_BASIC: &str = "This client is registered with a secret: it has to authenticate with HTTP Basic.";
const NEEDS_ASSERTION: &str = "This client is registered with a key: it has to send a client_assertion, and no secret.";

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
        let reply = Reply::refusal(401, "invalid_client", &self.reason);
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
    let strict = strict_checks(shared);
    let demand = |check, why| strict.demand(check, false, why).map_err(Unauthenticated::new);
    let client = match (form.get("client_id"), client_of_refresh_token(shared, form)) {
        (None, Some(client)) => {
            demand(StrictCheck::ClientIdOnRefresh, WHO)?;
            client
        }
        (None, None) => return Err(Unauthenticated::new(WHO)),
        (Some(client_id), _) => registered(shared, "client_id", client_id)?,
    };
    let Some(secret) = form
        .has("client_secret")
        .then(|| form.get("client_secret").unwrap_or_default())
    else {
        return match client.kind {
            ClientKind::Public => Ok(client),
            ClientKind::Secret(_) => Err(Unauthenticated::basic(NEEDS_BASIC)),
            ClientKind::PrivateKeyJwt(_) => Err(Unauthenticated::new(NEEDS_ASSERTION)),
        };
    };
    match &client.kind {
        ClientKind::Secret(expected) => {
            demand(
                StrictCheck::SecretInHeader,
                "client_secret in the body is not supported; use HTTP Basic.",
            )?;
            match expected == secret {
                true => Ok(client),
                false => Err(Unauthenticated::new("client_secret is not that of this client.")),
            }
        }
        ClientKind::Public if secret.is_empty() => {
            demand(
                StrictCheck::NothingSecretOfPublicClients,
                "A public client must not send a client_secret.",
            )?;
            Ok(client)
        }
        ClientKind::Public => Err(Unauthenticated::new("A public client must not send a client_secret.")),
        ClientKind::PrivateKeyJwt(_) => Err(Unauthenticated::new(NEEDS_ASSERTION)),
    }
}

fn strict_checks(shared: &Shared) -> StrictChecks {
    shared.state().settings.strict.clone()
}

/// The public client whose refresh token is in the request.
fn client_of_refresh_token(shared: &Shared, form: &Params) -> Option<SandboxClient> {
    let state = shared.state();
    let token = form
        .get("refresh_token")
        .filter(|_| form.get("grant_type") == Some("refresh_token"))?;
    let grant = state.grants.get(state.refresh_tokens.get(token)?.grant)?;
    let client = state.clients.get(&grant.agreement.client_id)?;
    (client.kind == ClientKind::Public).then(|| client.clone())
}

/// The header or the assertion names the client already.
fn one_client_id(shared: &Shared, form: &Params, why: &str) -> Result<(), String> {
    let settings = &shared.state().settings;
    let is_wanted = settings.has(&Peculiarity::ClientIdOnRefresh);
    settings
        .strict
        .demand(StrictCheck::OneClientId, is_wanted || !form.has("client_id"), why)
}

/// `named_by`: where the id stands.
fn registered(shared: &Shared, named_by: &str, client_id: &str) -> Result<SandboxClient, Unauthenticated> {
    let client = shared.state().clients.get(client_id).cloned();
    client.ok_or_else(|| Unauthenticated::new(format!("{named_by} is {client_id}, and no client has this id.")))
}

fn by_secret(shared: &Shared, incoming: &Incoming, form: &Params) -> Result<SandboxClient, Unauthenticated> {
    let refuse = Unauthenticated::basic;
    let mut headers = incoming.headers.iter().filter(|(name, _)| name == "authorization");
    let (Some((_, header)), None) = (headers.next(), headers.next()) else {
        return Err(refuse("There are several Authorization headers; one may be there."));
    };
    let (decode, wrong): (fn(&str) -> String, _) = match shared.state().settings.has(&Peculiarity::UndecodedBasic) {
        true => (
            str::to_owned,
            "Unknown client or wrong secret. This server takes both without form-encoding.",
        ),
        false => (
            form_decode,
            "Unknown client or wrong secret. Each is form-encoded by itself (RFC 6749, section 2.3.1).",
        ),
    };
    let why = "Client credentials belong into the Authorization header or into the body, not into both.";
    let credentials = ["client_secret", "client_assertion", "client_assertion_type"];
    if credentials.iter().any(|name| form.has(name)) {
        return Err(refuse(why));
    }
    one_client_id(shared, form, why).map_err(|why| refuse(&why))?;
    let (id, secret) = basic_credentials(header, decode)
        .ok_or_else(|| refuse("The Authorization header is not HTTP Basic (RFC 7617)."))?;
    if form.get("client_id").is_some_and(|named| named != id) {
        return Err(refuse("client_id names another client than the Authorization header."));
    }
    let client = shared.state().clients.get(&id).cloned();
    // One answer for both mistakes, as a real server gives.
    let client = client.ok_or_else(|| refuse(wrong))?;
    match &client.kind {
        ClientKind::Secret(expected) if *expected == secret => Ok(client),
        ClientKind::Secret(_) => Err(refuse(wrong)),
        ClientKind::Public if secret.is_empty() => {
            let (check, why) = (
                StrictCheck::NothingSecretOfPublicClients,
                "A public client must not send an Authorization header.",
            );
            strict_checks(shared)
                .demand(check, false, why)
                .map_err(|why| refuse(&why))?;
            Ok(client)
        }
        ClientKind::Public => Err(refuse(
            "A public client has no secret to send in an Authorization header.",
        )),
        ClientKind::PrivateKeyJwt(_) => Err(Unauthenticated::new(NEEDS_ASSERTION)),
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
    let why = "The assertion names the client; client_id and client_secret do not belong here.";
    if form.has("client_secret") {
        return Err(Unauthenticated::new(why));
    }
    one_client_id(shared, form, why).map_err(Unauthenticated::new)?;
    let jwt = form
        .get("client_assertion")
        .ok_or_else(|| Unauthenticated::new("client_assertion is missing."))?;
    let refuse = |refusal: assertion::Refusal| Unauthenticated::new(refusal.to_string());
    let unverified = assertion::Unverified::parse(jwt).map_err(refuse)?;
    let only = shared.state().settings.assertion_algorithm().map(str::to_owned);
    if let Some(only) = only.filter(|only| unverified.algorithm() != Some(only)) {
        return Err(Unauthenticated::new(format!(
            "This server takes assertions with the alg {only} only."
        )));
    }
    let issuer = unverified.issuer().map_err(refuse)?;
    if form.get("client_id").is_some_and(|named| named != issuer) {
        return Err(Unauthenticated::new(
            "client_id names another client than the assertion.",
        ));
    }
    let client = registered(shared, "The claim iss", issuer)?;
    let jwks = match &client.kind {
        ClientKind::PrivateKeyJwt(jwks) => jwks,
        ClientKind::Secret(_) => return Err(Unauthenticated::basic(NEEDS_BASIC)),
        ClientKind::Public => {
            return Err(Unauthenticated::new(
                "A public client must not send a client_assertion.",
            ));
        }
    };
    let keys = assertion::key_set(jwks).await.map_err(refuse)?;
    let rules = assertion::Rules::at(shared, endpoint);
    let accepted = unverified
        .verify(&client.client_id, jwks, &keys, &rules)
        .map_err(refuse)?;
    if !shared.state().is_first_use(&client.client_id, accepted) {
        return Err(Unauthenticated::new(
            "This jti has been used: every request needs a new assertion.",
        ));
    }
    Ok(client)
}
