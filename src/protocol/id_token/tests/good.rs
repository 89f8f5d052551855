//! Every form of a good token is accepted.

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::support::*;
use crate::{
    protocol::id_token::{FhirUserType, IdTokenError, TokenPart},
    time::Timestamp,
};

#[test]
fn a_good_token_tells_who_the_user_is() {
    let user = accepted(&claims());
    assert_eq!((user.issuer(), user.subject()), (ISSUER, "user-1"));
    assert_eq!(user.audience(), [CLIENT]);
    assert_eq!(user.authorized_party(), Some(CLIENT));
    assert_eq!(user.expires_at(), Timestamp::from_millis((NOW + 300) * 1000));
    assert_eq!(user.issued_at(), Timestamp::from_millis(NOW * 1000));
    assert_eq!(user.auth_time(), Some(Timestamp::from_millis((NOW - 100) * 1000)));
    assert!(user.nonce_was_checked());
    let resource = user.fhir_user().unwrap();
    assert_eq!(resource.resource_type(), FhirUserType::Practitioner);
    assert_eq!(resource.url(), format!("{BASE}/Practitioner/123"));
    assert_eq!(user.name(), Some("Dr. Ada Example"));
    assert_eq!(user.preferred_username(), None);
    assert_eq!(user.claim("at_hash"), Some(&json!("not-checked")));
}

fn is_accepted(name: &str, signer: &Signer) {
    let token = signer.sign(&json!({ "alg": name, "kid": "k1" }), &claims());
    let keys = key_set(&[signer.jwk("k1")]);
    assert!(verified(&token, &keys, &expected()).is_ok(), "{name}");
}

#[test]
fn every_algorithm_of_the_list_is_accepted_with_its_kind_of_key() {
    for (name, algorithm) in [
        ("RS256", Algorithm::RS256),
        ("RS384", Algorithm::RS384),
        ("RS512", Algorithm::RS512),
        ("PS256", Algorithm::PS256),
        ("PS384", Algorithm::PS384),
        ("PS512", Algorithm::PS512),
        ("ES256", Algorithm::ES256),
        ("ES384", Algorithm::ES384),
        ("EdDSA", Algorithm::EdDSA),
        ("Ed25519", Algorithm::EdDSA),
    ] {
        is_accepted(name, &Signer::new(algorithm));
    }
    is_accepted("ES512", &Signer::es512());
}

/// The signature of each is good, so that the first thing found wrong is what they say.
#[test]
fn the_signatures_of_rfc_7515_and_rfc_8037_verify() {
    let es256 = json!({ "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
    let token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    assert!(matches!(
        verified(token, &key_set(&[es256]), &expected()).unwrap_err(),
        IdTokenError::OtherIssuer { found: Some(found), .. } if found.as_str() == "joe"
    ));

    // Appendix A.4 signs the word "Payload".
    let es512 = json!({ "kty": "EC", "crv": "P-521",
        "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
        "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2" });
    let token = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
    assert_eq!(
        verified(token, &key_set(&[es512]), &expected()).unwrap_err(),
        IdTokenError::NotJson(TokenPart::Claims)
    );

    let ed25519 = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(
        verified(token, &key_set(&[ed25519]), &expected()).unwrap_err(),
        IdTokenError::NotJson(TokenPart::Claims)
    );
}

/// Epic: the issuer is not the FHIR base, five minutes of life, `fhirUser` is an absolute URL, no `azp`.
#[test]
fn a_token_like_epics_is_accepted() {
    let said = json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "eABC123.def-", "exp": NOW + 300, "iat": NOW, "nonce": NONCE,
        "fhirUser": format!("{BASE}/Practitioner/eM5CWtq15N0WJeuCet5bJlQ3"), "preferred_username": "aexample",
    });
    let user = accepted(&said);
    assert!(user.fhir_user().unwrap().is_on(BASE));
    assert_eq!(user.preferred_username(), Some("aexample"));
}

