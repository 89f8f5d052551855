//! Credentials that the EHR's metadata does not list.

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::{super::*, fixture, no_files};
use crate::protocol::{
    client_auth::credentials::{ClientCredentials, Unlisted},
    metadata::ServerMetadata,
    urls::FhirBaseUrl,
};

/// What is missing in metadata with these members. `null` is no member.
fn unlisted(auth: &ClientAuth, place: ClientSecretIn, methods: Value, algorithms: Value) -> Option<Unlisted> {
    let mut document = json!({
        "authorization_endpoint": "https://ehr.example/authorize",
        "token_endpoint": "https://ehr.example/token",
        "grant_types_supported": ["authorization_code"],
        "capabilities": ["launch-ehr"],
        "code_challenge_methods_supported": ["S256"]
    });
    for (name, value) in [
        ("token_endpoint_auth_methods_supported", methods),
        ("token_endpoint_auth_signing_alg_values_supported", algorithms),
    ] {
        if !value.is_null() {
            document[name] = value;
        }
    }
    let base = FhirBaseUrl::parse("https://ehr.example/fhir").unwrap();
    let metadata = ServerMetadata::parse(document.to_string().as_bytes(), &base).unwrap();
    let style = AuthStyle {
        client_secret_in: place,
        ..AuthStyle::default()
    };
    let credentials = ClientCredentials::check(auth, "my-app", &style, &no_files).unwrap();
    credentials.unlisted(&metadata)
}

fn es384() -> ClientAuth {
    ClientAuth::private_key_jwt("k", PrivateKey::pem(fixture!("p384-pkcs8")))
}

fn rs384() -> ClientAuth {
    ClientAuth::private_key_jwt("k", PrivateKey::pem(fixture!("rsa2048-pkcs8")))
}

fn method(used: &'static str, listed: &str) -> Option<Unlisted> {
    let listed = listed.to_owned();
    Some(Unlisted::Method { used, listed })
}

fn algorithm(used: Algorithm, listed: &str) -> Option<Unlisted> {
    let listed = listed.to_owned();
    Some(Unlisted::Algorithm { used, listed })
}

#[test]
fn nothing_is_missing_where_nothing_is_listed() {
    for auth in [ClientAuth::public(), ClientAuth::client_secret("s"), es384(), rs384()] {
        assert_eq!(
            unlisted(&auth, ClientSecretIn::AsListed, Value::Null, Value::Null),
            None
        );
    }
}

#[test]
fn a_public_client_has_nothing_to_be_listed() {
    let public = ClientAuth::public();
    for methods in [json!([]), json!(["client_secret_basic"])] {
        assert_eq!(unlisted(&public, ClientSecretIn::AsListed, methods, json!([])), None);
    }
}

#[test]
fn a_secret_that_goes_where_it_is_listed_needs_one_of_two_methods() {
    let secret = ClientAuth::client_secret("s");
    let of = |methods| unlisted(&secret, ClientSecretIn::AsListed, methods, json!([]));
    for listed in [
        json!(["client_secret_basic"]),
        json!(["client_secret_post"]),
        json!(["private_key_jwt", "client_secret_post"]),
    ] {
        assert_eq!(of(listed), None);
    }
    assert_eq!(
        of(json!(["private_key_jwt", "none"])),
        method("client_secret_basic", "private_key_jwt, none")
    );
    assert_eq!(of(json!([])), method("client_secret_basic", ""));
}

#[test]
fn a_secret_that_always_goes_to_one_place_needs_the_method_of_that_place() {
    let secret = ClientAuth::client_secret("s");
    for (place, own, other) in [
        (SecretPlacement::Header, "client_secret_basic", "client_secret_post"),
        (SecretPlacement::Body, "client_secret_post", "client_secret_basic"),
    ] {
        let of = |methods| unlisted(&secret, ClientSecretIn::Always(place), methods, Value::Null);
        assert_eq!(of(json!([own])), None);
        assert_eq!(of(json!([other, own])), None);
        assert_eq!(of(json!([other])), method(own, other));
    }
}

#[test]
fn a_key_needs_its_method_before_its_algorithm() {
    let of = |methods, algorithms| unlisted(&es384(), ClientSecretIn::AsListed, methods, algorithms);
    assert_eq!(of(json!(["private_key_jwt"]), Value::Null), None);
    assert_eq!(of(json!(["private_key_jwt"]), json!(["ES384"])), None);
    let missing = method("private_key_jwt", "client_secret_basic");
    assert_eq!(of(json!(["client_secret_basic"]), json!(["ES384"])), missing);
    assert_eq!(of(json!(["client_secret_basic"]), json!(["RS384"])), missing);
}

#[test]
fn the_algorithm_of_a_key_has_to_be_listed_exactly() {
    let of = |auth: &ClientAuth, algorithms| unlisted(auth, ClientSecretIn::AsListed, Value::Null, algorithms);
    for (algorithms, listed) in [
        (json!(["RS384", "HS256"]), "RS384, HS256"),
        (json!(["es384"]), "es384"),
        (json!([]), ""),
    ] {
        assert_eq!(of(&es384(), algorithms), algorithm(Algorithm::ES384, listed));
    }
    for algorithms in [json!(["RS384", "ES384"]), json!(["of another kind", "ES384"])] {
        assert_eq!(of(&es384(), algorithms), None);
    }
    assert_eq!(of(&rs384(), json!(["RS384"])), None);
    assert_eq!(of(&rs384(), json!(["ES384"])), algorithm(Algorithm::RS384, "ES384"));
    // Two keys: one that fits is enough.
    let both = |first: (&str, &str), second: (&str, &str)| {
        let keys = PrivateKeyJwt::new(first.0, PrivateKey::pem(first.1)).or(second.0, PrivateKey::pem(second.1));
        ClientAuth::from(keys)
    };
    let (ec, rsa) = (("e", fixture!("p384-pkcs8")), ("r", fixture!("rsa2048-pkcs8")));
    for keys in [both(ec, rsa), both(rsa, ec)] {
        for algorithms in [
            json!(["RS384"]),
            json!(["ES384"]),
            json!(["HS256", "ES384"]),
            json!(["ES384", "RS384"]),
        ] {
            assert_eq!(of(&keys, algorithms), None);
        }
    }
    assert_eq!(
        of(&both(ec, rsa), json!(["RS256"])),
        algorithm(Algorithm::ES384, "RS256")
    );
    assert_eq!(of(&both(rsa, ec), json!([])), algorithm(Algorithm::RS384, ""));
    // Nobody else has one.
    for auth in [ClientAuth::public(), ClientAuth::client_secret("s")] {
        assert_eq!(of(&auth, json!(["HS256"])), None);
    }
}
