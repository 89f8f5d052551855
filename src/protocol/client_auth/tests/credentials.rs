//! What each way of authenticating adds to a token request.

use std::sync::LazyLock;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde_json::{Value, json};

use super::{
    super::{jwks::DuplicateKid, *},
    fixture, no_files,
};
use crate::{
    protocol::{
        client_auth::credentials::{
            AppliedAuth, ClientAuthError, ClientCredentials, CredentialProblem, CredentialSlot,
        },
        urls::EndpointUrl,
    },
    time::{Clock as _, SystemClock, Timestamp},
};

const CLIENT: &str = "my-app";
const TOKEN_ENDPOINT: &str = "https://EHR.example/token";
pub(super) const RSA: &str = fixture!("rsa2048-pkcs8");
pub(super) const P384: &str = fixture!("p384-sec1");

pub(super) fn check(auth: impl Into<ClientAuth>) -> Result<ClientCredentials, Vec<CredentialProblem>> {
    ClientCredentials::check(&auth.into(), CLIENT, &AuthStyle::default(), &no_files)
}

static TOKEN_ENDPOINT_URL: LazyLock<EndpointUrl> = LazyLock::new(|| EndpointUrl::parse(TOKEN_ENDPOINT).unwrap());

/// A server that says nothing about credentials.
const fn server(token_endpoint: &EndpointUrl) -> AuthServer<'_> {
    AuthServer {
        token_endpoint,
        issuer: None,
        client_secret: SecretPlacement::Header,
        assertion_algorithm: None,
    }
}

fn apply_at(credentials: &ClientCredentials, slot: CredentialSlot, now: Timestamp) -> AppliedAuth {
    let server = server(&TOKEN_ENDPOINT_URL);
    let applied = credentials.authenticate(slot, &server, now, &mut rand::rng());
    applied.unwrap().ready().unwrap()
}

fn apply(credentials: &ClientCredentials, slot: CredentialSlot) -> AppliedAuth {
    apply_at(credentials, slot, SystemClock.now())
}

fn jwks(credentials: &ClientCredentials) -> JwkSet {
    let mut jwks = Jwks::default();
    for key in credentials.public_keys() {
        jwks.add(key).unwrap();
    }
    serde_json::from_str(&jwks.to_json().unwrap()).unwrap()
}

