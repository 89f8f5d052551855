//! Where a secret stands, and for whom an assertion is.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{super::*, fixture, no_files};
use crate::{
    protocol::{
        client_auth::credentials::{AppliedAuth, ClientAuthError, ClientCredentials, CredentialSlot},
        urls::EndpointUrl,
    },
    time::Timestamp,
};

const CLIENT: &str = "my-app";
const TOKEN_ENDPOINT: &str = "https://EHR.example/token";
const ISSUER: &str = "https://ehr.example/";
const SLOTS: [(CredentialSlot, &str); 2] = [(CredentialSlot::Current, "new&1"), (CredentialSlot::Previous, "old 2")];

fn apply(
    auth: &ClientAuth,
    style: &AuthStyle,
    slot: CredentialSlot,
    issuer: Option<&str>,
    client_secret: SecretPlacement,
) -> Result<AppliedAuth, ClientAuthError> {
    let token_endpoint = EndpointUrl::parse(TOKEN_ENDPOINT).unwrap();
    let server = AuthServer {
        token_endpoint: &token_endpoint,
        issuer,
        client_secret,
        assertion_algorithm: None,
    };
    let credentials = ClientCredentials::check(auth, CLIENT, style, &no_files).unwrap();
    let applied = credentials.authenticate(slot, &server, Timestamp::from_millis(0), &mut rand::rng());
    applied.map(|applied| applied.ready().unwrap())
}

fn with_secret(place: ClientSecretIn, slot: CredentialSlot, listed: SecretPlacement) -> AppliedAuth {
    let auth = ClientSecretBasic::new("new&1").previous("old 2").into();
    let style = AuthStyle {
        client_secret_in: place,
        ..AuthStyle::default()
    };
    apply(&auth, &style, slot, None, listed).unwrap()
}

fn is_in_body(applied: &AppliedAuth, secret: &str) {
    let expected = [("client_secret", secret.to_owned()), ("client_id", CLIENT.to_owned())];
    assert_eq!(applied.form, expected);
    assert!(applied.headers.is_empty(), "{applied:?}");
}

fn is_in_header(applied: &AppliedAuth) {
    assert!(applied.form.is_empty(), "{applied:?}");
    assert_eq!(applied.headers.len(), 1);
    assert_eq!(applied.headers[0].0, "Authorization");
    assert!(applied.headers[0].1.starts_with("Basic "));
}

#[test]
fn a_secret_stands_where_the_ehr_lists_it() {
    for (slot, secret) in SLOTS {
        let at = |listed| with_secret(ClientSecretIn::AsListed, slot, listed);
        is_in_body(&at(SecretPlacement::Body), secret);
        is_in_header(&at(SecretPlacement::Header));
    }
    assert_eq!(AuthStyle::default().client_secret_in, ClientSecretIn::AsListed);
}

#[test]
fn credentials_go_into_a_header_where_they_are_a_secret_that_stands_there() {
    let token_endpoint = EndpointUrl::parse(TOKEN_ENDPOINT).unwrap();
    let key = PrivateKey::pem(fixture!("p384-sec1"));
    for (auth, listed, is_header) in [
        (ClientAuth::client_secret("s"), SecretPlacement::Header, true),
        (ClientAuth::client_secret("s"), SecretPlacement::Body, false),
        (ClientAuth::public(), SecretPlacement::Header, false),
        (ClientAuth::private_key_jwt("k", key), SecretPlacement::Header, false),
    ] {
        let credentials = ClientCredentials::check(&auth, CLIENT, &AuthStyle::default(), &no_files).unwrap();
        let server = AuthServer {
            token_endpoint: &token_endpoint,
            issuer: None,
            client_secret: listed,
            assertion_algorithm: None,
        };
        assert_eq!(credentials.go_into_a_header(&server), is_header, "{auth:?} {listed:?}");
    }
}

#[test]
fn a_secret_stands_where_the_registration_says_whatever_is_listed() {
    for listed in [SecretPlacement::Header, SecretPlacement::Body] {
        for (slot, secret) in SLOTS {
            let at = |place| with_secret(ClientSecretIn::Always(place), slot, listed);
            is_in_body(&at(SecretPlacement::Body), secret);
            is_in_header(&at(SecretPlacement::Header));
        }
    }
}

#[test]
fn a_client_id_in_the_body_stands_there_once() {
    let style = AuthStyle {
        client_id_in_body: ClientIdInBody::Send,
        ..AuthStyle::default()
    };
    let auth = ClientAuth::client_secret("s");
    for listed in [SecretPlacement::Header, SecretPlacement::Body] {
        let applied = apply(&auth, &style, CredentialSlot::Current, None, listed).unwrap();
        let ids = applied.form.iter().filter(|(name, _)| *name == "client_id");
        assert_eq!(ids.count(), 1, "{listed:?}");
    }
}

