//! Signatures in ASN.1 DER, and what a key of a signer says of itself.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair},
};

use super::{super::*, fixture, no_files};
use crate::{
    protocol::{
        client_auth::{
            credentials::{Authentication, ClientCredentials, CredentialSlot},
            key::SigningKey,
        },
        urls::EndpointUrl,
    },
    time::Timestamp,
};

#[derive(Debug)]
struct HasNoKey(SigningAlgorithm, PublicKey);

impl Signer for HasNoKey {
    fn algorithm(&self) -> SigningAlgorithm {
        self.0
    }

    fn public_key(&self) -> PublicKey {
        self.1.clone()
    }

    fn sign<'a>(&'a self, _: &'a [u8]) -> SignFuture<'a> {
        Box::pin(async { Err(SignerError::NoKey) })
    }
}

fn der_of(pem_text: &str) -> Vec<u8> {
    pem::parse(pem_text).unwrap().into_contents()
}

#[test]
fn every_signature_in_asn1_is_turned_into_the_form_of_jws() {
    let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P384_SHA384_ASN1_SIGNING, &der_of(fixture!("p384-pkcs8")));
    let (pair, random) = (pair.unwrap(), SystemRandom::new());
    let key = SigningKey::from_pem("k", fixture!("p384-pkcs8")).unwrap();
    let (verifier, length) = key.public().verifier().unwrap();
    let mut lengths = std::collections::BTreeSet::new();
    // One in 128 has a number that is shorter than 48 bytes.
    for round in 0..1_000_u32 {
        let message = round.to_be_bytes();
        let der = pair.sign(&random, &message).unwrap();
        lengths.insert(der.as_ref().len());
        let fixed = Signature::from_ecdsa_der(der.as_ref()).unwrap();
        assert_eq!(fixed.as_bytes().len(), length);
        assert!(verifier.verify_sig(&message, fixed.as_bytes()).is_ok());
    }
    assert!(lengths.len() > 2, "{lengths:?}");
}

#[test]
fn what_is_no_signature_in_asn1_is_refused() {
    let good = [&[0x30, 0x06, 0x02, 0x01, 0x07, 0x02, 0x01, 0x09][..], &[]].concat();
    assert!(Signature::from_ecdsa_der(&good).is_ok());
    let too_long = [&[0x30, 54, 0x02, 49][..], &[1; 49], &[0x02, 0x01, 0x09]].concat();
    let cases = [
        vec![],
        vec![7; 96],
        good[..good.len() - 1].to_vec(),
        [good.as_slice(), &[0]].concat(),
        vec![0x30, 0x03, 0x02, 0x01, 0x07],
        vec![0x30, 0x09, 0x02, 0x01, 0x07, 0x02, 0x01, 0x09, 0x02, 0x01, 0x01],
        too_long,
    ];
    for case in cases {
        assert_eq!(Signature::from_ecdsa_der(&case), Err(SignerError::NotDer), "{case:x?}");
    }
}

#[test]
fn a_public_key_of_a_signer_may_have_every_form_and_is_published_as_that_of_a_file() {
    let cases = [
        (fixture!("p384-pkcs8"), fixture!("p384-public"), SigningAlgorithm::Es384),
        (
            fixture!("rsa2048-pkcs8"),
            fixture!("rsa2048-public"),
            SigningAlgorithm::Rs384,
        ),
    ];
    for (private, public, algorithm) in cases {
        let of_file = SigningKey::from_pem("k", private).unwrap();
        let jwk = serde_json::to_string(of_file.public()).unwrap();
        for form in [
            PublicKey::pem(public),
            PublicKey::spki_der(der_of(public)),
            PublicKey::jwk(jwk),
        ] {
            let signer: std::sync::Arc<dyn Signer> = std::sync::Arc::new(HasNoKey(algorithm, form));
            let key = SigningKey::of_signer("k", &signer, &no_files).unwrap();
            assert_eq!(key.public(), of_file.public());
            assert_eq!(key.algorithm(), of_file.algorithm());
            assert!(key.sign(b"nothing").is_none());
        }
    }
}

#[test]
fn a_key_of_a_signer_shows_nothing_of_the_signer() {
    let key = PrivateKey::signer(HasNoKey(SigningAlgorithm::Rs384, PublicKey::pem("a PIN")));
    assert_eq!(format!("{key:?}"), "PrivateKey(signer)");
}

#[test]
fn credentials_with_a_key_of_a_signer_are_signed_elsewhere() {
    let signer = HasNoKey(SigningAlgorithm::Es384, PublicKey::pem(fixture!("p384-public")));
    for (key, is_elsewhere) in [
        (PrivateKey::signer(signer), true),
        (PrivateKey::pem(fixture!("p384-pkcs8")), false),
    ] {
        let auth = ClientAuth::private_key_jwt("k", key);
        let credentials = ClientCredentials::check(&auth, "my-app", &AuthStyle::default(), &no_files).unwrap();
        assert_eq!(
            credentials.is_signed_elsewhere(CredentialSlot::Current, None),
            is_elsewhere
        );
        assert_eq!(credentials.public_keys().count(), 1);
    }
}

#[test]
fn a_signer_is_told_which_of_its_keys_is_to_sign_and_how() {
    let signer = HasNoKey(SigningAlgorithm::Es384, PublicKey::pem(fixture!("p384-public")));
    let auth = ClientAuth::private_key_jwt("key-7", PrivateKey::signer(signer));
    let credentials = ClientCredentials::check(&auth, "my-app", &AuthStyle::default(), &no_files).unwrap();
    let token_endpoint = EndpointUrl::parse("https://ehr.example/token").unwrap();
    let server = AuthServer {
        token_endpoint: &token_endpoint,
        issuer: None,
        client_secret: SecretPlacement::Header,
        assertion_algorithm: None,
    };
    let now = Timestamp::from_millis(0);
    let to_sign = credentials.authenticate(CredentialSlot::Current, &server, now, &mut rand::rng());
    let Ok(Authentication::ToSign(to_sign)) = to_sign else {
        panic!("{to_sign:?}");
    };
    assert_eq!((to_sign.kid(), to_sign.algorithm()), ("key-7", SigningAlgorithm::Es384));
}
