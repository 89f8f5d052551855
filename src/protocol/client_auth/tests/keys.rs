//! Every form in which a key is accepted, and every reason for which one is refused.

use std::path::{Path, PathBuf};

use jsonwebtoken::{Algorithm, DecodingKey, crypto::verify, jwk::Jwk};
use serde_json::Value;

use super::{super::*, fixture, no_files};
use crate::protocol::client_auth::{key::SigningKey, public_key::PublicJwk};

const RSA: &str = fixture!("rsa2048-pkcs8");
const P384: &str = fixture!("p384-pkcs8");

fn refused(text: &str) -> KeyError {
    SigningKey::from_pem("k", text).unwrap_err()
}

fn jwk_of(key: &SigningKey) -> Value {
    serde_json::to_value(key.public()).unwrap()
}

/// Signs, and verifies with another library and nothing but the published JWK.
fn signs_as(text: &str, algorithm: Algorithm) {
    let key = SigningKey::from_pem("k", text).unwrap();
    let signature = key.sign(b"message").unwrap();
    let jwk: Jwk = serde_json::from_value(jwk_of(&key)).unwrap();
    let verifier = DecodingKey::from_jwk(&jwk).unwrap();
    let signature = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, signature);
    assert!(verify(&signature, b"message", &verifier, algorithm).unwrap());
    assert!(!verify(&signature, b"another", &verifier, algorithm).unwrap());
}

#[test]
fn rsa_keys_in_pkcs8_and_pkcs1_sign_rs384() {
    signs_as(RSA, Algorithm::RS384);
    signs_as(fixture!("rsa2048-pkcs1"), Algorithm::RS384);
}

#[test]
fn p384_keys_in_pkcs8_and_every_sec1_form_sign_es384() {
    for text in [
        P384,
        fixture!("p384-sec1"),
        fixture!("p384-sec1-with-parameters"),
        fixture!("p384-sec1-without-public"),
        fixture!("p384-x-starts-with-zero"),
    ] {
        signs_as(text, Algorithm::ES384);
    }
}

#[test]
fn an_es384_signature_is_r_and_s_of_48_bytes_each() {
    let key = SigningKey::from_pem("k", P384).unwrap();
    assert_eq!(key.sign(b"m").unwrap().len(), 96);
}

#[test]
fn text_around_the_key_and_other_line_ends_do_not_matter() {
    let escaped = P384.replace('\n', "\\n");
    for text in [
        P384.replace('\n', "\r\n"),
        format!("Bag Attributes\n    friendlyName: x\n{P384}\ntrailing"),
        escaped.clone(),
        format!("\"{escaped}\""),
        P384.replace('\n', "\\r\\n"),
        format!("\u{feff}{P384}"),
        P384.trim().to_owned(),
        format!("{}{P384}{}", fixture!("certificate"), fixture!("p384-public")),
    ] {
        signs_as(&text, Algorithm::ES384);
    }
}

#[test]
fn an_encrypted_key_is_refused_as_encrypted() {
    for text in [
        fixture!("rsa2048-pkcs8-encrypted"),
        fixture!("rsa2048-pkcs1-encrypted"),
        fixture!("p384-sec1-encrypted"),
    ] {
        assert_eq!(refused(text), KeyError::Encrypted);
        assert_eq!(refused(&text.replace('\n', "\r\n")), KeyError::Encrypted);
    }
}

#[test]
fn an_rsa_key_of_less_than_2048_bits_is_refused_with_its_size() {
    assert_eq!(refused(fixture!("rsa1024-pkcs8")), KeyError::RsaSize { bits: 1024 });
    assert_eq!(refused(fixture!("rsa1024-pkcs1")), KeyError::RsaSize { bits: 1024 });
    assert_eq!(refused(fixture!("rsa2047-pkcs1")), KeyError::RsaSize { bits: 2047 });
}

