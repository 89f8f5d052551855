//! Where a browser goes after a launch, and the launch URL that says so.

use url::Url;

use crate::protocol::{launch_request::LaunchRequest, return_to::ReturnTo};

const LAUNCH: &str = "/~AAAAAAAAAAAAAAAAAAAAAA";

/// A `return_to`, read as it is and as the query of a launch URL.
pub fn return_to(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(path) = ReturnTo::parse(text) {
        assert_eq!(path.as_str(), text);
        stays_here(&path);
    }
    if let Ok(request) = LaunchRequest::parse(text) {
        request.return_to().into_iter().for_each(stays_here);
        assert_eq!(request.iss().is_some(), request.launch().is_some());
        assert!(request.iss().is_none_or(|iss| !iss.is_empty() && iss.len() <= 2_048));
    }
}

fn stays_here(path: &ReturnTo) {
    let rest = path.clone().without_launch_segment();
    assert_eq!(ReturnTo::parse(rest.as_str()).as_ref(), Ok(&rest), "after {path:?}");
    assert!(path.as_str().ends_with(rest.as_str().trim_start_matches('/')));
    has_no_odd_segment(path);
    for base in [
        "https://app.example",
        "https://app.example:8443/a//b/../c/",
        "http://localhost:8080/auth/launch?iss=https://evil.example#x",
        "https://[::1]/~AAAAAAAAAAAAAAAAAAAAAA/deep/down",
        "https://xn--bcher-kva.example/%2e%2e/",
    ] {
        let base = Url::parse(base).expect("a base URL");
        for (before, text) in [("", path.as_str()), (LAUNCH, rest.as_str()), ("/app", rest.as_str())] {
            resolves_to_itself(&base, &format!("{before}{text}"));
        }
    }
}

/// Also for a router that decodes before it splits.
fn has_no_odd_segment(path: &ReturnTo) {
    let path = path.as_str().split('?').next().unwrap_or_default().to_ascii_lowercase();
    let decoded = path.replace("%2e", ".").replace("%2f", "/");
    let (first, segments) = decoded.split_once('/').expect("it begins with a slash");
    assert!(first.is_empty() && !decoded.contains("//"));
    assert!(segments.split('/').all(|segment| segment != "." && segment != ".."));
}

fn resolves_to_itself(base: &Url, text: &str) {
    let resolved = base.join(text).expect("a path can be resolved");
    assert_eq!(resolved.origin(), base.origin(), "{text}");
    assert!(resolved.username().is_empty() && resolved.password().is_none());
    assert!(resolved.fragment().is_none());
    let path = text.split_once('?').map_or(text, |(path, _)| path);
    assert_eq!(resolved.path(), path);
}
