//! A page of a search, and where the next one is.

use url::Url;

use crate::protocol::fhir::{
    address::{loggable_path, within},
    bundle::{EntryMode, Page},
};

/// The FHIR base URL in the first line, then the `Bundle`.
pub fn bundle(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (line, body) = data.split_at(end);
    let Some(page) = Page::read(body.trim_ascii_start()) else {
        return;
    };
    for entry in &page.entries {
        let is_outcome = entry
            .resource
            .get("resourceType")
            .is_some_and(|it| it == "OperationOutcome");
        assert!(entry.mode != EntryMode::Match || !is_outcome, "a remark is no resource");
    }
    let Some(next) = page.next else { return };
    assert!(!next.is_empty());
    let written = std::str::from_utf8(line).ok().and_then(|line| Url::parse(line).ok());
    let usual = Url::parse("https://ehr.example/fhir/r4").expect("an address");
    for base in [usual].into_iter().chain(written) {
        token_stays_below(&base, &next);
    }
}

/// The next page is asked with the token.
fn token_stays_below(base: &Url, next: &str) {
    let is_base = matches!(base.scheme(), "https" | "http")
        && base.username().is_empty()
        && base.password().is_none()
        && base.query().is_none()
        && base.fragment().is_none();
    if !is_base {
        return;
    }
    let Ok(address) = within(base, next) else { return };
    super::assert_safe_host(&address);
    assert_eq!(address.origin(), base.origin(), "{address}");
    let root = base.path().trim_end_matches('/');
    let rest = address.path().strip_prefix(root).expect("below the base");
    assert!(rest.is_empty() || rest.starts_with('/'), "{address}");
    // However often a server decodes the path.
    let mut path = rest.to_owned();
    for _ in 0..3 {
        assert!(
            !path.contains('\\') && !path.split('/').any(|part| part == ".."),
            "{address}"
        );
        path = percent_decoded(&path);
    }
    assert_eq!(within(base, address.as_str()), Ok(address.clone()));
    let logged = loggable_path(base, &address);
    assert!(logged.starts_with(root) && logged.matches('/').count() <= root.matches('/').count() + 2);
}

fn percent_decoded(path: &str) -> String {
    // A form decodes `+` too, which makes no way out.
    let form = path.replace('&', "%26").replace('=', "%3D");
    let decoded = url::form_urlencoded::parse(form.as_bytes()).next();
    decoded.map(|(name, _)| name.into_owned()).unwrap_or_default()
}
