//! What is read, what is left out, and what is refused.

use serde_json::{Value, json};

use super::*;
use crate::protocol::urls::{EndpointUrl, UrlError};

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
    for field in DEFINED {
        for wrong in [json!(7), json!({"a": true}), json!(["x", 1])] {
            let metadata = parse(&complete_with(field, wrong.clone()));
            let listed = metadata
                .validate()
                .iter()
                .any(|violation| matches!(violation, MetadataViolation::WrongType { field: f, .. } if *f == field));
            assert!(listed, "{field} {wrong}");
            assert_eq!(metadata.other().map(|(name, _)| name).collect::<Vec<_>>(), ["x_vendor"]);
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

#[test]
fn that_iss_comes_with_authorization_responses_is_promised_by_true_alone() {
    for (member, is_promised) in [
        (json!({}), false),
        (json!({"authorization_response_iss_parameter_supported": true}), true),
        (json!({"authorization_response_iss_parameter_supported": false}), false),
        (json!({"authorization_response_iss_parameter_supported": "true"}), false),
        (json!({"authorization_response_iss_parameter_supported": null}), false),
    ] {
        let promised = parse(&member).authorization_response_iss_parameter_supported();
        assert_eq!(promised, is_promised, "{member}");
    }
}
