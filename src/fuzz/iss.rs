//! Which EHR an `iss` names.

use url::Url;

use crate::protocol::urls::{EndpointUrl, FhirBaseUrl};

/// A FHIR base URL, and an `iss` in the next line; the latter is read as an endpoint of the former as well.
pub fn iss(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (base, iss) = super::line_and_rest(text);
    let Ok(base) = FhirBaseUrl::parse(base) else {
        return;
    };
    is_as_promised(&base);
    if base.matches(iss) {
        names_the_same_server(&base, iss);
    }
    if let Ok(other) = FhirBaseUrl::parse(iss) {
        is_as_promised(&other);
        let same = base.normalized() == other.normalized();
        assert_eq!(base.matches(iss), same);
        assert_eq!(other.matches(base.as_str()), same);
    }
    if let Ok(endpoint) = EndpointUrl::resolve(iss, &base) {
        super::assert_safe_endpoint(&endpoint);
        assert_eq!(endpoint.url().as_str(), base.url().join(iss).expect("it was").as_str());
    }
}

fn is_as_promised(base: &FhirBaseUrl) {
    super::assert_safe(base.url());
    assert!(base.url().query().is_none());
    assert!(base.matches(base.as_str()));
    let metadata = base.metadata_url();
    assert_eq!(metadata.origin(), base.url().origin());
    assert!(metadata.path().starts_with(base.url().path().trim_end_matches('/')));
    assert!(metadata.path().ends_with("/.well-known/smart-configuration"));
}

fn names_the_same_server(base: &FhirBaseUrl, iss: &str) {
    let iss = Url::parse(iss).expect("an iss that matches is a URL");
    super::assert_safe(&iss);
    assert_eq!(iss.origin(), base.url().origin());
    let path = |url: &Url| url.path().strip_suffix('/').unwrap_or(url.path()).to_owned();
    assert_eq!(path(&iss), path(base.url()));
    assert!(iss.query().is_none());
}
