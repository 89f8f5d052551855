//! What single operations cost, as far as an application can call them: reading documents and scopes, sealing, beginning and
//! finishing a sign-in, a look into the memory store.
//!
//! The EHR is in this process, and answers at once. What a signature or an id token costs is the difference of two lines: the crate does
//! it on the way.

use std::{cell::RefCell, hint::black_box};

use actix_smart_auth::{
    Authorized, ClientAuth, Ehr, LaunchUse, PendingAuthorization, PrivateKey, SmartClient, SmartConfig, StartOptions,
    metadata::ServerMetadata,
    resolver::FhirBaseUrl,
    scope::Scopes,
    store::{LaunchKey, MemoryStore, SealingKeys, StoreRules, TokenStoreBackend as _},
    time::{Clock as _, SystemClock},
    transport::{HttpRequest, HttpResponse, HttpTransport, Method, TransportFuture},
};
use actix_web::rt::SystemRunner;
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{
    cpu,
    ehr_process::REDIRECT_URI,
    million::{Pauses, open},
    rounds::{Table, Variant, measure},
};

const BASE: &str = "https://ehr.example/fhir/r4";
const CLIENT_ID: &str = "my-client";
const RSA: &str = include_str!("../../../tests/fixtures/keys/rsa2048-pkcs8.pem");
const P256: &str = include_str!("../../../tests/fixtures/keys/p256-pkcs8.pem");
const P384: &str = include_str!("../../../tests/fixtures/keys/p384-pkcs8.pem");
/// The public halves of those.
const KEYS: &str = include_str!("../../../tests/fixtures/id_token/jwks.json");
const METADATA: &str = r#"{
    "issuer": "https://ehr.example/oauth2",
    "jwks_uri": "https://ehr.example/jwks",
    "authorization_endpoint": "https://ehr.example/authorize",
    "token_endpoint": "https://ehr.example/token",
    "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
    "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
    "grant_types_supported": ["authorization_code", "client_credentials"],
    "registration_endpoint": "https://ehr.example/register",
    "scopes_supported": ["openid", "profile", "launch", "launch/patient", "patient/*.rs", "user/*.rs", "offline_access"],
    "response_types_supported": ["code"],
    "management_endpoint": "https://ehr.example/user/manage",
    "introspection_endpoint": "https://ehr.example/introspect",
    "revocation_endpoint": "https://ehr.example/revoke",
    "code_challenge_methods_supported": ["S256"],
    "capabilities": ["launch-ehr", "launch-standalone", "client-public", "client-confidential-symmetric",
        "client-confidential-asymmetric", "context-ehr-patient", "sso-openid-connect", "permission-v2"]
}"#;
/// With id tokens that are looked at, or without.
const WITH_USER: &str = "openid fhirUser launch offline_access patient/*.rs";
const WITHOUT_USER: &str = "launch offline_access patient/*.rs";

/// How often each is done in a round: about as long as all others take.
const SHORT: u32 = 5000;
const LONG: u32 = 50;
const NOBODY_NAMED: &str = "a sign-in finished: public client, nobody named";

/// Prints the table.
pub(crate) fn print(system: &SystemRunner, rounds: usize) {
    let mut variants = documents();
    variants.extend(records(system));
    variants.extend(sign_ins(system));
    println!("{}", Table(&measure(&variants, rounds)));
}

fn documents() -> Vec<Variant<'static>> {
    let base = FhirBaseUrl::parse(BASE).expect("an address");
    let many: Vec<_> = (0..200).map(|number| format!("patient/Resource{number}.rs")).collect();
    let text = many.join(" ");
    let (granted, needed) = (Scopes::parse(&text), Scopes::parse("patient/Resource199.r"));
    vec![
        timed("the metadata of an EHR, read", SHORT, move || {
            black_box(ServerMetadata::parse(METADATA.as_bytes(), &base).expect("metadata"));
        }),
        timed("200 scopes, read", SHORT, move || {
            black_box(Scopes::parse(&text));
        }),
        timed("one scope, covered by the last of 200", SHORT, move || {
            assert!(black_box(&granted).covers(&needed));
        }),
    ]
}

fn records(system: &SystemRunner) -> Vec<Variant<'_>> {
    let keys = SealingKeys::from_bytes([rand::random()]).expect("a key");
    let client = client(InProcess::new(None), ClientAuth::public(), WITHOUT_USER);
    let authorized = finished(system, &client);
    let sealed = authorized.seal(&keys).expect("random bytes");
    let opening_keys = keys.clone();
    let store = MemoryStore::new();
    let launches: Vec<LaunchKey> = system.block_on(async {
        let (mut launches, mut pauses) = (Vec::new(), Pauses::default());
        for _ in 0..1000 {
            launches.push(open(&store, StoreRules::default(), &mut pauses).await);
        }
        launches
    });
    let next = RefCell::new(launches.into_iter().cycle());
    vec![
        timed("tokens and context, written and sealed", SHORT, move || {
            authorized.seal(&keys).expect("random bytes");
        }),
        timed("tokens and context, opened and read", SHORT, move || {
            Authorized::unseal(&opening_keys, &sealed).expect("what was sealed");
        }),
        timed(
            "a look into the memory store, one of 1,000 launches",
            SHORT,
            move || {
                let key = next.borrow_mut().next().expect("there are some");
                let load = store.load_launch(key, LaunchUse::Counts, StoreRules::default());
                system.block_on(load).expect("it answers");
            },
        ),
    ]
}