#[test]
fn another_curve_is_refused_by_its_name() {
    for (text, name) in [
        (fixture!("p256-sec1"), "P-256"),
        (fixture!("p256-pkcs8"), "P-256"),
        (fixture!("p521-pkcs8"), "P-521"),
        (fixture!("secp256k1-pkcs8"), "secp256k1"),
    ] {
        assert_eq!(refused(text), KeyError::Curve { name });
    }
}

#[test]
fn a_p384_key_that_writes_its_curve_out_signs_as_well() {
    signs_as(fixture!("p384-sec1-explicit"), Algorithm::ES384);
}

#[test]
fn what_is_no_private_key_for_these_algorithms_is_refused_as_what_it_is() {
    for text in [
        fixture!("rsa2048-public"),
        fixture!("rsa2048-public-pkcs1"),
        fixture!("p384-public"),
    ] {
        assert_eq!(refused(text), KeyError::PublicKey);
    }
    assert_eq!(refused(fixture!("certificate")), KeyError::Certificate);
    assert_eq!(
        refused(fixture!("dsa1024")),
        KeyError::Unsupported { what: "a DSA key" }
    );
    assert_eq!(
        refused(fixture!("ed25519-pkcs8")),
        KeyError::Unsupported { what: "an Ed25519 key" }
    );
    assert_eq!(
        refused(fixture!("rsa2048-pss")),
        KeyError::Unsupported {
            what: "an RSA key for PSS signatures only"
        }
    );
    let openssh = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----";
    assert!(matches!(refused(openssh), KeyError::Unsupported { .. }));
    assert_eq!(refused(&format!("{RSA}{P384}")), KeyError::SeveralKeys);
}

#[test]
fn text_without_a_key_or_with_a_damaged_one_is_told_apart() {
    for text in [
        "",
        "secret",
        "MIIEvQ",
        "-----BEGIN",
        "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
    ] {
        assert_eq!(refused(text), KeyError::NoPem, "{text}");
    }
    let cut_off: String = RSA.chars().take(400).collect();
    let lines: Vec<_> = P384.lines().collect();
    let line_lost = [lines[0], lines[1], lines[3], lines[4]].join("\n");
    let empty = "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----";
    let wrong_end = P384.replace("END PRIVATE", "END RSA PRIVATE");
    for text in [
        &cut_off,
        &line_lost,
        empty,
        &wrong_end,
        &RSA.replace("BEGIN PRIVATE", "BEGIN RSA PRIVATE")
            .replace("END PRIVATE", "END RSA PRIVATE"),
    ] {
        assert_eq!(refused(text), KeyError::Malformed, "{text}");
    }
}

#[test]
fn no_byte_changed_in_a_key_makes_a_panic() {
    for text in [RSA, fixture!("rsa2048-pkcs1"), P384, fixture!("p384-sec1")] {
        let block = pem::parse(text).unwrap();
        for at in 0..block.contents().len().min(80) {
            for value in [0, 0x30, 0x7f, 0x80, 0xff] {
                let mut der = block.contents().to_vec();
                der[at] = value;
                let _ = SigningKey::from_pem("k", &pem::encode(&pem::Pem::new(block.tag(), der)));
            }
        }
    }
}

#[test]
fn a_published_key_has_exactly_its_public_members() {
    let members = |text| {
        let jwk = jwk_of(&SigningKey::from_pem("k-1", text).unwrap());
        let mut names: Vec<_> = jwk.as_object().unwrap().keys().cloned().collect();
        names.sort();
        (jwk, names)
    };
    let (rsa, names) = members(RSA);
    assert_eq!(names, ["alg", "e", "key_ops", "kid", "kty", "n", "use"]);
    assert_eq!(
        (&rsa["kty"], &rsa["alg"], &rsa["e"]),
        (&"RSA".into(), &"RS384".into(), &"AQAB".into())
    );
    assert_eq!((&rsa["kid"], &rsa["use"]), (&"k-1".into(), &"sig".into()));
    assert_eq!(rsa["key_ops"], serde_json::json!(["verify"]));
    assert_eq!(rsa["n"].as_str().unwrap().len(), 342);

    let (ec, names) = members(fixture!("p384-x-starts-with-zero"));
    assert_eq!(names, ["alg", "crv", "key_ops", "kid", "kty", "use", "x", "y"]);
    assert_eq!(
        (&ec["kty"], &ec["alg"], &ec["crv"]),
        (&"EC".into(), &"ES384".into(), &"P-384".into())
    );
    // 48 bytes are 64 characters, the leading zero byte included.
    assert_eq!(ec["x"].as_str().unwrap().len(), 64);
    assert!(ec["x"].as_str().unwrap().starts_with('A'));
    assert_eq!(ec["y"].as_str().unwrap().len(), 64);
}

