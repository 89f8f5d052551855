use serde_json::json;

use super::*;

fn base() -> FhirBaseUrl {
    FhirBaseUrl::parse("https://ehr.example/fhir").unwrap()
}

fn parse(document: &Value) -> ServerMetadata {
    ServerMetadata::parse(document.to_string().as_bytes(), &base()).unwrap()
}

fn parse_error(body: impl AsRef<[u8]>) -> MetadataError {
    ServerMetadata::parse(body.as_ref(), &base()).unwrap_err()
}

/// A document with every member, and nothing wrong with it.
fn complete() -> Value {
    json!({
        "issuer": "https://ehr.example",
        "jwks_uri": "https://ehr.example/jwks",
        "authorization_endpoint": "https://ehr.example/authorize?tenant=1",
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint": "https://sso.example/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES384", "RS384", "RS256"],
        "registration_endpoint": "https://ehr.example/register",
        "smart_app_state_endpoint": "https://ehr.example/state",
        "associated_endpoints": [{"url": "https://ehr.example/state", "capabilities": ["smart-app-state"]}],
        "user_access_brand_bundle": "https://ehr.example/brands.json",
        "user_access_brand_identifier": {"system": "urn:ietf:rfc:3986", "value": "https://ehr.example"},
        "scopes_supported": ["openid", "patient/*.rs"],
        "response_types_supported": ["code"],
        "management_endpoint": "https://ehr.example/manage",
        "introspection_endpoint": "https://ehr.example/introspect",
        "revocation_endpoint": "https://ehr.example/revoke",
        "capabilities": [
            "launch-ehr", "launch-standalone", "authorize-post", "client-public", "client-confidential-symmetric",
            "client-confidential-asymmetric", "sso-openid-connect", "https://ehr.example/own-capability",
            "context-passthrough-banner"
        ],
        "code_challenge_methods_supported": ["S256"],
        "x_vendor": {"a": 1}
    })
}

fn complete_with(field: &str, value: Value) -> Value {
    let mut document = complete();
    document[field] = value;
    document
}

fn complete_without(field: &str) -> Value {
    let mut document = complete();
    document.as_object_mut().unwrap().remove(field);
    document
}

