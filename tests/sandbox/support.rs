//! A client that does everything right, and can be told to do one thing wrong.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix_smart_auth::{
    sandbox::{Jwks, SandboxBuilder, SandboxClient, SandboxServer, StrictCheck, Strictness},
    time::{Clock, ManualClock},
};
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

pub(crate) const CALLBACK: &str = "http://127.0.0.1:7777/auth/callback?kept=1";
pub(crate) const LAUNCH: &str = "http://127.0.0.1:7777/auth/launch";
pub(crate) const CLIENT: &str = "my app+1";
pub(crate) const SECRET: &str = "s3cret:/+ %&=ü";
pub(crate) const VERIFIER: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ-._~";
pub(crate) const STATE: &str = "state-+/=0123456789abcdef";
pub(crate) const NONCE: &str = "nonce-0123456789abcdef";
pub(crate) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
pub(crate) const SCOPE: &str = "launch/patient openid fhirUser offline_access patient/*.rs";

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }

    /// The decoded parameter of the `Location` header.
    pub(crate) fn location(&self, name: &str) -> Option<String> {
        assert_eq!(self.status, 302, "{self:?}");
        let url = url::Url::parse(self.header("location").unwrap()).unwrap();
        url.query_pairs().find(|(k, _)| k == name).map(|(_, v)| v.into_owned())
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.json()[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name}: {self:?}"))
            .to_owned()
    }

    /// The OAuth error in a JSON answer.
    #[track_caller]
    pub(crate) fn is_error(&self, status: u16, error: &str) {
        assert_eq!(
            (self.status, self.json()["error"].as_str()),
            (status, Some(error)),
            "{self:?}"
        );
        assert_eq!(self.header("cache-control"), Some("no-store"));
    }
}

impl Answer {
    /// The OAuth error in a JSON answer, and the text for the developer at the other end.
    #[track_caller]
    pub(crate) fn is_refusal(&self, status: u16, error: &str, description: &str) {
        self.is_error(status, error);
        assert_eq!(self.text("error_description"), description);
    }

    /// The OAuth error in a redirect to the application, and its text.
    #[track_caller]
    pub(crate) fn is_redirected(&self, error: &str, description: &str) {
        let seen = (self.location("error"), self.location("error_description"));
        assert_eq!((seen.0.as_deref(), seen.1.as_deref()), (Some(error), Some(description)));
        assert_eq!(self.location("code"), None);
    }

    /// A page for a person that says this, and leads nowhere.
    #[track_caller]
    pub(crate) fn is_problem(&self, text: &str) {
        assert_eq!((self.status, self.header("location")), (400, None), "{self:?}");
        assert!(self.header("content-type").unwrap().starts_with("text/html"));
        assert!(self.body.contains(&format!("<p>{text}</p>")), "{text}: {}", self.body);
    }
}

/// An expected text with the addresses of this sandbox in place of `{fhir}` and `{token}`.
pub(crate) fn filled(text: &str, sandbox: &SandboxServer) -> String {
    text.replace("{fhir}", &sandbox.fhir_base_url())
        .replace("{token}", &sandbox.token_endpoint())
}

/// One request, redirects not followed. `Err` if the connection broke.
pub(crate) async fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer, String> {
    let client = awc::Client::builder()
        .disable_redirects()
        .timeout(Duration::from_secs(10))
        .finish();
    let mut request = client.request(method.parse().unwrap(), url);
    for (name, value) in headers {
        request = request.append_header((*name, *value));
    }
    let mut response = request
        .send_body(body.to_owned())
        .await
        .map_err(|error| error.to_string())?;
    let headers = response.headers().iter();
    Ok(Answer {
        status: response.status().as_u16(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect(),
        body: String::from_utf8(response.body().limit(20 << 20).await.unwrap().to_vec()).unwrap(),
    })
}

/// A request whose connection has to hold.
pub(crate) async fn sent(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    send(method, url, headers, body).await.unwrap()
}

pub(crate) async fn get(url: &str) -> Answer {
    send("GET", url, &[], "").await.unwrap()
}

/// Name and value pairs that a test can spoil.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form(pub(crate) Vec<(String, String)>);

impl Form {
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    /// Sets or replaces.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.retain(|(key, _)| key != name);
        self.again(name, value)
    }

    /// Adds, though it may be there already.
    pub(crate) fn again(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(key, _)| key != name);
        self
    }

    pub(crate) fn encoded(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.0)
            .finish()
    }

    pub(crate) async fn post(&self, url: &str, headers: &[(&str, &str)]) -> Answer {
        self.try_post(url, headers).await.unwrap()
    }

    pub(crate) async fn try_post(&self, url: &str, headers: &[(&str, &str)]) -> Result<Answer, String> {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        send("POST", url, &[&form[..], headers].concat(), &self.encoded()).await
    }

    pub(crate) async fn get(&self, url: &str) -> Answer {
        get(&format!("{url}?{}", self.encoded())).await
    }
}

