//! What is no signed JWT, and headers that are refused: each with its own error.

use jsonwebtoken::Algorithm;
use serde_json::json;

use super::support::*;
use crate::protocol::id_token::{IdTokenError, TokenPart};

fn refused(token: &str) -> IdTokenError {
    verified(token, &keys(), &expected()).unwrap_err()
}

fn refused_header(header: &serde_json::Value) -> IdTokenError {
    refused(&rs256().sign(header, &claims()))
}

#[test]
fn a_token_of_more_than_64_kib_is_refused_unread() {
    let large = rs256().sign(&header(), &claims_with("x", json!("x".repeat(45_000))));
    assert!(large.len() > 60_000);
    assert!(verified(&large, &keys(), &expected()).is_ok());
    assert_eq!(refused(&"x".repeat(65_536)), IdTokenError::NotThreeParts);
    assert_eq!(refused(&"x".repeat(65_537)), IdTokenError::TooLarge);
    let larger = rs256().sign(&header(), &claims_with("x", json!("x".repeat(49_000))));
    assert_eq!(refused(&larger), IdTokenError::TooLarge);
}

#[test]
fn what_is_not_three_parts_is_refused() {
    for token in ["", "abc", "a.b", "a.b.c.d", "a.b.c.d.e.f", "opaque-token", "{}"] {
        assert_eq!(refused(token), IdTokenError::NotThreeParts, "{token}");
    }
}

#[test]
fn an_encrypted_token_is_refused_as_encrypted() {
    let header = encode(json!({ "alg": "RSA-OAEP", "enc": "A256GCM" }).to_string());
    assert_eq!(refused(&format!("{header}.a.b.c.d")), IdTokenError::Encrypted);
}

#[test]
fn a_part_that_is_not_base64url_is_refused() {
    let good = rs256().sign(&header(), &claims());
    let parts: Vec<_> = good.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else {
        panic!("three parts")
    };
    for (token, part) in [
        (format!("{header}=.{claims}.{signature}"), TokenPart::Header),
        (format!(" {header}.{claims}.{signature}"), TokenPart::Header),
        (format!("{header}.{claims}+.{signature}"), TokenPart::Claims),
        (format!("{header}.é{claims}.{signature}"), TokenPart::Claims),
        (format!("{header}.{claims}.{signature}\n"), TokenPart::Signature),
        (format!("{header}.{claims}.{signature}=="), TokenPart::Signature),
    ] {
        assert_eq!(refused(&token), IdTokenError::NotBase64(part), "{part}");
    }
}