#[test]
fn every_member_is_read_and_nothing_is_lost() {
    let document = complete();
    let metadata = parse(&document);
    let text = |endpoint: Option<&EndpointUrl>| endpoint.map(|endpoint| endpoint.as_str().to_owned());
    let listed = |field: &str| {
        let items = document[field].as_array().unwrap();
        items
            .iter()
            .map(|item| item.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(metadata.issuer(), document["issuer"].as_str());
    for (field, endpoint) in [
        ("jwks_uri", metadata.jwks_uri()),
        ("authorization_endpoint", metadata.authorization_endpoint()),
        ("token_endpoint", metadata.token_endpoint()),
        ("registration_endpoint", metadata.registration_endpoint()),
        ("smart_app_state_endpoint", metadata.smart_app_state_endpoint()),
        ("user_access_brand_bundle", metadata.user_access_brand_bundle()),
        ("management_endpoint", metadata.management_endpoint()),
        ("introspection_endpoint", metadata.introspection_endpoint()),
        ("revocation_endpoint", metadata.revocation_endpoint()),
    ] {
        assert_eq!(text(endpoint).as_deref(), document[field].as_str(), "{field}");
    }
    for (field, list) in [
        ("grant_types_supported", metadata.grant_types_supported()),
        (
            "token_endpoint_auth_methods_supported",
            metadata.token_endpoint_auth_methods_supported(),
        ),
        (
            "token_endpoint_auth_signing_alg_values_supported",
            metadata.token_endpoint_auth_signing_alg_values_supported(),
        ),
        ("scopes_supported", metadata.scopes_supported()),
        ("response_types_supported", metadata.response_types_supported()),
        ("capabilities", Some(metadata.capabilities())),
        (
            "code_challenge_methods_supported",
            metadata.code_challenge_methods_supported(),
        ),
    ] {
        assert_eq!(list.unwrap(), listed(field), "{field}");
    }
    assert_eq!(
        metadata.associated_endpoints()[0].url().as_str(),
        "https://ehr.example/state"
    );
    assert_eq!(metadata.associated_endpoints()[0].capabilities(), ["smart-app-state"]);
    let brand = metadata.user_access_brand_identifier().unwrap();
    assert_eq!(
        (brand.system(), brand.value()),
        (Some("urn:ietf:rfc:3986"), Some("https://ehr.example"))
    );
    assert_eq!(metadata.other().collect::<Vec<_>>(), [("x_vendor", &json!({"a": 1}))]);
    assert_eq!(metadata.to_json(), document);
    assert_eq!(serde_json::to_value(&metadata).unwrap(), document);
    assert_eq!(metadata.validate(), []);
}

#[test]
fn what_is_no_json_object_says_what_it_is() {
    assert_eq!(parse_error(""), MetadataError::Empty);
    assert_eq!(parse_error(" \r\n\t"), MetadataError::Empty);
    assert_eq!(parse_error("\u{feff}"), MetadataError::Empty);
    assert_eq!(parse_error("<!DOCTYPE html><html></html>"), MetadataError::Html);
    assert_eq!(parse_error("\n  <html>"), MetadataError::Html);
    assert_eq!(parse_error("[]"), MetadataError::NotAnObject);
    assert_eq!(parse_error("[{}]"), MetadataError::NotAnObject);
    assert_eq!(parse_error("null"), MetadataError::NotAnObject);
    assert_eq!(parse_error("\"text\""), MetadataError::NotAnObject);
    assert_eq!(parse_error("{\"a\": [1,"), MetadataError::Truncated);
    assert_eq!(parse_error("{"), MetadataError::Truncated);
    assert_eq!(parse_error("{\"a\":1}x"), MetadataError::NotJson { line: 1, column: 8 });
    assert!(matches!(
        parse_error("not found"),
        MetadataError::NotJson { line: 1, .. }
    ));
    assert!(matches!(parse_error([0x1f, 0x8b, 8, 0]), MetadataError::NotJson { .. }));
    assert!(matches!(
        parse_error(b"{\"a\":\"\xff\"}"),
        MetadataError::NotJson { .. }
    ));
    assert!(matches!(
        parse_error("{\"a\":".to_owned() + &"[".repeat(100_000)),
        MetadataError::NotJson { .. }
    ));
}

#[test]
fn every_cut_of_a_document_is_truncated_or_empty() {
    let whole = complete().to_string().into_bytes();
    for end in 1..whole.len() {
        assert_eq!(parse_error(&whole[..end]), MetadataError::Truncated, "{end}");
    }
}

#[test]
fn an_empty_object_and_a_byte_order_mark_are_read() {
    assert!(
        ServerMetadata::parse(b"{}", &base())
            .unwrap()
            .token_endpoint()
            .is_none()
    );
    let marked = format!("\u{feff}{}", complete());
    assert!(ServerMetadata::parse(marked.as_bytes(), &base()).is_ok());
}

#[test]
fn an_unsafe_authorization_or_token_endpoint_is_an_error() {
    for field in ["authorization_endpoint", "token_endpoint"] {
        for (text, source) in [
            ("http://ehr.example/token", UrlError::NotHttps),
            ("javascript:alert(1)", UrlError::NotAbsolute),
            ("https://user:pw@ehr.example/token", UrlError::Credentials),
            ("https://ehr.example/token#x", UrlError::Fragment),
            ("https://ehr.example/to ken", UrlError::Characters),
            ("//user@ehr.example/token", UrlError::Credentials),
        ] {
            let document = complete_with(field, json!(text)).to_string();
            assert_eq!(
                parse_error(document),
                MetadataError::Endpoint { field, source },
                "{text}"
            );
        }
    }
}

#[test]
fn an_unsafe_optional_endpoint_is_left_out_and_listed() {
    for field in [
        "jwks_uri",
        "registration_endpoint",
        "smart_app_state_endpoint",
        "user_access_brand_bundle",
        "management_endpoint",
        "introspection_endpoint",
        "revocation_endpoint",
    ] {
        let metadata = parse(&complete_with(field, json!("http://ehr.example/x")));
        let expected = MetadataViolation::Url {
            field,
            reason: UrlError::NotHttps,
        };
        assert!(metadata.validate().contains(&expected), "{field}");
    }
    assert!(
        parse(&complete_with("jwks_uri", json!("http://x.example/")))
            .jwks_uri()
            .is_none()
    );
}

#[test]
fn a_relative_endpoint_is_resolved_and_listed() {
    let metadata = parse(&complete_with("token_endpoint", json!("/auth/token")));
    assert_eq!(
        metadata.token_endpoint().unwrap().as_str(),
        "https://ehr.example/auth/token"
    );
    let expected = [MetadataViolation::RelativeUrl {
        field: "token_endpoint",
    }];
    assert_eq!(metadata.validate(), expected);
}

#[test]
fn an_empty_endpoint_is_missing_and_not_the_base_url() {
    let metadata = parse(&complete_with("token_endpoint", json!("")));
    assert_eq!(metadata.token_endpoint(), None);
    assert!(metadata.validate().contains(&MetadataViolation::Missing {
        field: "token_endpoint"
    }));
}

#[test]
fn a_member_of_the_wrong_type_is_left_out_and_listed_and_null_is_absent() {
    for field in read::FIELDS {
        for wrong in [json!(7), json!({"a": true}), json!(["x", 1])] {
            let metadata = parse(&complete_with(field, wrong.clone()));
            let listed = metadata
                .validate()
                .iter()
                .any(|violation| matches!(violation, MetadataViolation::WrongType { field: f, .. } if *f == field));
            assert!(listed, "{field} {wrong}");
            ask_everything(&metadata);
        }
        let metadata = parse(&complete_with(field, Value::Null));
        assert!(
            !metadata
                .validate()
                .iter()
                .any(|violation| matches!(violation, MetadataViolation::WrongType { .. })),
            "{field}"
        );
    }
    let metadata = parse(&complete_with("capabilities", json!(["launch-ehr", 7])));
    assert_eq!(metadata.capabilities(), ["launch-ehr"]);
}

fn ask_everything(metadata: &ServerMetadata) -> [bool; 10] {
    let _ = metadata.asymmetric_signing_algorithms_supported();
    [
        metadata.supports_ehr_launch(),
        metadata.supports_standalone_launch(),
        metadata.supports_public_auth(),
        metadata.supports_symmetric_auth(),
        metadata.supports_asymmetric_auth(),
        metadata.supports_openid_connect(),
        metadata.supports_post_based_authorization(),
        metadata.ehr_launch_capability(),
        metadata.standalone_launch_capability(),
        metadata.openid_connect_capability(),
    ]
}

#[test]
fn the_full_predicates_need_what_the_flags_promise() {
    assert_eq!(ask_everything(&parse(&complete())), [true; 10]);
    assert_eq!(ask_everything(&parse(&json!({}))), [false; 10]);
    assert_eq!(ask_everything(&parse(&complete_without("capabilities"))), [false; 10]);

    let no_authorization = parse(&complete_without("authorization_endpoint"));
    assert!(!no_authorization.supports_ehr_launch() && no_authorization.ehr_launch_capability());
    assert!(!no_authorization.supports_standalone_launch() && no_authorization.standalone_launch_capability());
    for field in ["issuer", "jwks_uri"] {
        let metadata = parse(&complete_without(field));
        assert!(
            !metadata.supports_openid_connect() && metadata.openid_connect_capability(),
            "{field}"
        );
    }
}

#[test]
fn client_authentication_is_ruled_out_only_by_a_list_that_lacks_it() {
    let methods = "token_endpoint_auth_methods_supported";
    let absent = parse(&complete_without(methods));
    assert!(absent.supports_symmetric_auth() && absent.supports_asymmetric_auth());
    let post_only = parse(&complete_with(methods, json!(["client_secret_post"])));
    assert!(!post_only.supports_symmetric_auth() && !post_only.supports_asymmetric_auth());

    let algorithms = "token_endpoint_auth_signing_alg_values_supported";
    for (document, expected) in [
        (complete(), vec!["RS384", "ES384"]),
        (complete_without(algorithms), vec!["RS384", "ES384"]),
        (complete_with(algorithms, json!([])), vec!["RS384", "ES384"]),
        (complete_with(algorithms, json!(["ES384"])), vec!["ES384"]),
        (complete_with(algorithms, json!(["RS256", "rs384"])), vec![]),
    ] {
        let metadata = parse(&document);
        assert_eq!(metadata.asymmetric_signing_algorithms_supported(), expected);
        assert_eq!(metadata.supports_asymmetric_auth(), !expected.is_empty());
    }
}

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
        (
            complete_with("capabilities", json!(["sso-openid-connect", "telepathy"])),
            vec![V::UnknownCapability {
                name: "telepathy".to_owned(),
            }],
        ),
    ];
    for (document, expected) in table {
        assert_eq!(parse(&document).validate(), expected, "{document}");
    }
    let nothing: Vec<_> = parse(&json!({})).validate().iter().map(ToString::to_string).collect();
    assert_eq!(nothing.len(), 4, "{nothing:?}");
    assert!(nothing.contains(&"`token_endpoint` is missing".to_owned()));
}