/// Oracle Health: the issuer is a tenant's address, the user stands in `profile`.
#[test]
fn a_token_like_oracle_healths_is_accepted() {
    let issuer = "https://authorization.example/tenants/ec2458f2-1e24-41c8-b71b-0e701af7583d/oidc/idsps/ec2458f2/";
    let said = json!({
        "iss": issuer, "aud": [CLIENT], "sub": "portal", "exp": NOW + 570, "iat": NOW,
        "profile": format!("{BASE}/Practitioner/4464007"),
    });
    let user = accepted_with(&said, &crate::protocol::id_token::Expected { issuer, ..expected() });
    assert_eq!(user.fhir_user().unwrap().reference(), "Practitioner/4464007");
    assert_eq!(user.issuer(), issuer);
}

/// Inferno: no nonce although one was sent, valid for a year, the issuer is the FHIR base.
#[test]
fn a_token_like_infernos_is_accepted() {
    let said = json!({
        "iss": BASE, "aud": CLIENT, "sub": "practitioner-123", "exp": NOW + 365 * 86_400, "iat": NOW,
        "fhirUser": format!("{BASE}/PractitionerRole/123"),
    });
    let user = accepted_with(
        &said,
        &crate::protocol::id_token::Expected {
            issuer: BASE,
            ..expected()
        },
    );
    assert!(!user.nonce_was_checked());
    assert_eq!(
        user.fhir_user().unwrap().resource_type(),
        FhirUserType::PractitionerRole
    );
}

/// The specification's worked example: RS384, a key with `kid`, no `typ`.
#[test]
fn a_token_like_the_specifications_example_is_accepted() {
    let signer = Signer::new(Algorithm::RS384);
    let token = signer.sign(
        &json!({ "alg": "RS384", "kid": "b41528b6f37a9500edb8a905a595bdd7" }),
        &claims(),
    );
    let keys = key_set(&[signer.jwk("b41528b6f37a9500edb8a905a595bdd7")]);
    assert!(verified(&token, &keys, &expected()).is_ok());
}

#[test]
fn keys_and_tokens_without_names_fit_where_nothing_else_can_be_meant() {
    let nameless = || nameless(rs256().jwk("k1"));
    let no_kid = rs256().sign(&json!({ "alg": "RS256" }), &claims());
    let with_kid = rs256().sign(&header(), &claims());
    let es256 = Signer::new(Algorithm::ES256).jwk("e");
    let for_encryption = with(Signer::other_rsa().jwk("enc"), "use", json!("enc"));
    for (what, token, keys) in [
        ("neither has a name", &no_kid, vec![nameless()]),
        ("only the token has one", &with_kid, vec![nameless()]),
        (
            "only the token has one, beside a key for encryption",
            &with_kid,
            vec![for_encryption.clone(), nameless()],
        ),
        ("only the key has one", &no_kid, vec![rs256().jwk("k1")]),
        (
            "one key of the right kind",
            &no_kid,
            vec![es256.clone(), rs256().jwk("k1"), for_encryption],
        ),
        (
            "one key of the right algorithm",
            &no_kid,
            vec![
                with(Signer::other_rsa().jwk("x"), "alg", json!("RS384")),
                rs256().jwk("k1"),
            ],
        ),
        (
            "one key of the right kind among two of that name",
            &with_kid,
            vec![with(es256.clone(), "kid", json!("k1")), rs256().jwk("k1")],
        ),
        (
            "only the token has one, beside a nameless key of another kind",
            &with_kid,
            vec![with(es256.clone(), "kid", Value::Null), nameless()],
        ),
        (
            "only the token has one, beside a key of another name",
            &with_kid,
            vec![Signer::other_rsa().jwk("k2"), nameless()],
        ),
        (
            "one key, published twice",
            &with_kid,
            vec![rs256().jwk("k1"), with(rs256().jwk("k1"), "alg", Value::Null)],
        ),
        (
            "a key without algorithm, use and operations",
            &with_kid,
            vec![with(
                with(with(rs256().jwk("k1"), "alg", Value::Null), "use", Value::Null),
                "key_ops",
                Value::Null,
            )],
        ),
    ] {
        assert!(verified(token, &key_set(&keys), &expected()).is_ok(), "{what}");
    }
}