#[test]
fn a_public_key_is_published_the_same_as_its_private_key() {
    let read = |key: PublicKey| PublicJwk::read("k", &key, &no_files);
    for (private, public) in [
        (RSA, fixture!("rsa2048-public")),
        (RSA, fixture!("rsa2048-public-pkcs1")),
        (P384, fixture!("p384-public")),
    ] {
        let expected = SigningKey::from_pem("k", private).unwrap().public().clone();
        assert_eq!(read(PublicKey::pem(public)), Ok(expected.clone()));
        assert_eq!(
            read(PublicKey::jwk(serde_json::to_string(&expected).unwrap())),
            Ok(expected)
        );
    }
}

#[test]
fn a_public_key_that_cannot_be_published_says_why() {
    let read = |key: PublicKey| PublicJwk::read("k", &key, &no_files).unwrap_err();
    assert_eq!(read(PublicKey::pem(RSA)), KeyError::PrivateKey);
    assert_eq!(read(PublicKey::pem(fixture!("certificate"))), KeyError::Certificate);
    assert_eq!(
        read(PublicKey::pem(fixture!("p256-public"))),
        KeyError::Curve { name: "P-256" }
    );
    assert_eq!(read(PublicKey::pem("")), KeyError::NoPem);
    for (json, error) in [
        (
            r#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA","d":"MARKER"}"#,
            KeyError::PrivateKey,
        ),
        (
            r#"{"kty":"RSA","n":"AQAB","e":"AQAB","p":"MARKER"}"#,
            KeyError::PrivateKey,
        ),
        (
            r#"{"kty":"RSA","n":"AQAB","e":"AQAB","q":"MARKER"}"#,
            KeyError::PrivateKey,
        ),
        (
            r#"{"kty":"RSA","n":"AQAB","e":"AQAB","dp":"MARKER"}"#,
            KeyError::PrivateKey,
        ),
        (
            r#"{"kty":"RSA","n":"AQAB","e":"AQAB","dq":"MARKER"}"#,
            KeyError::PrivateKey,
        ),
        (
            r#"{"kty":"RSA","n":"AQAB","e":"AQAB","qi":"MARKER"}"#,
            KeyError::PrivateKey,
        ),
        (
            r#"{"kty":"RSA","n":"AQAB","e":"AQAB","oth":[{}]}"#,
            KeyError::PrivateKey,
        ),
        (
            r#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA","kid":"other"}"#,
            KeyError::OtherKid,
        ),
        (r#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#, KeyError::Malformed),
        (
            r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#,
            KeyError::Curve { name: "P-256" },
        ),
        (
            r#"{"kty":"EC","crv":"P-521","x":"AA","y":"AA"}"#,
            KeyError::Curve { name: "P-521" },
        ),
        (
            r#"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#,
            KeyError::Curve {
                name: "of unknown name",
            },
        ),
        (
            r#"{"kty":"EC","x":"AA","y":"AA"}"#,
            KeyError::Curve {
                name: "of unknown name",
            },
        ),
        (r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, KeyError::RsaSize { bits: 17 }),
        (
            r#"{"kty":"oct","k":"MARKER"}"#,
            KeyError::Unsupported {
                what: "a JWK of another `kty` than RSA or EC",
            },
        ),
        ("[]", KeyError::Malformed),
        ("", KeyError::Malformed),
    ] {
        assert_eq!(read(PublicKey::jwk(json)), error, "{json}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_a_key_in_place_of_a_path_is_not() {
    let read = |key: PrivateKey| key.read(&no_files).unwrap_err();
    let path = PathBuf::from("/nowhere/key.pem");
    assert_eq!(
        read(PrivateKey::file(&path)),
        KeyError::Unreadable {
            path,
            kind: std::io::ErrorKind::NotFound
        }
    );
    for pasted in [P384.to_owned(), P384.replace('\n', "\\n"), "x".repeat(256)] {
        assert_eq!(read(PrivateKey::file(&pasted)), KeyError::NotAPath);
        assert_eq!(format!("{:?}", PrivateKey::file(&pasted)), "PrivateKey([redacted])");
    }
    let text = PrivateKey::file("/key.pem").read(&|path: &Path| {
        assert_eq!(path, Path::new("/key.pem"));
        Ok(P384.as_bytes().to_vec().into())
    });
    assert_eq!(secrecy::ExposeSecret::expose_secret(&text.unwrap()), P384);
}

/// An `EC PRIVATE KEY` without its public half. `curve` is what stands in it where its curve does.
fn sec1(scalar: &[u8], curve: Option<&[u8]>) -> String {
    let element = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()], content].concat();
    let curve = curve.map(|curve| element(0xa0, curve)).unwrap_or_default();
    let content = [&[2, 1, 1], element(4, scalar).as_slice(), curve.as_slice()].concat();
    pem_block("EC PRIVATE KEY", &element(0x30, &content))
}

fn pem_block(label: &str, der: &[u8]) -> String {
    pem::encode(&pem::Pem::new(label, der))
}

const OID_OF_P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const OID_OF_P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];

