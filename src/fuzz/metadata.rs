//! The metadata document.

use crate::protocol::{
    metadata::{AssociatedEndpoint, MetadataError, ServerMetadata},
    urls::{EndpointUrl, FhirBaseUrl},
};

/// The body of an answer, read for several FHIR base URLs.
pub fn metadata(data: &[u8]) {
    for base in [
        "https://ehr.example/fhir/r4",
        "https://ehr.example",
        "http://127.0.0.1:8080/fhir/",
    ] {
        let base = FhirBaseUrl::parse(base).expect("a FHIR base URL");
        match ServerMetadata::parse(data, &base) {
            Ok(metadata) => is_as_promised(&metadata, &base),
            // It names a member of ours and nothing that came.
            Err(MetadataError::Endpoint { field, .. }) => assert!(field.ends_with("_endpoint")),
            Err(_) => {}
        }
    }
}

fn is_as_promised(metadata: &ServerMetadata, base: &FhirBaseUrl) {
    endpoints(metadata).for_each(super::assert_safe_endpoint);
    let violations = metadata.validate();
    // What cannot be used is not silently left out.
    if metadata.token_endpoint().is_none() || metadata.authorization_endpoint().is_none() {
        assert!(!violations.is_empty());
    }
    let document = metadata.to_json();
    assert!(metadata.other().all(|(name, value)| document.get(name) == Some(value)));
    let again = ServerMetadata::parse(document.to_string().as_bytes(), base);
    assert_eq!(again.as_ref(), Ok(metadata));
}

fn endpoints(metadata: &ServerMetadata) -> impl Iterator<Item = &EndpointUrl> {
    [
        metadata.jwks_uri(),
        metadata.authorization_endpoint(),
        metadata.token_endpoint(),
        metadata.registration_endpoint(),
        metadata.smart_app_state_endpoint(),
        metadata.user_access_brand_bundle(),
        metadata.management_endpoint(),
        metadata.introspection_endpoint(),
        metadata.revocation_endpoint(),
    ]
    .into_iter()
    .flatten()
    .chain(metadata.associated_endpoints().iter().map(AssociatedEndpoint::url))
}