/// Header and claims of the assertion, verified with the published key that its `kid` names.
fn verified(credentials: &ClientCredentials, applied: &AppliedAuth, algorithm: Algorithm) -> (Value, Value) {
    let [(kind, value), (name, assertion)] = applied.form.as_slice() else {
        panic!("{applied:?}")
    };
    assert_eq!(*kind, "client_assertion_type");
    assert_eq!(value, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert_eq!(*name, "client_assertion");
    assert!(applied.headers.is_empty());
    let header = decode_header(assertion).unwrap();
    let set = jwks(credentials);
    let key = DecodingKey::from_jwk(set.find(header.kid.as_deref().unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(algorithm);
    validation.set_audience(&[TOKEN_ENDPOINT]);
    validation.set_issuer(&[CLIENT]);
    validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    let claims = decode::<Value>(assertion, &key, &validation).unwrap().claims;
    (serde_json::to_value(header).unwrap(), claims)
}

#[test]
fn a_public_client_sends_its_id_in_the_body_and_nothing_else() {
    let credentials = check(ClientAuth::public()).unwrap();
    let applied = apply(&credentials, CredentialSlot::Current);
    assert_eq!(applied.form, [("client_id", CLIENT.to_owned())]);
    assert!(applied.headers.is_empty());
    assert_eq!(credentials.attempts(None), [CredentialSlot::Current]);
    assert_eq!(credentials.public_keys().count(), 0);
}

#[test]
fn a_client_with_a_secret_sends_a_basic_header_and_no_id_in_the_body() {
    let credentials = check(ClientAuth::client_secret("my-app-secret-123")).unwrap();
    let applied = apply(&credentials, CredentialSlot::Current);
    assert!(applied.form.is_empty());
    assert_eq!(
        applied.headers,
        [("Authorization", "Basic bXktYXBwOm15LWFwcC1zZWNyZXQtMTIz".to_owned())]
    );
}

pub(super) fn written(basic_encoding: BasicEncoding) -> AuthStyle {
    AuthStyle {
        basic_encoding,
        ..AuthStyle::default()
    }
}

#[test]
fn id_and_secret_are_form_encoded_unless_the_ehr_wants_them_raw() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let pair = |encoding| {
        let auth = ClientSecretBasic::new("p:q +~ä%").into();
        let applied = apply_at(
            &ClientCredentials::check(&auth, "a b", &written(encoding), &no_files).unwrap(),
            CredentialSlot::Current,
            Timestamp::from_millis(0),
        );
        let encoded = applied.headers[0].1.strip_prefix("Basic ").unwrap().to_owned();
        String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap()
    };
    assert_eq!(pair(BasicEncoding::FormEncoded), "a+b:p%3Aq+%2B%7E%C3%A4%25");
    assert_eq!(pair(BasicEncoding::Raw), "a b:p:q +~ä%");
}

#[test]
fn an_assertion_has_the_header_and_the_claims_that_the_specification_wants_and_no_others() {
    for (pem, algorithm, name) in [(RSA, Algorithm::RS384, "RS384"), (P384, Algorithm::ES384, "ES384")] {
        let credentials = check(PrivateKeyJwt::new("k-1", PrivateKey::pem(pem))).unwrap();
        let now = SystemClock.now();
        let applied = apply_at(&credentials, CredentialSlot::Current, now);
        let (header, claims) = verified(&credentials, &applied, algorithm);
        assert_eq!(header, json!({"alg": name, "typ": "JWT", "kid": "k-1"}));
        let jti = claims["jti"].as_str().unwrap();
        assert_eq!(jti.len(), 22);
        assert_eq!(
            claims,
            json!({"iss": CLIENT, "sub": CLIENT, "aud": TOKEN_ENDPOINT, "exp": now.as_secs() + 240, "jti": jti})
        );
    }
}

#[test]
fn a_jku_is_sent_exactly_as_it_was_configured() {
    let jwt = PrivateKeyJwt::new("k", PrivateKey::pem(P384)).jku("https://APP.example/jwks.json");
    let credentials = check(jwt).unwrap();
    let applied = apply(&credentials, CredentialSlot::Current);
    let (header, _) = verified(&credentials, &applied, Algorithm::ES384);
    assert_eq!(header["jku"], "https://APP.example/jwks.json");
}

#[test]
fn every_request_gets_an_assertion_of_its_own() {
    let credentials = check(PrivateKeyJwt::new("k", PrivateKey::pem(RSA))).unwrap();
    let jti = || {
        let applied = apply(&credentials, CredentialSlot::Current);
        verified(&credentials, &applied, Algorithm::RS384).1["jti"].clone()
    };
    assert_ne!(jti(), jti());
}

#[test]
fn the_client_id_goes_into_the_body_of_a_confidential_client_only_when_asked_for() {
    for auth in [
        ClientAuth::client_secret("s"),
        ClientAuth::private_key_jwt("k", PrivateKey::pem(P384)),
    ] {
        for (policy, expected) in [(ClientIdInBody::Omit, 0), (ClientIdInBody::Send, 1)] {
            let style = AuthStyle {
                client_id_in_body: policy,
                ..AuthStyle::default()
            };
            let credentials = ClientCredentials::check(&auth, CLIENT, &style, &no_files).unwrap();
            let applied = apply(&credentials, CredentialSlot::Current);
            assert_eq!(
                applied
                    .form
                    .iter()
                    .filter(|field| **field == ("client_id", CLIENT.to_owned()))
                    .count(),
                expected
            );
        }
    }
}

#[test]
fn a_previous_credential_is_the_second_attempt_and_without_one_there_is_none() {
    use CredentialSlot::{Current, Previous};
    let basic = check(ClientSecretBasic::new("new").previous("old")).unwrap();
    assert_eq!(basic.attempts(None), [Current, Previous]);
    assert_ne!(apply(&basic, Current).headers, apply(&basic, Previous).headers);
    assert_eq!(
        apply(&basic, Previous).headers,
        apply(&check(ClientAuth::client_secret("old")).unwrap(), Current).headers
    );

    let jwt = PrivateKeyJwt::new("new", PrivateKey::pem(P384)).previous("old", PrivateKey::pem(RSA));
    let jwt = check(jwt).unwrap();
    assert_eq!(jwt.attempts(None), [Current, Previous]);
    let (header, _) = verified(&jwt, &apply(&jwt, Previous), Algorithm::RS384);
    assert_eq!(header["kid"], "old");

    let server = server(&TOKEN_ENDPOINT_URL);
    for auth in [
        ClientAuth::public(),
        ClientAuth::client_secret("s"),
        ClientAuth::private_key_jwt("k", PrivateKey::pem(P384)),
    ] {
        let credentials = check(auth).unwrap();
        assert_eq!(credentials.attempts(None), [Current]);
        let refused = credentials.authenticate(Previous, &server, SystemClock.now(), &mut rand::rng());
        assert_eq!(refused.unwrap_err(), ClientAuthError::NoPrevious);
    }
}

#[test]
fn the_credential_that_worked_last_is_tried_first() {
    use CredentialSlot::{Current, Previous};
    let basic = check(ClientSecretBasic::new("new").previous("old")).unwrap();
    basic.worked(Previous);
    assert_eq!(basic.attempts(None), [Previous, Current]);
    basic.worked(Current);
    assert_eq!(basic.attempts(None), [Current, Previous]);
}

pub(super) fn two(first: (&str, &str), second: (&str, &str)) -> PrivateKeyJwt {
    PrivateKeyJwt::new(first.0, PrivateKey::pem(first.1)).or(second.0, PrivateKey::pem(second.1))
}

#[test]
fn of_two_keys_the_one_signs_whose_algorithm_is_the_only_one_listed_and_else_the_first() {
    use SigningAlgorithm::{Es384, Rs384};
    let (rsa, ec) = (("rsa", RSA), ("ec", P384));
    let list = |names: &[&str]| {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        SigningAlgorithm::only_listed(Some(&names))
    };
    assert_eq!(SigningAlgorithm::only_listed(None), None);
    for (listed, only) in [
        (&["RS384"][..], Some(Rs384)),
        (&["ES384"], Some(Es384)),
        (&["RS256", "ES384", "HS384"], Some(Es384)),
        (&["ES384", "RS384"], None),
        (&["RS256", "es384"], None),
        (&[], None),
    ] {
        assert_eq!(list(listed), only, "{listed:?}");
        for (first, second) in [(rsa, ec), (ec, rsa)] {
            let credentials = check(two(first, second)).unwrap();
            let server = AuthServer {
                assertion_algorithm: only,
                ..server(&TOKEN_ENDPOINT_URL)
            };
            let applied =
                credentials.authenticate(CredentialSlot::Current, &server, SystemClock.now(), &mut rand::rng());
            let applied = applied.unwrap().ready().unwrap();
            let expected = match only {
                Some(Rs384) => (rsa.0, Algorithm::RS384),
                Some(Es384) => (ec.0, Algorithm::ES384),
                None if first == rsa => (rsa.0, Algorithm::RS384),
                None => (ec.0, Algorithm::ES384),
            };
            let (header, _) = verified(&credentials, &applied, expected.1);
            assert_eq!(header["kid"], expected.0);
            assert_eq!(credentials.signed_with(CredentialSlot::Current, only), Some(expected));
            assert_eq!(jwks(&credentials).keys.len(), 2);
        }
    }
    // Of one key nothing is chosen.
    let one = check(PrivateKeyJwt::new("rsa", PrivateKey::pem(RSA))).unwrap();
    let signed_with = one.signed_with(CredentialSlot::Current, Some(Es384));
    assert_eq!(signed_with, Some(("rsa", Algorithm::RS384)));
}

#[test]
fn a_previous_key_beside_two_is_tried_where_its_algorithm_is_taken() {
    use CredentialSlot::{Current, Previous};
    let rotating = || two(("ec", P384), ("rsa", RSA)).previous("before", PrivateKey::pem(fixture!("rsa2048-pkcs1")));
    let credentials = check(rotating()).unwrap();
    for (only, attempts) in [
        (None, &[Current, Previous][..]),
        (Some(SigningAlgorithm::Rs384), &[Current, Previous]),
        (Some(SigningAlgorithm::Es384), &[Current]),
    ] {
        assert_eq!(credentials.attempts(only), attempts, "{only:?}");
    }
    credentials.worked(Previous);
    assert_eq!(credentials.attempts(Some(SigningAlgorithm::Es384)), [Current]);
    assert_eq!(credentials.attempts(Some(SigningAlgorithm::Rs384)), [Previous, Current]);
    // One key and its predecessor: lists are often wrong, and there is nothing to choose.
    let one = check(PrivateKeyJwt::new("ec", PrivateKey::pem(P384)).previous("before", PrivateKey::pem(RSA))).unwrap();
    assert_eq!(one.attempts(Some(SigningAlgorithm::Es384)), [Current, Previous]);
}

#[test]
fn all_keys_are_published_and_a_kid_never_means_two_of_them() {
    let jwt = || PrivateKeyJwt::new("now", PrivateKey::pem(P384)).previous("before", PrivateKey::pem(RSA));
    let next = jwt()
        .also_publish("next", PrivateKey::pem(fixture!("p384-x-starts-with-zero")))
        .also_publish("before", PublicKey::pem(fixture!("rsa2048-public")));
    let set = jwks(&check(next).unwrap());
    let kids: Vec<_> = set.keys.iter().map(|key| key.common.key_id.clone().unwrap()).collect();
    assert_eq!(kids, ["now", "before", "next"]);

    let clash = jwt().also_publish("now", PublicKey::pem(fixture!("rsa2048-public")));
    assert_eq!(
        check(clash).unwrap_err(),
        [CredentialProblem::DuplicateKid(DuplicateKid("now".to_owned()))]
    );
}

#[test]
fn debug_output_shows_no_secret_key_or_assertion() {
    let basic = ClientAuth::from(ClientSecretBasic::new("MARKER-new").previous("MARKER-old"));
    let secret_line = P384.lines().nth(1).unwrap();
    let jwt = ClientAuth::from(PrivateKeyJwt::new("k", PrivateKey::pem(P384)).also_publish("n", PrivateKey::pem(RSA)));
    for auth in [basic, jwt] {
        let credentials = check(auth.clone()).unwrap();
        let applied = apply(&credentials, CredentialSlot::Current);
        let shown = format!(
            "{auth:?} {credentials:?} {applied:?} {:#?}",
            (&auth, &credentials, &applied)
        );
        assert!(!shown.contains("MARKER"), "{shown}");
        assert!(!shown.contains(secret_line), "{shown}");
        for (_, value) in applied.form.iter().chain(&applied.headers) {
            assert!(!shown.contains(value.as_str()), "{shown}");
        }
    }
}

#[test]
fn credentials_are_changed_by_encoding_where_they_have_other_characters_than_a_form_has() {
    let of = |auth: ClientAuth, client_id: &str, encoding| {
        let credentials = ClientCredentials::check(&auth, client_id, &written(encoding), &no_files).unwrap();
        [CredentialSlot::Current, CredentialSlot::Previous].map(|slot| credentials.is_changed_by_encoding(slot))
    };
    let (form, raw) = (BasicEncoding::FormEncoded, BasicEncoding::Raw);
    let rotating = |current: &str, previous: &str| ClientAuth::from(ClientSecretBasic::new(current).previous(previous));
    for (auth, client_id, encoding, changed) in [
        (ClientAuth::client_secret("plain"), CLIENT, form, [false, false]),
        (ClientAuth::client_secret("pl+ain"), CLIENT, form, [true, false]),
        (ClientAuth::client_secret("pl+ain"), CLIENT, raw, [false, false]),
        (ClientAuth::client_secret("plain"), "my:app", form, [true, true]),
        (rotating("plain", "o+ld"), CLIENT, form, [false, true]),
        (rotating("pl+ain", "old"), CLIENT, form, [true, false]),
        (ClientAuth::public(), "my:app", form, [false, false]),
        (
            ClientAuth::private_key_jwt("k", PrivateKey::pem(P384)),
            "my:app",
            form,
            [false, false],
        ),
    ] {
        assert_eq!(
            of(auth.clone(), client_id, encoding),
            changed,
            "{auth:?} {client_id} {encoding:?}"
        );
    }
}