#[test]
fn a_header_that_is_not_one_json_object_is_refused() {
    let of = |header: &str| refused(&rs256().sign_text(header, &claims().to_string()));
    let part = TokenPart::Header;
    for text in ["", "{", "nonsense", "{\"alg\":\"RS256\"}x", "\u{0}"] {
        assert_eq!(of(text), IdTokenError::NotJson(part), "{text}");
    }
    for text in ["null", "[]", "\"RS256\"", "1"] {
        assert_eq!(of(text), IdTokenError::NotAnObject(part), "{text}");
    }
    assert_eq!(
        of(r#"{"alg":"RS256","alg":"none"}"#),
        IdTokenError::RepeatedMember(part)
    );
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(of(&deep), IdTokenError::NotJson(part));
}

#[test]
fn claims_that_are_not_one_json_object_are_refused() {
    let of = |claims: &str| refused(&rs256().sign_text(&header().to_string(), claims));
    let part = TokenPart::Claims;
    assert_eq!(of(""), IdTokenError::NotJson(part));
    assert_eq!(of("{\"iss\":"), IdTokenError::NotJson(part));
    assert_eq!(of("{\"exp\":1e999}"), IdTokenError::NotJson(part));
    assert_eq!(of("[{}]"), IdTokenError::NotAnObject(part));
    let twice = claims().to_string().replacen('{', r#"{"sub":"somebody-else","#, 1);
    assert_eq!(of(&twice), IdTokenError::RepeatedMember(part));
    let invalid = rs256().sign_parts(&encode(header().to_string()), &encode(b"{\"iss\":\"\xff\"}"));
    assert_eq!(refused(&invalid), IdTokenError::NotJson(part));
}

#[test]
fn a_token_within_a_token_is_refused() {
    for cty in ["JWT", "jwt", "application/JWT"] {
        let outer = json!({ "alg": "RS256", "kid": "k1", "cty": cty });
        assert_eq!(refused_header(&outer), IdTokenError::Nested);
    }
}

#[test]
fn an_extension_that_has_to_be_understood_is_refused() {
    for crit in [json!(["b64"]), json!(["exp"]), json!([]), json!(null), json!("b64")] {
        let header = json!({ "alg": "RS256", "kid": "k1", "crit": crit, "b64": false });
        assert_eq!(refused_header(&header), IdTokenError::CriticalExtension, "{crit}");
    }
}

#[test]
fn a_token_of_another_type_is_refused() {
    for typ in [
        json!("at+jwt"),
        json!("logout+jwt"),
        json!("application/at+jwt"),
        json!("JOSE"),
        json!(""),
        json!(1),
    ] {
        let header = json!({ "alg": "RS256", "kid": "k1", "typ": typ });
        assert_eq!(refused_header(&header), IdTokenError::OtherType, "{typ}");
    }
}

#[test]
fn an_algorithm_that_is_not_said_is_refused() {
    for header in [
        json!({ "kid": "k1" }),
        json!({ "alg": null }),
        json!({ "alg": 256 }),
        json!({ "alg": ["RS256"] }),
    ] {
        assert_eq!(refused_header(&header), IdTokenError::NoAlgorithm, "{header}");
    }
}

#[test]
fn an_unsigned_token_is_refused_with_and_without_a_signature() {
    for alg in ["none", "None", "NONE", "nOnE", " none"] {
        let signed = rs256().sign(&json!({ "alg": alg, "kid": "k1" }), &claims());
        let (unsigned, _) = signed.rsplit_once('.').unwrap();
        for token in [signed.clone(), format!("{unsigned}.")] {
            assert_eq!(refused(&token), IdTokenError::Unsigned, "{alg}");
        }
    }
}

/// The classic: the verifier is led to use the public key, which everybody has, as a shared one.
#[test]
fn an_hmac_with_the_public_key_is_refused() {
    let public = rs256().jwk("k1");
    let pem = fixture!("rsa2048-public");
    let der = pem::parse(pem).unwrap().into_contents();
    let modulus = public["n"].as_str().unwrap();
    let secrets: [&[u8]; 6] = [
        pem.as_bytes(),
        pem.trim().as_bytes(),
        &der,
        modulus.as_bytes(),
        public.to_string().as_bytes(),
        b"",
    ]
    .map(|secret| secret.to_vec().leak() as &[u8]);
    for secret in secrets {
        for (name, algorithm) in [
            ("HS256", Algorithm::HS256),
            ("HS384", Algorithm::HS384),
            ("HS512", Algorithm::HS512),
        ] {
            let forged = Signer::hmac(secret, algorithm);
            let token = forged.sign(&json!({ "alg": name, "kid": "k1" }), &claims());
            assert_eq!(refused(&token), IdTokenError::SymmetricAlgorithm, "{name}");
            // The same under the name of an algorithm that is accepted.
            let token = forged.sign(&header(), &claims());
            assert_eq!(refused(&token), IdTokenError::BadSignature);
        }
    }
    let lower = json!({ "alg": "hs256", "kid": "k1" });
    assert_eq!(refused_header(&lower), IdTokenError::SymmetricAlgorithm);
}

#[test]
fn an_algorithm_that_is_not_on_the_list_is_refused_by_name() {
    for (alg, name) in [
        ("es512", "es512"),
        ("ES521", "ES521"),
        ("ES256K", "ES256K"),
        ("RSA1_5", "RSA1_5"),
        ("RS1", "RS1"),
        ("rs256", "rs256"),
        ("RS256 ", "unknown"),
        ("", "unknown"),
        ("<script>", "unknown"),
    ] {
        let expected = IdTokenError::UnknownAlgorithm { name: name.to_owned() };
        assert_eq!(refused_header(&json!({ "alg": alg, "kid": "k1" })), expected, "{alg}");
    }
}

#[test]
fn a_key_id_that_is_not_a_text_is_refused() {
    for kid in [json!(1), json!(["k1"]), json!({}), json!(true)] {
        let header = json!({ "alg": "RS256", "kid": kid });
        assert_eq!(refused_header(&header), IdTokenError::MalformedKeyId, "{kid}");
    }
}
