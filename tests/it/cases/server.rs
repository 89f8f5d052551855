//! The EHR of a case: [`CaseServer`].

use std::{
    collections::BTreeMap,
    net::TcpListener,
    sync::{Arc, Mutex},
};

use actix_smart_auth::time::{Clock as _, ManualClock};
use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    http::StatusCode,
    web::{self, Bytes},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use url::form_urlencoded;

use super::file::{Answer, Case};
use crate::{
    mutations::signer::{self, Signer},
    support::{CLIENT_ID, SECRET, serving::on_a_thread},
};

/// A running EHR. Stops on drop.
pub(super) struct CaseServer {
    pub(super) origin: String,
    pub(super) base: String,
    server: ServerHandle,
}

struct State {
    case: Arc<Case>,
    origin: String,
    clock: ManualClock,
    /// What the last authorization request asked for.
    asked: Mutex<BTreeMap<String, String>>,
    /// How many refreshes there were.
    refreshes: Mutex<usize>,
}

impl CaseServer {
    pub(super) fn start(case: Arc<Case>, clock: ManualClock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let base = format!("{origin}{}", case.paths.fhir);
        let state = Arc::new(State {
            case,
            origin: origin.clone(),
            clock,
            asked: Mutex::default(),
            refreshes: Mutex::default(),
        });
        let server = on_a_thread(move || {
            HttpServer::new(move || {
                let state = Arc::clone(&state);
                App::new().default_service(web::to(move |request: HttpRequest, body: Bytes| {
                    let state = Arc::clone(&state);
                    async move { state.answer(&request, &body) }
                }))
            })
            .workers(1)
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run()
        });
        Self { origin, base, server }
    }
}

impl Drop for CaseServer {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

impl State {
    fn answer(&self, request: &HttpRequest, body: &[u8]) -> HttpResponse {
        let case = &self.case;
        let path = request.match_info().as_str();
        if let Some(answer) = case.also.get(path) {
            return self.respond(answer, Map::new(), request, body);
        }
        if path == format!("{}/.well-known/smart-configuration", case.paths.fhir) {
            return self.respond(&case.metadata, self.metadata(), request, body);
        }
        if path == case.paths.authorize {
            return self.authorize(request);
        }
        if path == case.paths.keys {
            let keys = json!({ "keys": [signer::RS256.jwk("k1")] });
            return self.respond(&case.keys, object(keys), request, body);
        }
        if path == case.paths.token {
            return self.token(request, body);
        }
        HttpResponse::NotFound().body("nothing here")
    }

    fn metadata(&self) -> Map<String, Value> {
        let paths = &self.case.paths;
        object(json!({
            "issuer": self.origin,
            "jwks_uri": format!("{}{}", self.origin, paths.keys),
            "authorization_endpoint": format!("{}{}", self.origin, paths.authorize),
            "token_endpoint": format!("{}{}", self.origin, paths.token),
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
            "capabilities": ["launch-ehr", "launch-standalone", "client-public", "context-ehr-patient"],
            "code_challenge_methods_supported": ["S256"],
        }))
    }

    fn authorize(&self, request: &HttpRequest) -> HttpResponse {
        let asked: BTreeMap<_, _> = pairs(request.query_string().as_bytes()).into_iter().collect();
        self.asked.lock().unwrap().clone_from(&asked);
        let said = &self.case.authorize;
        let query = if let Some(query) = &said.query {
            self.fill(query)
        } else {
            let mut query = BTreeMap::from([
                ("code".to_owned(), self.code()),
                ("state".to_owned(), asked["state"].clone()),
            ]);
            query.extend(said.with.clone());
            query.retain(|name, _| !said.without.contains(name));
            form_urlencoded::Serializer::new(String::new())
                .extend_pairs(query)
                .finish()
        };
        let location = format!("{}?{query}", asked["redirect_uri"]);
        HttpResponse::Found().insert_header(("location", location)).finish()
    }

    fn code(&self) -> String {
        self.case.authorize.code.clone().unwrap_or_else(|| "code-1".to_owned())
    }

    fn token(&self, request: &HttpRequest, body: &[u8]) -> HttpResponse {
        let form: BTreeMap<_, _> = pairs(body).into_iter().collect();
        if form["grant_type"] == "refresh_token" {
            let mut refreshes = self.refreshes.lock().unwrap();
            let usual = Answer::default();
            let scripted = &self.case.refresh;
            let answer = scripted.get(*refreshes).or(scripted.last()).unwrap_or(&usual);
            *refreshes += 1;
            let mut usual = self.tokens(&format!("refreshed-{refreshes}"));
            usual.remove("id_token");
            usual.remove("patient");
            return self.respond(answer, usual, request, body);
        }
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
        if form["code"] != self.code() || challenge != self.asked.lock().unwrap()["code_challenge"] {
            return HttpResponse::BadRequest().json(json!({ "error": "invalid_grant" }));
        }
        self.respond(&self.case.token, self.tokens("access-1"), request, body)
    }

