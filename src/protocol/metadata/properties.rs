//! What holds for every metadata document.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use super::{tests::DEFINED, *};
use crate::fuzz::generate::{any_json, any_url, config, object_of};
use crate::protocol::urls::FhirBaseUrl;

fn base() -> FhirBaseUrl {
    FhirBaseUrl::parse("https://ehr.example/fhir").unwrap()
}

fn parse(document: &Value) -> Result<ServerMetadata, MetadataError> {
    ServerMetadata::parse(document.to_string().as_bytes(), &base())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bytes_are_a_panic(bytes in vec(any::<u8>(), 0..64), text in "\\PC{0,64}") {
        crate::fuzz::metadata(&bytes);
        crate::fuzz::metadata(text.as_bytes());
    }

    #[test]
    fn no_document_of_known_members_breaks_a_promise(document in object_of(&DEFINED)) {
        crate::fuzz::metadata(Value::Object(document).to_string().as_bytes());
    }

    #[test]
    fn a_member_that_no_secret_is_sent_to_never_costs_the_others(
        field in select(DEFINED.to_vec()),
        value in any_json(),
    ) {
        prop_assume!(!["authorization_endpoint", "token_endpoint"].contains(&field));
        let mut document = json!({
            "authorization_endpoint": "https://ehr.example/authorize",
            "token_endpoint": "https://sso.example/token",
        });
        document[field] = value;
        let metadata = parse(&document).unwrap();
        prop_assert_eq!(
            metadata.authorization_endpoint().unwrap().as_str(),
            "https://ehr.example/authorize"
        );
        prop_assert_eq!(metadata.token_endpoint().unwrap().as_str(), "https://sso.example/token");
        prop_assert_eq!(metadata.to_json(), document);
    }

    #[test]
    fn an_endpoint_for_secrets_is_safe_or_an_error_and_never_just_absent(
        field in select(vec!["authorization_endpoint", "token_endpoint"]),
        address in any_url(),
    ) {
        match parse(&json!({ field: address })) {
            Ok(metadata) => {
                let endpoint = metadata.authorization_endpoint().or(metadata.token_endpoint());
                prop_assert_eq!(endpoint.is_none(), address.is_empty());
            }
            Err(error) => {
                let named = matches!(error, MetadataError::Endpoint { field: named, .. } if named == field);
                prop_assert!(named, "{}", error);
            }
        }
    }

    #[test]
    fn a_document_that_is_cut_off_anywhere_is_none(document in object_of(&DEFINED), at in any::<prop::sample::Index>()) {
        let text = Value::Object(document).to_string();
        let cut = text.as_bytes().split_at(at.index(text.len())).0;
        let refused = ServerMetadata::parse(cut, &base()).unwrap_err();
        let is_known_as_cut = matches!(refused, MetadataError::Empty | MetadataError::Truncated | MetadataError::NotJson { .. });
        prop_assert!(is_known_as_cut, "{}", refused);
    }
}
