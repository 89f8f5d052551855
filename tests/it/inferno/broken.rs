//! The auditor itself: for each id a request that breaks just that rule, and its objection.

use std::collections::BTreeSet;

use actix_smart_auth::{
    options::AuthorizeMethod,
    sandbox::{Endpoint, ReceivedRequest},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::{
    PLAIN_ID, PLAIN_SECRET, Session,
    audit::{IDS, Ids, audit},
};
use crate::support::{PRIVATE_KEY, Profile};

/// Changes the requests of one session and says which ids the auditor objects to.
fn objections(session: &Session, spoil: impl FnOnce(&mut Vec<ReceivedRequest>)) -> BTreeSet<&'static str> {
    let mut requests = session.app.sandbox.received_requests();
    spoil(&mut requests);
    audit(&requests, &session.registration, &session.seen)
        .into_iter()
        .filter_map(|(id, result)| result.is_err().then_some(id))
        .collect()
}

fn first(requests: &mut [ReceivedRequest], endpoint: Endpoint) -> &mut ReceivedRequest {
    requests
        .iter_mut()
        .find(|request| request.endpoint == endpoint)
        .unwrap()
}

fn first_refresh(requests: &mut [ReceivedRequest]) -> &mut ReceivedRequest {
    let refresh = Some("refresh_token".to_owned());
    let mut requests = requests.iter_mut();
    requests
        .find(|request| request.parameter("grant_type") == refresh)
        .unwrap()
}

/// Sets a parameter of the body, or removes it.
fn set(request: &mut ReceivedRequest, name: &str, value: Option<&str>) {
    let mut form = request.form();
    form.retain(|(key, _)| key != name);
    form.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    request.body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
}

#[actix_web::test]
async fn it_objects_to_each_broken_authorization_request() {
    let session = Session::run(Profile::Public, AuthorizeMethod::Get).await;
    let base = format!("{}/", session.registration.fhir_base_url);
    let cases: [(&str, &str, Option<&str>, &[&str]); 12] = [
        ("AZ-1", "response_type", Some("token"), &[]),
        ("AZ-2", "client_id", Some("somebody else"), &[]),
        ("AZ-3", "redirect_uri", None, &["AZ-4", "TK-7"]),
        ("AZ-4", "redirect_uri", Some("http://127.0.0.1/"), &["TK-7"]),
        ("AZ-5", "launch", Some("guessed"), &[]),
        ("AZ-6", "state", Some(" "), &["TK-7", "TK-8"]),
        ("AZ-7", "aud", Some(&base), &[]),
        ("AZ-8", "code_challenge", None, &["TK-8"]),
        ("AZ-9", "code_challenge_method", Some("plain"), &["TK-8"]),
        ("AZ-9", "code_challenge_method", None, &["TK-8"]),
        ("AZ-10", "scope", Some(""), &[]),
        ("AZ-10", "scope", None, &[]),
    ];
    let mut shown = BTreeSet::new();
    for (id, name, value, follow) in cases {
        let found = objections(&session, |requests| {
            let query = &mut first(requests, Endpoint::Authorize).query;
            query.retain(|(key, _)| key != name);
            query.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        });
        let mut expected: BTreeSet<_> = follow.iter().copied().collect();
        expected.insert(id);
        assert_eq!(found, expected, "{name} = {value:?}");
        shown.insert(id);
    }
    assert_eq!(shown.len(), 10);
    // A repeated parameter is equal to nothing.
    let found = objections(&session, |requests| {
        let query = &mut first(requests, Endpoint::Authorize).query;
        query.push(("response_type".to_owned(), "code".to_owned()));
    });
    assert_eq!(found, BTreeSet::from(["AZ-1"]));
}

#[actix_web::test]
async fn it_objects_to_each_broken_token_and_refresh_request() {
    let session = Session::run(Profile::Public, AuthorizeMethod::Post).await;
    let other_verifier = "x".repeat(43);
    let cases: [(&str, &str, Option<&str>, &[&str]); 7] = [
        ("TK-1", "grant_type", Some("password"), &[]),
        ("TK-4", "client_id", Some("somebody else"), &[]),
        ("TK-5", "code", None, &["TK-6", "TK-7", "TK-8"]),
        ("TK-6", "code", Some("found elsewhere"), &["TK-7", "TK-8"]),
        ("TK-7", "redirect_uri", Some("http://127.0.0.1/"), &[]),
        ("TK-8", "code_verifier", Some(&other_verifier), &[]),
        ("TK-8", "code_verifier", None, &[]),
    ];
    for (id, name, value, follow) in cases {
        let found = objections(&session, |requests| set(first(requests, Endpoint::Token), name, value));
        let mut expected: BTreeSet<_> = follow.iter().copied().collect();
        expected.insert(id);
        assert_eq!(found, expected, "{name} = {value:?}");
    }
    let found = objections(&session, |requests| {
        set(first_refresh(requests), "refresh_token", Some("found elsewhere"));
    });
    assert_eq!(found, BTreeSet::from(["RF-3"]));
    // A refresh is known by its grant type, so RF-1 can only break by naming it twice.
    let found = objections(&session, |requests| {
        first_refresh(requests).body.push_str("&grant_type=x")
    });
    assert_eq!(found, BTreeSet::from(["RF-1"]));
}