    fn tokens(&self, access_token: &str) -> Map<String, Value> {
        let mut tokens = object(json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": 3600,
            "scope": self.asked.lock().unwrap()["scope"],
            "patient": "pat-1",
            "refresh_token": "refresh-1",
        }));
        if !self.case.id_token.none {
            tokens.insert("id_token".to_owned(), self.id_token().into());
        }
        tokens
    }

    fn id_token(&self) -> String {
        let said = &self.case.id_token;
        let alg = said.alg.as_deref().unwrap_or("RS256");
        let mut header = object(json!({ "alg": alg, "kid": "k1", "typ": "JWT" }));
        header.retain(|name, _| !said.header_without.contains(name));
        let now = self.clock.now().as_secs();
        let mut claims = object(json!({
            "iss": self.origin,
            "sub": "user-7",
            "aud": CLIENT_ID,
            "exp": now + 300,
            "iat": now,
            "nonce": self.asked.lock().unwrap()["nonce"],
            "fhirUser": format!("{}{}/Practitioner/prac-1", self.origin, self.case.paths.fhir),
        }));
        claims.extend(self.filled(&said.claims));
        Signer::of_algorithm(alg).sign(&Value::Object(header).to_string(), &Value::Object(claims).to_string())
    }

    fn respond(&self, answer: &Answer, usual: Map<String, Value>, request: &HttpRequest, body: &[u8]) -> HttpResponse {
        if let Some(missing) = answer.demands.iter().find(|demand| !self.has(demand, request, body)) {
            return match &answer.otherwise {
                Some(otherwise) => self.respond(otherwise, Map::new(), request, body),
                None => HttpResponse::BadRequest()
                    .json(json!({ "error": "invalid_request", "error_description": format!("no {missing}") })),
            };
        }
        let text = if let Some(text) = &answer.text {
            text.clone()
        } else {
            let mut object = answer.object.as_ref().map_or(usual, |object| self.filled(object));
            object.extend(self.filled(&answer.with));
            object.retain(|name, _| !answer.without.contains(name));
            Value::Object(object).to_string()
        };
        let mut response = HttpResponse::build(StatusCode::from_u16(answer.status.unwrap_or(200)).unwrap());
        response.content_type(answer.content_type.as_deref().unwrap_or("application/json"));
        for (name, value) in &answer.headers {
            response.insert_header((name.as_str(), self.fill(value)));
        }
        if answer.gzip {
            response.insert_header(("content-encoding", "gzip"));
            return response.body(gzip(text.as_bytes()));
        }
        response.body(text)
    }

    /// Whether a request has what is demanded.
    fn has(&self, demand: &str, request: &HttpRequest, body: &[u8]) -> bool {
        let form = pairs(body);
        let field = |wanted: &str| {
            form.iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.as_str())
        };
        let header = |name: &str| request.headers().get(name).map_or("", |value| value.to_str().unwrap());
        match demand {
            "basic" => header("authorization").starts_with("Basic "),
            "no authorization" => header("authorization").is_empty(),
            "client_id in the body" => field("client_id") == Some(CLIENT_ID),
            "no client_id in the body" => field("client_id").is_none(),
            "secret in the body" => field("client_id") == Some(CLIENT_ID) && field("client_secret") == Some(SECRET),
            "assertion for the issuer" => audience(field("client_assertion").unwrap()) == self.origin,
            "accept of fhir+json" => header("accept").contains("application/fhir+json"),
            other => panic!("no such demand: {other}"),
        }
    }

    fn filled(&self, object: &Map<String, Value>) -> Map<String, Value> {
        object
            .iter()
            .map(|(name, value)| (name.clone(), self.fill_value(value)))
            .collect()
    }

    fn fill_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let seconds = text.strip_prefix("{now+").and_then(|rest| rest.strip_suffix('}'));
                match seconds {
                    Some(seconds) => (self.clock.now().as_secs() + seconds.parse::<u64>().unwrap()).into(),
                    None => self.fill(text).into(),
                }
            }
            Value::Array(items) => items.iter().map(|item| self.fill_value(item)).collect(),
            Value::Object(object) => match object.get("key") {
                // A public key, with the other members beside it.
                Some(Value::String(name)) => {
                    let mut jwk = Signer::named(name).bare_jwk();
                    let others = object.iter().filter(|(name, _)| *name != "key");
                    jwk.extend(others.map(|(name, value)| (name.clone(), value.clone())));
                    Value::Object(jwk)
                }
                _ => Value::Object(self.filled(object)),
            },
            other => other.clone(),
        }
    }

    fn fill(&self, text: &str) -> String {
        let asked = self.asked.lock().unwrap();
        let state = asked.get("state").map_or("", String::as_str);
        text.replace("{base}", &format!("{}{}", self.origin, self.case.paths.fhir))
            .replace("{origin}", &self.origin)
            .replace("{client_id}", CLIENT_ID)
            .replace("{state}", state)
            .replace("{code}", &self.code())
    }
}

/// What a client assertion is addressed to.
fn audience(assertion: &str) -> String {
    let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["aud"].as_str().unwrap().to_owned()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other}"),
    }
}
