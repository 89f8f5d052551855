//! Applications that register themselves (RFC 7591), and what becomes of their registrations (RFC 7592).

use serde_json::{Map, Value, json};

use super::{
    address::{self, may_be_registered},
    client::{ClientKind, Flows, Jwks, SandboxClient},
    http::{Incoming, Reply},
    installation, random,
    settings::SelfRegistration,
    state::{SelfRegistered, Shared},
};

/// Members that are kept. Others are left out, as a server may (RFC 7591, section 2).
const KNOWN: [&str; 15] = [
    "client_name",
    "client_uri",
    "contacts",
    "grant_types",
    "jwks",
    "jwks_uri",
    "launch_uris",
    "logo_uri",
    "policy_uri",
    "redirect_uris",
    "response_types",
    "scope",
    "software_id",
    "software_version",
    "tos_uri",
];
/// Members that only the server gives (RFC 7592, section 2.2).
const OF_THE_SERVER: [&str; 4] = [
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
];

/// `None`: nothing is served there.
pub(super) fn reply(shared: &Shared, incoming: &Incoming) -> Option<Reply> {
    if incoming.path == "/register"
        && let Some(made) = installation::register(shared, incoming)
    {
        return Some(made);
    }
    let allowed = shared.state().settings.self_registration.clone();
    let wanted = match allowed {
        SelfRegistration::Off => return None,
        SelfRegistration::Open => None,
        SelfRegistration::WithToken(token) => Some(token),
    };
    let answer = match incoming.path.strip_prefix("/register/") {
        None => register(shared, incoming, wanted.as_deref()),
        Some(client_id) => manage(shared, incoming, client_id),
    };
    Some(answer.unwrap_or_else(|refusal| refusal))
}

fn register(shared: &Shared, incoming: &Incoming, wanted: Option<&str>) -> Result<Reply, Reply> {
    if incoming.method != "POST" {
        return Err(Reply::method_not_allowed("POST"));
    }
    if let Some(wanted) = wanted
        && incoming.bearer_token() != Some(wanted)
    {
        return Err(no_valid_token(
            "The Authorization header needs the initial access token.",
        ));
    }
    let asked = object(incoming)?;
    let client_id = format!("client-{}", random::url_safe(12));
    let registered = Registered::of(shared, &asked, &client_id, None)?;
    Ok(registered.keep(shared, 201))
}

fn manage(shared: &Shared, incoming: &Incoming, client_id: &str) -> Result<Reply, Reply> {
    let known = shared.state().self_registered(client_id).cloned();
    let known = known.filter(|known| incoming.bearer_token() == Some(&known.token));
    // Whether it is the client or the token is not for everybody to know (RFC 7592, section 2.1).
    let known = known.ok_or_else(|| {
        no_valid_token("There is no such client, or the bearer token is not its registration access token.")
    })?;
    match incoming.method.as_str() {
        "GET" => Ok(Reply::private_json(200, &Value::Object(known.answer))),
        "PUT" => {
            let asked = object(incoming)?;
            if asked.get("client_id").and_then(Value::as_str) != Some(client_id) {
                return Err(invalid("client_id has to be that of this registration."));
            }
            if let Some(member) = OF_THE_SERVER.into_iter().find(|member| asked.contains_key(*member)) {
                return Err(invalid(&format!(
                    "{member} is given by the server: leave it out (RFC 7592, section 2.2)."
                )));
            }
            let secret = known.answer.get("client_secret");
            if asked.get("client_secret").is_some_and(|given| Some(given) != secret) {
                return Err(invalid("client_secret is not that of this client."));
            }
            let mut registered = Registered::of(shared, &asked, client_id, secret.and_then(Value::as_str))?;
            let issued_at = known.answer.get("client_id_issued_at");
            let issued_at = issued_at.map(|at| ("client_id_issued_at".to_owned(), at.clone()));
            registered.known.answer.extend(issued_at);
            Ok(registered.keep(shared, 200))
        }
        "DELETE" => {
            shared.state().end_client(client_id);
            Ok(Reply::empty(204).with_header("cache-control", "no-store"))
        }
        _ => Err(Reply::method_not_allowed("GET, PUT, DELETE")),
    }
}