fn sign_ins(system: &SystemRunner) -> Vec<Variant<'_>> {
    let public = client(InProcess::new(None), ClientAuth::public(), WITHOUT_USER);
    let signed_in = |id_token| client(InProcess::new(Some(id_token)), ClientAuth::public(), WITH_USER);
    let by_key = |pem| {
        let auth = ClientAuth::private_key_jwt("key-1", PrivateKey::pem(pem));
        client(InProcess::new(None), auth, WITHOUT_USER)
    };
    let beginning = public.clone();
    let mut variants = vec![timed("a sign-in begun: state, nonce, PKCE, address", LONG, move || {
        begun(system, &beginning);
    })];
    for (name, client) in [
        (NOBODY_NAMED, public),
        ("with an id token of RS256", signed_in(rs256())),
        ("with an id token of ES256", signed_in(es256())),
        ("with a client assertion of RS384", by_key(RSA)),
        ("with a client assertion of ES384", by_key(P384)),
    ] {
        // Documents and keys are fetched once.
        finished(system, &client);
        let finish = move |times| {
            let begun: Vec<_> = (0..times).map(|_| begun(system, &client)).collect();
            let before = cpu::used();
            for (pending, query) in begun {
                system.block_on(client.finish(pending, &query)).expect("it is good");
            }
            cpu::used() - before
        };
        variants.push(Variant {
            name,
            floor: (name != NOBODY_NAMED).then_some(NOBODY_NAMED),
            each_round: LONG,
            run: Box::new(finish),
        });
    }
    variants
}

fn timed<'a>(name: &'static str, each_round: u32, operation: impl Fn() + 'a) -> Variant<'a> {
    let run = move |times| {
        let before = cpu::used();
        (0..times).for_each(|_| operation());
        cpu::used() - before
    };
    Variant {
        name,
        floor: None,
        each_round,
        run: Box::new(run),
    }
}

/// An EHR in this process, with its answer to a code.
#[derive(Debug)]
struct InProcess(String);

impl HttpTransport for InProcess {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        let body = match (request.method, request.url.path()) {
            (Method::Get, "/jwks") => KEYS,
            (Method::Get, _) => METADATA,
            _ => &self.0,
        };
        let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        Box::pin(async move { Ok(HttpResponse::new(200, headers, body.as_bytes().to_vec())) })
    }
}

impl InProcess {
    fn new(id_token: Option<String>) -> Self {
        let id_token = id_token.map(|token| format!(r#","id_token":"{token}""#));
        Self(format!(
            r#"{{"access_token":"{}","token_type":"Bearer","expires_in":3600,"refresh_token":"{}",
            "scope":"openid fhirUser launch offline_access patient/*.rs","patient":"87a339d0-8cae-418e-89c7-8651e6aab3c6",
            "encounter":"e3c7b2c1-1f0d-4c4a-9f6e-0f1b2a3c4d5e"{}}}"#,
            "x".repeat(600),
            "r".repeat(43),
            id_token.unwrap_or_default(),
        ))
    }
}

/// What is signed of an id token: good for an hour, and without a nonce, as an EHR need not send one back.
fn unsigned(algorithm: &str, kid: &str) -> String {
    let now = SystemClock.now().as_millis() / 1000;
    let claims = format!(
        r#"{{"iss":"https://ehr.example/oauth2","sub":"practitioner-1","aud":"{CLIENT_ID}","iat":{now},"exp":{},
        "fhirUser":"{BASE}/Practitioner/1"}}"#,
        now + 3600
    );
    let header = format!(r#"{{"alg":"{algorithm}","kid":"{kid}"}}"#);
    format!("{}.{}", encoded(header.as_bytes()), encoded(claims.as_bytes()))
}

fn rs256() -> String {
    let (text, key) = (
        unsigned("RS256", "k1"),
        RsaKeyPair::from_pkcs8(&der(RSA)).expect("a key"),
    );
    let mut signature = vec![0; key.public_modulus_len()];
    let signed = key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature);
    signed.expect("it signs");
    format!("{text}.{}", encoded(&signature))
}

fn es256() -> String {
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der(P256)).expect("a key");
    let text = unsigned("ES256", "k2");
    let signature = key.sign(&SystemRandom::new(), text.as_bytes()).expect("it signs");
    format!("{text}.{}", encoded(signature.as_ref()))
}

fn der(pem: &str) -> Vec<u8> {
    pem::parse(pem).expect("a key").into_contents()
}

fn encoded(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The client of an application that such an EHR knows.
fn client(ehr: InProcess, auth: ClientAuth, scopes: &str) -> SmartClient {
    let registration = Ehr::builder(BASE)
        .client_id(CLIENT_ID)
        .client_auth(auth)
        .redirect_uri(REDIRECT_URI)
        .scopes(scopes);
    let config = SmartConfig::builder().ehr(registration).transport(ehr).build();
    SmartClient::new(&config.expect("a configuration")).expect("there is an EHR")
}

fn begun(system: &SystemRunner, client: &SmartClient) -> (PendingAuthorization, String) {
    let start = client.start(StartOptions::from_ehr(BASE, "launch-1"));
    let (_, pending) = system.block_on(start).expect("it begins");
    let query = format!("code=1&state={}", pending.state().expose_secret());
    (pending, query)
}

fn finished(system: &SystemRunner, client: &SmartClient) -> Authorized {
    let (pending, query) = begun(system, client);
    system.block_on(client.finish(pending, &query)).expect("it is good")
}