#[test]
fn a_key_that_names_no_curve_is_one_of_p384_if_it_has_48_bytes_and_nothing_beside_it_says_another() {
    signs_as(&sec1(&[7; 48], Some(OID_OF_P384)), Algorithm::ES384);
    signs_as(&sec1(&[7; 48], None), Algorithm::ES384);
    let unnamed = KeyError::Curve {
        name: "of unknown name",
    };
    for bytes in [32, 47, 49] {
        assert_eq!(refused(&sec1(&vec![7; bytes], None)), unnamed, "{bytes}");
    }
    for (parameters, is_p384) in [(OID_OF_P384, true), (OID_OF_P256, false)] {
        let text = format!("{}\n{}", pem_block("EC PARAMETERS", parameters), sec1(&[7; 48], None));
        if is_p384 {
            signs_as(&text, Algorithm::ES384);
        } else {
            assert_eq!(refused(&text), KeyError::Curve { name: "P-256" });
        }
    }
}

#[test]
fn a_key_of_a_curve_that_is_written_out_and_is_another_one_is_refused_for_that() {
    let written_out = KeyError::Curve {
        name: "given by explicit parameters",
    };
    assert_eq!(refused(&sec1(&[7; 48], Some(&[0x30, 0x00]))), written_out);
    assert_eq!(refused(&sec1(&[0xff; 48], Some(OID_OF_P384))), KeyError::Malformed);
}

#[test]
fn a_path_has_at_most_255_bytes() {
    let read = |length| PrivateKey::file("x".repeat(length)).read(&no_files).unwrap_err();
    assert!(matches!(read(255), KeyError::Unreadable { .. }));
    assert_eq!(read(256), KeyError::NotAPath);
}

#[test]
fn an_algorithm_that_is_not_supported_is_called_by_its_name() {
    use crate::protocol::client_auth::{der, public_key::unsupported};
    for (algorithm, what) in [
        (der::OID_RSA_PSS, "an RSA key for PSS signatures only"),
        (der::OID_DSA, "a DSA key"),
        (der::OID_ED25519, "an Ed25519 key"),
        (der::OID_ED448, "an Ed448 key"),
        (&[1, 2], "a key of an unknown algorithm"),
    ] {
        assert_eq!(unsupported(algorithm), KeyError::Unsupported { what });
    }
}
