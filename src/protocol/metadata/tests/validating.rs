//! What is wrong with a document that can be read.

use serde_json::json;

use super::*;

#[test]
fn validate_lists_every_violation() {
    use MetadataViolation as V;
    let missing = |field, capability| V::MissingForCapability { field, capability };
    let not_listed = |field, value, capability| V::NotListed {
        field,
        value,
        capability,
    };
    let (ehr, standalone, openid) = ("launch-ehr", "launch-standalone", "sso-openid-connect");
    let mut without_openid = complete();
    without_openid["capabilities"] = json!(["client-public"]);
    let table = [
        (
            complete_without("token_endpoint"),
            vec![V::Missing {
                field: "token_endpoint",
            }],
        ),
        (
            complete_without("grant_types_supported"),
            vec![V::Missing {
                field: "grant_types_supported",
            }],
        ),
        (
            complete_without("code_challenge_methods_supported"),
            vec![V::Missing {
                field: "code_challenge_methods_supported",
            }],
        ),
        (
            complete_without("capabilities"),
            vec![V::Missing { field: "capabilities" }, V::IssuerWithoutOpenIdConnect],
        ),
        (
            complete_without("authorization_endpoint"),
            vec![
                missing("authorization_endpoint", ehr),
                missing("authorization_endpoint", standalone),
            ],
        ),
        (
            complete_with("grant_types_supported", json!(["client_credentials"])),
            vec![
                not_listed("grant_types_supported", "authorization_code", ehr),
                not_listed("grant_types_supported", "authorization_code", standalone),
            ],
        ),
        (complete_without("issuer"), vec![missing("issuer", openid)]),
        (complete_without("jwks_uri"), vec![missing("jwks_uri", openid)]),
        (without_openid, vec![V::IssuerWithoutOpenIdConnect]),
        (
            complete_with("code_challenge_methods_supported", json!(["plain"])),
            vec![V::S256NotListed, V::PlainListed],
        ),
        (
            complete_with("code_challenge_methods_supported", json!(["plain", "S256"])),
            vec![V::PlainListed],
        ),
        (
            complete_with("code_challenge_methods_supported", json!([])),
            vec![V::S256NotListed],
        ),
        (
            complete_with("token_endpoint_auth_methods_supported", json!(["client_secret_basic"])),
            vec![not_listed(
                "token_endpoint_auth_methods_supported",
                "private_key_jwt",
                "client-confidential-asymmetric",
            )],
        ),
        (
            complete_with("token_endpoint_auth_signing_alg_values_supported", json!(["RS256"])),
            vec![V::NoKnownAlgorithm],
        ),
    ];
    for (document, expected) in table {
        assert_eq!(parse(&document).validate(), expected, "{document}");
    }
    let nothing: Vec<_> = parse(&json!({})).validate().iter().map(ToString::to_string).collect();
    assert_eq!(nothing.len(), 4, "{nothing:?}");
    assert!(nothing.contains(&"`token_endpoint` is missing".to_owned()));
}

/// Oracle Health and athenahealth list `health-cards` (2026), which another guide defines.
#[test]
fn a_capability_of_another_guide_is_no_violation_however_it_is_spelled() {
    for name in [
        "health-cards",
        "example-new-capability",
        "https://sdo.example/example-new-capability",
    ] {
        let document = complete_with("capabilities", json!(["sso-openid-connect", name]));
        assert_eq!(parse(&document).validate(), [], "{name}");
        assert!(parse(&document).has_capability(name));
    }
}
