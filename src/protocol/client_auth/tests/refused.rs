//! Which credentials are refused when a configuration is built.

use std::time::Duration;

use super::{
    super::{jwks::DuplicateKid, *},
    credentials::{P384, RSA, check, two, written},
    fixture, no_files,
};
use crate::protocol::{
    client_auth::credentials::{ClientCredentials, CredentialProblem},
    urls::UrlError,
};

#[test]
fn a_raw_client_id_with_a_colon_is_refused_and_an_encoded_one_is_not() {
    let check = |encoding| {
        let auth = ClientSecretBasic::new("s").into();
        ClientCredentials::check(&auth, "a:b", &written(encoding), &no_files).map(|_| ())
    };
    assert_eq!(check(BasicEncoding::Raw), Err(vec![CredentialProblem::ColonInClientId]));
    assert_eq!(check(BasicEncoding::FormEncoded), Ok(()));
}

#[test]
fn the_lifetime_of_an_assertion_is_between_one_second_and_five_minutes() {
    let with = |lifetime| check(PrivateKeyJwt::new("k", PrivateKey::pem(P384)).lifetime(lifetime)).map(|_| ());
    for (lifetime, allowed) in [
        (Duration::from_millis(999), false),
        (Duration::from_secs(1), true),
        (Duration::from_secs(300), true),
        (Duration::from_millis(300_001), false),
    ] {
        let expected = if allowed {
            Ok(())
        } else {
            Err(vec![CredentialProblem::Lifetime])
        };
        assert_eq!(with(lifetime), expected, "{lifetime:?}");
    }
}

#[test]
fn a_second_previous_secret_is_refused() {
    let previous = || ClientSecretBasic::new("now").previous("before");
    assert!(check(previous()).is_ok());
    let two = check(previous().previous("long before"));
    assert_eq!(two.unwrap_err(), [CredentialProblem::SeveralPreviousSecrets]);
}

#[test]
fn a_second_key_that_cannot_be_one_is_refused() {
    let same = check(two(("a", P384), ("b", fixture!("p384-x-starts-with-zero"))));
    assert_eq!(same.unwrap_err(), [CredentialProblem::SameAlgorithm]);
    // There are two algorithms: of three keys two have the same.
    let three = check(two(("a", P384), ("b", RSA)).or("c", PrivateKey::pem(fixture!("rsa2048-pkcs1"))));
    assert_eq!(three.unwrap_err(), [CredentialProblem::SameAlgorithm]);
    let previous = PrivateKeyJwt::new("a", PrivateKey::pem(P384)).previous("b", PrivateKey::pem(RSA));
    let two_previous = check(previous.previous("c", PrivateKey::pem(fixture!("rsa2048-pkcs1"))));
    assert_eq!(two_previous.unwrap_err(), [CredentialProblem::SeveralPrevious]);
    let duplicate = check(two(("a", P384), ("a", RSA)));
    assert_eq!(
        duplicate.unwrap_err(),
        [CredentialProblem::DuplicateKid(DuplicateKid("a".to_owned()))]
    );
    let empty = check(two(("a", P384), ("", "")));
    assert_eq!(
        empty.unwrap_err(),
        [
            CredentialProblem::Missing("other_private_key"),
            CredentialProblem::Missing("other_kid")
        ]
    );
    let none = check(two(("a", P384), ("b", "none")));
    assert!(
        matches!(&none.unwrap_err()[..], [CredentialProblem::Key { field: "other_private_key", kid, .. }] if kid == "b")
    );
}

#[test]
fn everything_missing_or_wrong_in_credentials_is_reported_at_once() {
    assert_eq!(
        check(ClientSecretBasic::new("").previous("")).unwrap_err(),
        [
            CredentialProblem::Missing("client_secret"),
            CredentialProblem::Missing("previous_client_secret")
        ]
    );
    assert_eq!(
        check(PrivateKeyJwt::new("", PrivateKey::pem(" "))).unwrap_err(),
        [
            CredentialProblem::Missing("private_key"),
            CredentialProblem::Missing("kid")
        ]
    );
    let all = PrivateKeyJwt::new("", PrivateKey::pem(fixture!("p256-sec1")))
        .previous("old", PrivateKey::pem("nothing"))
        .also_publish("", PublicKey::pem(""))
        .jku("http://app.example/jwks.json")
        .lifetime(Duration::ZERO);
    assert_eq!(
        check(all).unwrap_err(),
        [
            CredentialProblem::Missing("kid"),
            CredentialProblem::Key {
                field: "private_key",
                kid: String::new(),
                error: KeyError::Curve { name: "P-256" }
            },
            CredentialProblem::Key {
                field: "previous_private_key",
                kid: "old".to_owned(),
                error: KeyError::NoPem
            },
            CredentialProblem::Missing("published_kid"),
            CredentialProblem::Jku(UrlError::NotHttps),
            CredentialProblem::Lifetime,
        ]
    );
}
