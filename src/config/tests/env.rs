//! What the environment variables make.

use secrecy::zeroize::Zeroizing;

use super::*;
use crate::{
    error::{KeyError, UrlError},
    store::CredentialKind,
};

/// Variables that make a public client.
const PUBLIC: [(&str, &str); 4] = [
    ("FHIR_BASE_URL", "https://ehr.example/fhir"),
    ("SMART_CLIENT_ID", "my-app"),
    ("SMART_REDIRECT_URI", "https://app.example/auth/callback"),
    ("SMART_SCOPES", "openid launch/patient"),
];
const KEY_PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/keys/p384-sec1.pem");

fn build(variables: &[(&str, &str)]) -> Result<SmartConfig, ConfigError> {
    let find = |name: &str| {
        // The last one wins, so that a test can replace a value.
        let found = variables.iter().rev().find(|(known, _)| *known == name);
        found.map(|(_, value)| Zeroizing::new((*value).to_owned()))
    };
    SmartConfig::builder().ehr(EhrBuilder::from_variables(&find)).build()
}

fn with(more: &[(&str, &str)]) -> Result<SmartConfig, ConfigError> {
    build(&[&PUBLIC, more].concat())
}

#[test]
fn the_credentials_that_are_set_decide_how_the_client_authenticates() {
    for (more, kind) in [
        (&[][..], CredentialKind::Public),
        (&[("SMART_CLIENT_SECRET", "s")], CredentialKind::Secret),
        (&[("SMART_CLIENT_SECRET", "  ")], CredentialKind::Public),
        (
            &[("SMART_PRIVATE_KEY_PATH", KEY_PATH), ("SMART_KEY_ID", "k")],
            CredentialKind::PrivateKey,
        ),
        (
            &[("SMART_PRIVATE_KEY_PATH", P384), ("SMART_KEY_ID", "k")],
            CredentialKind::PrivateKey,
        ),
        (
            &[
                ("SMART_PRIVATE_KEY_PATH", KEY_PATH),
                ("SMART_KEY_ID", " k\n"),
                ("SMART_JWKS_URI", "https://app.example/.well-known/jwks.json"),
            ],
            CredentialKind::PrivateKey,
        ),
    ] {
        let config = with(more).unwrap();
        assert_eq!(config.ehrs()[0].credentials().kind(), kind, "{more:?}");
    }
}

#[test]
fn half_of_a_key_client_names_the_other_half() {
    for (more, expected) in [
        (("SMART_KEY_ID", "k"), &["private_key"][..]),
        (("SMART_PRIVATE_KEY_PATH", KEY_PATH), &["kid"]),
        (
            ("SMART_JWKS_URI", "https://app.example/jwks.json"),
            &["private_key", "kid"],
        ),
    ] {
        assert_eq!(with(&[more]).unwrap_err().missing(), expected, "{more:?}");
    }
}

#[test]
fn a_secret_and_a_key_at_once_are_a_problem_of_their_own() {
    let error = with(&[("SMART_CLIENT_SECRET", "MARKER"), ("SMART_KEY_ID", "k")]).unwrap_err();
    assert_eq!(found(&error), [invalid("client_auth", InvalidReason::SecretAndKey)]);
    assert!(!error.to_string().contains("MARKER"));
}

#[test]
fn each_variable_that_is_not_set_or_empty_is_named() {
    for (variable, field) in [
        ("FHIR_BASE_URL", "fhir_base_url"),
        ("SMART_CLIENT_ID", "client_id"),
        ("SMART_REDIRECT_URI", "redirect_uri"),
        ("SMART_SCOPES", "scopes"),
    ] {
        assert_eq!(with(&[(variable, " \t")]).unwrap_err().missing(), [field]);
        let others: Vec<_> = PUBLIC.into_iter().filter(|(name, _)| *name != variable).collect();
        let error = build(&others).unwrap_err();
        assert_eq!(error.missing(), [field]);
        assert!(error.to_string().contains(variable), "{error}");
    }
    assert_eq!(
        build(&[]).unwrap_err().missing(),
        ["fhir_base_url", "client_id", "redirect_uri", "scopes"]
    );
}

#[test]
fn values_are_trimmed_and_otherwise_kept_as_they_are() {
    let config = with(&[
        ("FHIR_BASE_URL", " https://ehr.example/fhir/ \n"),
        ("SMART_CLIENT_ID", " my-app "),
    ])
    .unwrap();
    assert_eq!(config.ehrs()[0].key(), "https://ehr.example/fhir/");
    assert_eq!(config.ehrs()[0].client_id(), "my-app");
}

#[test]
fn an_invalid_value_is_refused_like_one_of_the_builder() {
    let error = with(&[
        ("FHIR_BASE_URL", "ehr.example"),
        ("SMART_PRIVATE_KEY_PATH", "/nowhere/key.pem"),
        ("SMART_KEY_ID", "k"),
        ("SMART_JWKS_URI", "http://app.example/jwks.json"),
    ]);
    let unreadable = KeyError::Unreadable {
        path: "/nowhere/key.pem".into(),
        kind: std::io::ErrorKind::NotFound,
    };
    assert_eq!(
        found(&error.unwrap_err()),
        [
            invalid("fhir_base_url", UrlError::NotAbsolute),
            invalid(
                "private_key",
                InvalidReason::Key {
                    kid: "k".to_owned(),
                    error: unreadable
                }
            ),
            invalid("jku", UrlError::NotHttps),
        ]
    );
}

#[test]
fn scopes_of_the_application_itself_make_an_ehr_where_nobody_launches() {
    let key = include_str!("../../../tests/fixtures/keys/p384-pkcs8.pem");
    let config = build(&[
        ("FHIR_BASE_URL", "https://ehr.example/fhir"),
        ("SMART_CLIENT_ID", "nightly"),
        ("SMART_PRIVATE_KEY_PATH", key),
        ("SMART_KEY_ID", "key-1"),
        ("SMART_BACKEND_SCOPES", "system/Patient.rs"),
    ])
    .unwrap();
    let ehr = config.ehrs()[0].clone();
    assert_eq!(ehr.backend_scopes().unwrap().to_string(), "system/Patient.rs");
    assert_eq!(ehr.redirect_uri(), None);
}