#[test]
fn a_place_for_secrets_changes_nothing_for_clients_without_one() {
    let style = AuthStyle {
        client_secret_in: ClientSecretIn::Always(SecretPlacement::Body),
        ..AuthStyle::default()
    };
    let names = |auth: &ClientAuth| -> Vec<_> {
        let applied = apply(auth, &style, CredentialSlot::Current, None, SecretPlacement::Body).unwrap();
        assert!(applied.headers.is_empty());
        applied.form.iter().map(|(name, _)| *name).collect()
    };
    assert_eq!(names(&ClientAuth::public()), ["client_id"]);
    let jwt = ClientAuth::private_key_jwt("k", PrivateKey::pem(fixture!("p384-pkcs8")));
    assert_eq!(names(&jwt), ["client_assertion_type", "client_assertion"]);
}

#[test]
fn a_list_means_the_body_only_where_it_has_the_body_and_not_the_header() {
    use SecretPlacement::{Body, Header};
    assert_eq!(SecretPlacement::listed(None), Header);
    for (listed, place) in [
        (&[] as &[&str], Header),
        (&["client_secret_basic"], Header),
        (&["client_secret_post"], Body),
        (&["client_secret_basic", "client_secret_post"], Header),
        (&["client_secret_post", "client_secret_basic"], Header),
        (&["client_secret_post", "private_key_jwt"], Body),
        (&["private_key_jwt", "none", "client_secret_post"], Body),
        (&["private_key_jwt"], Header),
        (&["none"], Header),
        (&["CLIENT_SECRET_POST"], Header),
        (&["client_secret_post "], Header),
        (&["client_secret_jwt"], Header),
    ] {
        let methods: Vec<String> = listed.iter().map(|method| (*method).to_owned()).collect();
        assert_eq!(SecretPlacement::listed(Some(&methods)), place, "{listed:?}");
    }
    assert_eq!(SecretPlacement::default(), Header);
}

fn audience(audience: AssertionAudience, issuer: Option<&str>) -> Result<Value, ClientAuthError> {
    let style = AuthStyle {
        assertion_audience: audience,
        ..AuthStyle::default()
    };
    let auth = ClientAuth::private_key_jwt("k", PrivateKey::pem(fixture!("p384-pkcs8")));
    let applied = apply(&auth, &style, CredentialSlot::Current, issuer, SecretPlacement::Header)?;
    let (_, assertion) = applied
        .form
        .iter()
        .find(|(name, _)| *name == "client_assertion")
        .unwrap();
    let claims = assertion.split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    Ok(claims["aud"].clone())
}

#[test]
fn an_assertion_is_for_the_token_endpoint_the_issuer_or_a_given_text_as_they_are_written() {
    use AssertionAudience::{Issuer, Other, TokenEndpoint};
    assert_eq!(AssertionAudience::default(), TokenEndpoint);
    assert_eq!(audience(TokenEndpoint, Some(ISSUER)).unwrap(), TOKEN_ENDPOINT);
    assert_eq!(audience(Issuer, Some(ISSUER)).unwrap(), ISSUER);
    let other = "https://Elsewhere.example";
    assert_eq!(audience(Other(other.to_owned()), Some(ISSUER)).unwrap(), other);
}

#[test]
fn an_assertion_for_the_issuer_needs_one_and_the_others_do_not() {
    use AssertionAudience::{Issuer, Other, TokenEndpoint};
    assert_eq!(audience(Issuer, None), Err(ClientAuthError::NoIssuer));
    assert_eq!(audience(TokenEndpoint, None).unwrap(), TOKEN_ENDPOINT);
    assert_eq!(audience(Other("x".to_owned()), None).unwrap(), "x");
}

#[test]
fn a_secret_and_a_public_client_need_no_issuer_whatever_the_audience_of_assertions() {
    let style = AuthStyle {
        assertion_audience: AssertionAudience::Issuer,
        ..AuthStyle::default()
    };
    for auth in [ClientAuth::public(), ClientAuth::client_secret("s")] {
        let applied = apply(&auth, &style, CredentialSlot::Current, None, SecretPlacement::Header);
        assert!(applied.is_ok());
    }
}

#[test]
fn debug_output_shows_no_secret_of_the_body() {
    let applied = with_secret(ClientSecretIn::AsListed, CredentialSlot::Current, SecretPlacement::Body);
    for shown in [format!("{applied:?}"), format!("{applied:#?}")] {
        assert!(!shown.contains("new&1"), "{shown}");
    }
}