#[test]
fn the_type_of_a_token_may_be_spelt_in_any_way_or_left_out() {
    for typ in [json!(null), json!("JWT"), json!("jwt"), json!("application/jwt")] {
        let token = rs256().sign(&json!({ "alg": "RS256", "kid": "k1", "typ": typ }), &claims());
        assert!(verified(&token, &keys(), &expected()).is_ok(), "{typ}");
    }
}

#[test]
fn keys_that_a_header_brings_along_are_not_looked_at() {
    let brought = json!({ "alg": "RS256", "kid": "k1", "jku": "https://evil.example/jwks", "x5u": "https://evil.example",
        "jwk": Signer::other_rsa().jwk("k1"), "x5c": ["MIIB"] });
    assert!(verified(&rs256().sign(&brought, &claims()), &keys(), &expected()).is_ok());
    assert_eq!(
        verified(&Signer::other_rsa().sign(&brought, &claims()), &keys(), &expected()).unwrap_err(),
        IdTokenError::BadSignature
    );
}

#[test]
fn several_audiences_are_accepted_with_azp_and_one_in_any_form() {
    for aud in [
        json!(CLIENT),
        json!([CLIENT]),
        json!([CLIENT, CLIENT]),
        json!(["other", CLIENT]),
    ] {
        assert!(
            accepted(&claims_with("aud", aud))
                .audience()
                .contains(&CLIENT.to_owned())
        );
    }
    let alone = with(claims_with("azp", Value::Null), "aud", json!([CLIENT, CLIENT]));
    assert_eq!(accepted(&alone).authorized_party(), None);
}

#[test]
fn times_may_have_a_fraction_or_be_far_away() {
    let half = |name| claims_with(name, json!(NOW as f64 + 0.5));
    assert_eq!(
        accepted(&half("exp")).expires_at(),
        Timestamp::from_millis(NOW * 1000 + 500)
    );
    assert_eq!(
        accepted(&half("iat")).issued_at(),
        Timestamp::from_millis(NOW * 1000 + 500)
    );
    accepted(&claims_with("exp", json!(1e300)));
    accepted(&claims_with("exp", json!(u64::MAX)));
    // How old a token is does not matter: it came a moment ago.
    accepted(&claims_with("iat", json!(0)));
    accepted(&claims_with("iat", json!(-5)));
    // Nobody asked for it; whoever does is to see what came instead.
    let odd = accepted(&claims_with("auth_time", json!("yesterday")));
    assert_eq!(
        (odd.auth_time(), odd.claim("auth_time")),
        (None, Some(&json!("yesterday")))
    );
    let none = accepted(&claims_with("auth_time", Value::Null));
    assert_eq!((none.auth_time(), none.claim("auth_time")), (None, None));
    let number = accepted(&claims_with("auth_time", json!(NOW)));
    assert_eq!(number.claim("auth_time"), None);
}

#[test]
fn a_null_claim_is_as_an_absent_one() {
    let text = claims()
        .to_string()
        .replace(r#""azp":"my-client""#, r#""azp":null"#)
        .replace(&format!(r#""nonce":"{NONCE}""#), r#""nonce":null"#);
    assert_eq!(text.matches("null").count(), 2);
    let user = verified(&rs256().sign_text(&header().to_string(), &text), &keys(), &expected()).unwrap();
    assert!(!user.nonce_was_checked());
    assert_eq!(user.authorized_party(), None);
}

#[test]
fn debug_output_of_claims_shows_no_value() {
    let shown = format!("{:?}", accepted(&claims()));
    for secret in [ISSUER, "user-1", NONCE, "123", "Ada", CLIENT] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("at_hash"), "{shown}");
}

#[test]
fn the_nonce_is_not_kept() {
    assert_eq!(accepted(&claims()).claim("nonce"), None);
}
