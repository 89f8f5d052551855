//! A client that does everything right, and can be told to do one thing wrong.

mod assertion;
mod http;

use actix_smart_auth::{
    sandbox::{Jwks, SandboxBuilder, SandboxClient, SandboxServer, StrictCheck, Strictness},
    time::ManualClock,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub(crate) use self::{
    assertion::{Assertion, jwks, outcome},
    http::{Answer, Form, get, send, sent},
};

pub(crate) const CALLBACK: &str = "http://127.0.0.1:7777/auth/callback?kept=1";
pub(crate) const LAUNCH: &str = "http://127.0.0.1:7777/auth/launch";
pub(crate) const CLIENT: &str = "my app+1";
pub(crate) const SECRET: &str = "s3cret:/+ %&=ü";
pub(crate) const VERIFIER: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ-._~";
pub(crate) const STATE: &str = "state-+/=0123456789abcdef";
pub(crate) const NONCE: &str = "nonce-0123456789abcdef";
pub(crate) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
pub(crate) const SCOPE: &str = "launch/patient openid fhirUser offline_access patient/*.rs";

/// An expected text with the addresses of this sandbox in place of `{fhir}` and `{token}`.
pub(crate) fn filled(text: &str, sandbox: &SandboxServer) -> String {
    text.replace("{fhir}", &sandbox.fhir_base_url())
        .replace("{token}", &sandbox.token_endpoint())
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