/// How a client of these tests authenticates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Public,
    Secret,
    Rsa,
    Ec,
}

pub(crate) fn client(kind: Kind) -> SandboxClient {
    match kind {
        Kind::Public => SandboxClient::public(CLIENT, CALLBACK),
        Kind::Secret => SandboxClient::secret(CLIENT, CALLBACK, SECRET),
        Kind::Rsa | Kind::Ec => SandboxClient::private_key_jwt(CLIENT, CALLBACK, Jwks::Value(jwks())),
    }
}

/// A sandbox that is as narrow as it can be, but for what each test sends several times.
pub(crate) fn strict() -> SandboxBuilder {
    SandboxServer::builder()
        .strictness(Strictness::AsSpecified)
        .without_strict_check(StrictCheck::StateOnce)
        .without_strict_check(StrictCheck::NonceOnce)
        .without_strict_check(StrictCheck::ChallengeOnce)
}

/// A sandbox with a clock that stands still and one client of that kind.
pub(crate) fn sandbox(kind: Kind) -> (SandboxServer, ManualClock) {
    let clock = ManualClock::default();
    let sandbox = strict().clock(clock.clone()).client(client(kind)).start().unwrap();
    (sandbox, clock)
}

pub(crate) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// A faultless standalone authorization request.
pub(crate) fn authorization(sandbox: &SandboxServer) -> Form {
    authorization_at(&sandbox.fhir_base_url())
}

/// The same, at the server with this FHIR base URL.
pub(crate) fn authorization_at(fhir_base_url: &str) -> Form {
    Form::of(&[
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", CALLBACK),
        ("scope", SCOPE),
        ("state", STATE),
        ("nonce", NONCE),
        ("aud", fhir_base_url),
        ("code_challenge", &challenge(VERIFIER)),
        ("code_challenge_method", "S256"),
    ])
}

/// The code of an authorization request that has to succeed.
pub(crate) async fn code_for(sandbox: &SandboxServer, request: &Form) -> String {
    let answer = request.get(&sandbox.authorization_endpoint()).await;
    answer.location("code").unwrap_or_else(|| panic!("no code: {answer:?}"))
}

/// A faultless exchange, without client authentication.
pub(crate) fn exchange(code: &str) -> Form {
    Form::of(&[
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ])
}

pub(crate) fn refresh(refresh_token: &str) -> Form {
    Form::of(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)])
}

pub(crate) fn basic(id: &str, secret: &str) -> String {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!(
        "Basic {}",
        STANDARD.encode(format!("{}:{}", encode(id), encode(secret)))
    )
}

/// Sends a form to the token endpoint (or another one), authenticated as that kind of client does.
pub(crate) async fn post_as(
    kind: Kind,
    sandbox: &SandboxServer,
    clock: &ManualClock,
    url: &str,
    form: &Form,
) -> Answer {
    try_post_as(kind, sandbox, clock, url, form).await.unwrap()
}

pub(crate) async fn try_post_as(
    kind: Kind,
    sandbox: &SandboxServer,
    clock: &ManualClock,
    url: &str,
    form: &Form,
) -> Result<Answer, String> {
    match kind {
        Kind::Public => form.clone().with("client_id", CLIENT).try_post(url, &[]).await,
        Kind::Secret => form.try_post(url, &[("authorization", &basic(CLIENT, SECRET))]).await,
        Kind::Rsa | Kind::Ec => {
            let assertion = Assertion::new(kind, sandbox, clock);
            assertion.attach(form).try_post(url, &[]).await
        }
    }
}