/// A registration that passed all checks.
struct Registered {
    client: SandboxClient,
    launch_urls: Vec<String>,
    known: SelfRegistered,
}

impl Registered {
    fn of(shared: &Shared, asked: &Map<String, Value>, client_id: &str, secret: Option<&str>) -> Result<Self, Reply> {
        let redirect_uris = texts(asked, "redirect_uris")?;
        let grants = match asked.contains_key("grant_types") {
            true => texts(asked, "grant_types")?,
            false => vec!["authorization_code".to_owned()],
        };
        let has = |grant: &str| grants.iter().any(|one| one == grant);
        if let Some(other) = grants
            .iter()
            .find(|grant| !["authorization_code", "refresh_token", "client_credentials"].contains(&grant.as_str()))
        {
            return Err(invalid(&format!(
                "The grant type {other} is not supported; authorization_code, refresh_token and client_credentials are."
            )));
        }
        let flows = match (has("authorization_code"), has("client_credentials")) {
            (true, false) => Flows::Launches,
            (false, true) => Flows::BackendServices,
            (true, true) => Flows::Both,
            (false, false) => {
                return Err(invalid(
                    "grant_types has neither authorization_code nor client_credentials; it needs one.",
                ));
            }
        };
        check_response_types(asked, flows)?;
        if asked.contains_key("jwks") && asked.contains_key("jwks_uri") {
            return Err(invalid("Only one of jwks and jwks_uri may be there."));
        }
        let launch_urls = texts(asked, "launch_uris")?;
        if let Some(url) = launch_urls
            .iter()
            .find(|url| !may_be_registered(url, address::Registered::WebAddress))
        {
            return Err(invalid(&format!(
                "{url} cannot be a launch URL: it has to be https, or http on this machine."
            )));
        }
        if flows != Flows::BackendServices && redirect_uris.is_empty() {
            return Err(invalid_redirect_uri(
                "redirect_uris is missing or empty; authorization_code needs one.",
            ));
        }
        for uri in &redirect_uris {
            if !may_be_registered(uri, address::Registered::RedirectUri) {
                return Err(invalid_redirect_uri(&format!(
                    "{uri} cannot be a redirect URI: it has to be https, http on this machine, or of an app \
                     (com.example.app:/...), without a fragment."
                )));
            }
        }
        let method = match asked.get("token_endpoint_auth_method") {
            None => "client_secret_basic",
            Some(Value::String(method)) if method == "client_secret_post" => "client_secret_basic",
            Some(Value::String(method)) => method,
            Some(_) => return Err(invalid("token_endpoint_auth_method has to be a text.")),
        };
        let secret = secret.map_or_else(random::awkward, str::to_owned);
        let kind = match method {
            "none" if flows != Flows::Launches => {
                return Err(invalid(
                    "token_endpoint_auth_method none does not go with client_credentials: such a client has to authenticate.",
                ));
            }
            "none" => ClientKind::Public,
            "client_secret_basic" => ClientKind::Secret(secret.clone()),
            "private_key_jwt" => ClientKind::PrivateKeyJwt(keys(asked)?),
            other => {
                return Err(invalid(&format!(
                    "token_endpoint_auth_method is {other}; none, client_secret_basic, client_secret_post and \
                     private_key_jwt are supported."
                )));
            }
        };
        let scopes = match asked.get("scope") {
            None => None,
            Some(Value::String(scope)) => Some(scope.split_whitespace().map(str::to_owned).collect()),
            Some(_) => return Err(invalid("scope has to be one text, with a space between two scopes.")),
        };
        let mut answer: Map<String, Value> = asked
            .iter()
            .filter(|(name, _)| KNOWN.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let token = random::awkward();
        let mut put = |name: &str, value: Value| answer.insert(name.to_owned(), value);
        put("client_id", json!(client_id));
        put("client_id_issued_at", json!(shared.now().as_secs()));
        put("token_endpoint_auth_method", json!(method));
        put("grant_types", json!(grants));
        put("registration_access_token", json!(token));
        put(
            "registration_client_uri",
            json!(format!("{}/{client_id}", shared.registration_endpoint())),
        );
        if let ClientKind::Secret(secret) = &kind {
            put("client_secret", json!(secret));
            put("client_secret_expires_at", json!(0));
        }
        Ok(Self {
            client: SandboxClient::registered(client_id.to_owned(), redirect_uris, kind, scopes, flows),
            launch_urls,
            known: SelfRegistered {
                token,
                answer,
                number: 0,
            },
        })
    }

    fn keep(self, shared: &Shared, status: u16) -> Reply {
        let reply = Reply::private_json(status, &Value::Object(self.known.answer.clone()));
        let client_id = self.client.client_id.clone();
        let mut state = shared.state();
        state.put_client(self.client, self.launch_urls);
        state.put_self_registered(client_id, self.known);
        reply
    }
}

fn check_response_types(asked: &Map<String, Value>, flows: Flows) -> Result<(), Reply> {
    let launches = flows != Flows::BackendServices;
    let types = match asked.contains_key("response_types") {
        true => texts(asked, "response_types")?,
        false if launches => vec!["code".to_owned()],
        false => Vec::new(),
    };
    match (launches, types.as_slice()) {
        (true, [only]) if only == "code" => Ok(()),
        (true, _) => Err(invalid(
            "With authorization_code, response_types has to be a list with code alone.",
        )),
        (false, []) => Ok(()),
        (false, _) => Err(invalid("Without authorization_code, response_types has to be empty.")),
    }
}

fn keys(asked: &Map<String, Value>) -> Result<Jwks, Reply> {
    match (asked.get("jwks"), asked.get("jwks_uri")) {
        (Some(jwks), _) if has_private_part(jwks) => Err(invalid(
            "jwks publishes a private or secret key: take it out and make a new one.",
        )),
        (Some(jwks), _) if jwks.get("keys").is_some_and(Value::is_array) => Ok(Jwks::Value(jwks.clone())),
        (None, Some(Value::String(uri))) if may_be_registered(uri, address::Registered::WebAddress) => {
            Ok(Jwks::Url(uri.clone()))
        }
        _ => Err(invalid(
            "private_key_jwt needs jwks, an object with the list keys, or jwks_uri, an https address.",
        )),
    }
}

fn has_private_part(jwks: &Value) -> bool {
    let keys = jwks.get("keys").and_then(Value::as_array);
    keys.into_iter()
        .flatten()
        .any(|key| key.get("d").is_some() || key.get("k").is_some())
}

fn texts(asked: &Map<String, Value>, name: &str) -> Result<Vec<String>, Reply> {
    let list = match asked.get(name) {
        None => return Ok(Vec::new()),
        Some(value) => value.as_array().cloned().unwrap_or_else(|| vec![Value::Null]),
    };
    let texts = list.into_iter().map(|item| match item {
        Value::String(text) => Ok(text),
        _ => Err(invalid(&format!("{name} has to be a list of texts."))),
    });
    texts.collect()
}

fn object(incoming: &Incoming) -> Result<Map<String, Value>, Reply> {
    let is_json = incoming
        .header("content-type")
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"));
    if !is_json {
        return Err(invalid("The content type has to be application/json."));
    }
    if !incoming.is_utf8 {
        return Err(invalid("The body has bytes that are no UTF-8; JSON is UTF-8."));
    }
    serde_json::from_str(&incoming.body).map_err(|_| invalid("The body has to be a JSON object."))
}

fn no_valid_token(description: &str) -> Reply {
    Reply::refusal(401, "invalid_token", description)
        .with_header("www-authenticate", "Bearer realm=\"sandbox\", error=\"invalid_token\"")
}

fn invalid(description: &str) -> Reply {
    Reply::refusal(400, "invalid_client_metadata", description)
}

fn invalid_redirect_uri(description: &str) -> Reply {
    Reply::refusal(400, "invalid_redirect_uri", description)
}