#[actix_web::test]
async fn it_objects_to_each_broken_assertion() {
    let session = Session::run(Profile::Es384, AuthorizeMethod::Get).await;
    let id = session.registration.client_id.clone();
    let claims = json!({
        "iss": id, "sub": id, "aud": session.registration.token_url, "exp": 4_000_000_000_u64, "jti": "new",
    });
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().remove(name);
        if !value.is_null() {
            claims[name] = value;
        }
        sign(&header(), &claims)
    };
    let tampered = {
        let jwt = sign(&header(), &claims);
        let other = sign(&header(), &json!({"other": "claims"}));
        let (signed, _) = jwt.rsplit_once('.').unwrap();
        format!("{signed}.{}", other.rsplit_once('.').unwrap().1)
    };
    let without_type = Header { typ: None, ..header() };
    let cases = [
        ("JW-1", "not.a-jwt".to_owned()),
        ("JW-2", sign(&without_type, &claims)),
        ("JW-3", with("iss", json!("somebody else"))),
        ("JW-4", with("sub", Value::Null)),
        ("JW-5", with("aud", json!([session.registration.token_url]))),
        ("JW-6", with("exp", Value::Null)),
        ("JW-7", with("jti", Value::Null)),
        ("JW-9", tampered),
        (
            "JW-9",
            sign(
                &Header {
                    kid: Some("unknown".to_owned()),
                    ..header()
                },
                &claims,
            ),
        ),
        ("JW-9", sign(&Header { kid: None, ..header() }, &claims)),
    ];
    let unspoiled = sign(&header(), &claims);
    let spoil = |jwt: &str| {
        objections(&session, |requests| {
            set(first(requests, Endpoint::Token), "client_assertion", Some(jwt));
        })
    };
    assert_eq!(
        spoil(&unspoiled),
        BTreeSet::new(),
        "the cases differ from a good one in one thing"
    );
    for (id, jwt) in cases {
        assert_eq!(spoil(&jwt), BTreeSet::from([id]), "{id}");
    }
    let replayed = objections(&session, |requests| {
        let jwt = first(requests, Endpoint::Token).parameter("client_assertion").unwrap();
        set(first_refresh(requests), "client_assertion", Some(&jwt));
    });
    assert_eq!(replayed, BTreeSet::from(["JW-8"]));
    for (id, is_refresh) in [("TK-2", false), ("RF-2", true)] {
        let found = objections(&session, |requests| {
            let request = if is_refresh {
                first_refresh(requests)
            } else {
                first(requests, Endpoint::Token)
            };
            set(request, "client_assertion_type", Some("urn:something:else"));
        });
        assert_eq!(found, BTreeSet::from([id]));
    }
}

#[actix_web::test]
async fn it_objects_to_each_broken_authorization_header() {
    let session = Session::run(Profile::Secret, AuthorizeMethod::Get).await;
    let encoded = |text: &str| STANDARD.encode(text);
    let good = encoded(&format!("{PLAIN_ID}:{PLAIN_SECRET}"));
    let cases = [
        (Some(format!("Basic {good}")), BTreeSet::new()),
        (None, BTreeSet::from(["BA-1"])),
        (Some(format!("basic {good}")), BTreeSet::from(["BA-1"])),
        (
            Some(format!("Basic {}", good.trim_end_matches('='))),
            BTreeSet::from(["BA-1"]),
        ),
        (
            Some(format!("Basic {}", encoded(&format!("{PLAIN_ID}:wrong")))),
            BTreeSet::from(["BA-1"]),
        ),
    ];
    // Otherwise the case without padding would not be one.
    assert!(good.ends_with('='));
    for (value, expected) in cases {
        let found = objections(&session, |requests| {
            let headers = &mut first(requests, Endpoint::Token).headers;
            headers.retain(|(name, _)| name != "authorization");
            headers.extend(value.clone().map(|value| ("authorization".to_owned(), value)));
        });
        assert_eq!(found, expected, "{value:?}");
    }
}

#[test]
fn every_id_of_the_table_that_applies_is_broken_above() {
    let source = include_str!("broken.rs");
    for (id, applies) in IDS {
        if !matches!(applies, Ids::BackendServices) {
            assert!(source.contains(&format!("\"{id}\"")), "{id} is not broken by any test");
        }
    }
}

fn header() -> Header {
    let mut header = Header::new(Algorithm::ES384);
    header.kid = Some("ec-1".to_owned());
    header
}

fn sign(header: &Header, claims: &Value) -> String {
    encode(
        header,
        claims,
        &EncodingKey::from_ec_pem(PRIVATE_KEY.as_bytes()).unwrap(),
    )
    .unwrap()
}