/// The token response of a launch that has to succeed.
pub(crate) async fn tokens(kind: Kind, sandbox: &SandboxServer, clock: &ManualClock, request: &Form) -> Answer {
    let code = code_for(sandbox, request).await;
    let answer = post_as(kind, sandbox, clock, &sandbox.token_endpoint(), &exchange(&code)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

pub(crate) async fn fhir(sandbox: &SandboxServer, token: &str, path: &str) -> Answer {
    let url = format!("{}/{path}", sandbox.fhir_base_url());
    send("GET", &url, &[("authorization", &format!("Bearer {token}"))], "")
        .await
        .unwrap()
}

/// An access token for Amber Testwood (standalone) with these scopes.
pub(crate) async fn token(sandbox: &SandboxServer, scope: &str) -> String {
    let request = authorization(sandbox).with("scope", scope);
    let code = code_for(sandbox, &request).await;
    exchange(&code)
        .with("client_id", CLIENT)
        .post(&sandbox.token_endpoint(), &[])
        .await
        .text("access_token")
}

#[track_caller]
pub(crate) fn is_outcome(answer: &Answer, status: u16) {
    assert_eq!(
        (answer.status, answer.json()["resourceType"].as_str()),
        (status, Some("OperationOutcome")),
        "{answer:?}"
    );
    assert_eq!(
        answer.header("content-type"),
        Some("application/fhir+json; charset=utf-8")
    );
}

pub(crate) fn ids(bundle: &Value) -> Vec<&str> {
    let entries = bundle["entry"].as_array().map(Vec::as_slice).unwrap_or_default();
    entries
        .iter()
        .map(|entry| entry["resource"]["id"].as_str().unwrap())
        .collect()
}

fn rsa_key() -> &'static EncodingKey {
    static KEY: OnceLock<EncodingKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
        let pem = pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref().to_vec()));
        EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap()
    })
}

fn ec_key() -> &'static EncodingKey {
    static KEY: OnceLock<EncodingKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        EncodingKey::from_ec_der(pkcs8.as_ref())
    })
}

/// The test client's public keys: `rsa` and `ec`.
pub(crate) fn jwks() -> Value {
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    let key = |key: &EncodingKey, algorithm, kid: &str| {
        let mut jwk = Jwk::from_encoding_key(key, algorithm).unwrap();
        jwk.common.key_id = Some(kid.to_owned());
        serde_json::to_value(jwk).unwrap()
    };
    json!({"keys": [key(rsa_key(), Algorithm::RS384, "rsa"), key(ec_key(), Algorithm::ES384, "ec")]})
}

/// A client assertion that a test can spoil.
#[derive(Debug, Clone)]
pub(crate) struct Assertion {
    pub(crate) kind: Kind,
    pub(crate) header: Header,
    pub(crate) claims: Map<String, Value>,
}

impl Assertion {
    pub(crate) fn new(kind: Kind, sandbox: &SandboxServer, clock: &ManualClock) -> Self {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let (algorithm, kid) = match kind {
            Kind::Ec => (Algorithm::ES384, "ec"),
            _ => (Algorithm::RS384, "rsa"),
        };
        let mut header = Header::new(algorithm);
        header.kid = Some(kid.to_owned());
        let claims = json!({
            "iss": CLIENT,
            "sub": CLIENT,
            "aud": sandbox.token_endpoint(),
            "exp": clock.now().as_secs() + 240,
            "jti": format!("jti-{}", COUNTER.fetch_add(1, Ordering::SeqCst)),
        });
        Self {
            kind,
            header,
            claims: claims.as_object().unwrap().clone(),
        }
    }

    /// Sets a claim; `null` removes it.
    pub(crate) fn claim(mut self, name: &str, value: Value) -> Self {
        self.claims.remove(name);
        if !value.is_null() {
            self.claims.insert(name.to_owned(), value);
        }
        self
    }

    pub(crate) fn header(mut self, change: impl FnOnce(&mut Header)) -> Self {
        change(&mut self.header);
        self
    }

    pub(crate) fn sign(&self) -> String {
        let key = match self.kind {
            Kind::Ec => ec_key(),
            _ => rsa_key(),
        };
        jsonwebtoken::encode(&self.header, &self.claims, key).unwrap()
    }

    pub(crate) fn attach(&self, form: &Form) -> Form {
        form.clone()
            .with("client_assertion_type", ASSERTION_TYPE)
            .with("client_assertion", &self.sign())
    }
}

/// Sends a refresh with that assertion: an accepted one gets as far as `invalid_grant`.
pub(crate) async fn outcome(sandbox: &SandboxServer, assertion: &Assertion) -> Answer {
    assertion
        .attach(&refresh("unknown"))
        .post(&sandbox.token_endpoint(), &[])
        .await
}
