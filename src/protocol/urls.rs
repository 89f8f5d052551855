//! URLs that keep the text they were given.
//!
//! `aud`, `redirect_uri` and the audience of an assertion are compared byte for byte by servers, and a URL type
//! prints `https://ehr.example` back as `https://ehr.example/`. So each type holds the text and a parsed copy.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, ParseError, Url};

use crate::protocol::visible::is_invisible;

/// Why a URL cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// Not an absolute URL.
    #[error("is not an absolute URL; write it with its scheme, for example https://ehr.example/fhir/r4")]
    NotAbsolute,
    /// Neither https nor http on a loopback host.
    #[error("must be https (http only for localhost, 127.0.0.1 or [::1])")]
    NotHttps,
    /// Has a user name or a password.
    #[error("must not contain a user name or a password")]
    Credentials,
    /// Has a query.
    #[error("must not have a query (`?…`)")]
    Query,
    /// Has a fragment.
    #[error("must not have a fragment (`#…`)")]
    Fragment,
    /// Contains a space, a control character, a character that nobody sees (such as a zero width space), or a backslash.
    #[error("contains a space, a backslash, a control character or an invisible one")]
    Characters,
}

/// An https URL, or http on a loopback host; without credentials and fragment.
///
/// # Errors
///
/// [`UrlError`] says which of these rules is broken.
pub(crate) fn parse_https(text: &str) -> Result<Url, UrlError> {
    if text.chars().any(|c| has_no_place(c) || c == '\\') {
        return Err(UrlError::Characters);
    }
    let url = Url::parse(text).map_err(|_| UrlError::NotAbsolute)?;
    if !names_a_host(text) {
        return Err(UrlError::NotAbsolute);
    }
    check_https(&url)?;
    Ok(url)
}

/// What no URL has: with it two that look the same would differ, and a log or a page would show another one.
fn has_no_place(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_invisible(c)
}

/// Whether a host stands where the text says so. URL parsers also find one in `https:ehr.example` and in
/// `https:///ehr.example`, unless they have a base: then the former is a path.
fn names_a_host(text: &str) -> bool {
    text.split_once(':')
        .and_then(|(_, rest)| rest.strip_prefix("//"))
        .is_some_and(|rest| !rest.starts_with('/'))
}

/// The rules of [`parse_https`] for a URL that is parsed already.
pub(crate) fn check_https(url: &Url) -> Result<(), UrlError> {
    if url.host().is_none() {
        return Err(UrlError::NotAbsolute);
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(url) => {}
        _ => return Err(UrlError::NotHttps),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlError::Credentials);
    }
    if url.fragment().is_some() {
        return Err(UrlError::Fragment);
    }
    Ok(())
}

/// Whether the host is this machine: `localhost`, `127.0.0.0/8` or `[::1]`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A registered FHIR base URL, as text and parsed.
///
/// It is what is fetched, and what keys every record and cache.
#[derive(Clone, PartialEq, Eq)]
pub struct FhirBaseUrl {
    text: String,
    url: Url,
    normalized: String,
}

impl FhirBaseUrl {
    /// Parses a FHIR base URL, for example `https://ehr.example/fhir/r4`.
    ///
    /// # Errors
    ///
    /// [`UrlError`] when it is not absolute, not https (loopback excepted), or has credentials, a query or a fragment.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let url = parse_https(text)?;
        if url.query().is_some() {
            return Err(UrlError::Query);
        }
        let normalized = iss_key(text).ok_or(UrlError::NotAbsolute)?;
        Ok(Self {
            text: text.to_owned(),
            url,
            normalized,
        })
    }

    /// The text exactly as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What all spellings that [`matches`](Self::matches) forgives have in common: scheme and host in lower case, no
    /// default port, no slash at the end. To look a registration up by.
    #[must_use]
    pub fn normalized(&self) -> &str {
        &self.normalized
    }

    /// The parsed form, for fetching and resolving.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Where the server metadata is: `.well-known/smart-configuration` *appended* to the base, path included
    /// (SMART App Launch 2.2, Conformance; unlike RFC 8615, which would put it at the root of the host).
    #[must_use]
    pub fn metadata_url(&self) -> Url {
        let mut url = self.url.clone();
        let path = format!("{}/.well-known/smart-configuration", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }

    /// Whether a received `iss` names this server: equal but for the case of scheme and host, the default port and
    /// one trailing slash. Nothing else is forgiven.
    #[must_use]
    pub fn matches(&self, iss: &str) -> bool {
        iss_key(iss).is_some_and(|key| key == self.normalized)
    }
}

impl fmt::Debug for FhirBaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FhirBaseUrl({})", self.text)
    }
}

/// What two spellings of one FHIR base URL share: scheme and host in lower case, no default port, no trailing slash.
///
/// Works on the text, because a URL parser would also resolve dot segments and decode hosts, and so take two
/// different strings for the same server.
fn iss_key(text: &str) -> Option<String> {
    if text
        .chars()
        .any(|c| has_no_place(c) || matches!(c, '\\' | '?' | '#' | '@'))
    {
        return None;
    }
    let (scheme, rest) = text.split_once("://")?;
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let authority = authority.to_ascii_lowercase();
    let authority = authority.strip_suffix(default_port).unwrap_or(&authority);
    if authority.is_empty() {
        return None;
    }
    let path = path.strip_suffix('/').unwrap_or(path);
    Some(format!("{scheme}://{authority}{path}"))
}

/// An endpoint of the EHR, as the text that servers compare (a JWT assertion's `aud`) and parsed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EndpointUrl {
    text: String,
    url: Url,
}

impl EndpointUrl {
    /// Parses an absolute endpoint URL. A query is allowed and kept.
    ///
    /// # Errors
    ///
    /// [`UrlError`] when it is not absolute, not https (loopback excepted), or has credentials or a fragment.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let url = parse_https(text)?;
        Ok(Self {
            text: text.to_owned(),
            url,
        })
    }

    /// Parses an endpoint that may be relative to the FHIR base URL (older servers; SMART App Launch 2.2,
    /// Conformance, resolves it as RFC 1808 does, literally).
    ///
    /// # Errors
    ///
    /// [`UrlError`] as for [`parse`](Self::parse), after resolving.
    pub fn resolve(text: &str, base: &FhirBaseUrl) -> Result<Self, UrlError> {
        match Self::parse(text) {
            // Not what has a scheme and no host: one reader resolves that, the next one takes its path for the host.
            Err(UrlError::NotAbsolute) if Url::parse(text) == Err(ParseError::RelativeUrlWithoutBase) => {
                let url = base.url().join(text).map_err(|_| UrlError::NotAbsolute)?;
                check_https(&url)?;
                Ok(Self {
                    text: url.as_str().to_owned(),
                    url,
                })
            }
            other => other,
        }
    }

    /// The text exactly as it was given (resolved, when it was relative).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The parsed form, for sending to.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }
}

impl fmt::Debug for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EndpointUrl({})", self.text)
    }
}

impl TryFrom<String> for EndpointUrl {
    type Error = UrlError;

    fn try_from(text: String) -> Result<Self, UrlError> {
        Self::parse(&text)
    }
}

impl From<EndpointUrl> for String {
    fn from(endpoint: EndpointUrl) -> Self {
        endpoint.text
    }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iss_matches_in_spite_of_case_default_port_and_one_slash() {
        let base = FhirBaseUrl::parse("https://ehr.example/fhir/R4").unwrap();
        for same in [
            "https://ehr.example/fhir/R4",
            "https://ehr.example/fhir/R4/",
            "HTTPS://EHR.example/fhir/R4",
            "https://ehr.example:443/fhir/R4",
        ] {
            assert!(base.matches(same), "{same}");
        }
    }

    #[test]
    fn an_iss_that_differs_in_anything_else_does_not_match() {
        let base = FhirBaseUrl::parse("https://ehr.example/fhir/R4").unwrap();
        for other in [
            "https://ehr.example/fhir/r4",
            "https://ehr.example/fhir/R4//",
            "https://ehr.example/fhir/./R4",
            "https://ehr.example/fhir/x/../R4",
            "https://ehr.example/fhir/%524",
            "https://ehr.example./fhir/R4",
            "https://ehr.example:8443/fhir/R4",
            "http://ehr.example/fhir/R4",
            "https://user@ehr.example/fhir/R4",
            "https://ehr.example@evil.example/fhir/R4",
            "https://ehr.example/fhir/R4?x=1",
            "https://ehr.example/fhir/R4#x",
            "https://ehr.example\\fhir\\R4",
            " https://ehr.example/fhir/R4",
            "//ehr.example/fhir/R4",
            "ehr.example/fhir/R4",
            "https:///fhir/R4",
            "",
        ] {
            assert!(!base.matches(other), "{other}");
        }
    }

    #[test]
    fn the_metadata_url_is_appended_to_the_whole_base() {
        for (base, expected) in [
            (
                "https://ehr.example/fhir",
                "https://ehr.example/fhir/.well-known/smart-configuration",
            ),
            (
                "https://ehr.example/fhir/",
                "https://ehr.example/fhir/.well-known/smart-configuration",
            ),
            (
                "https://ehr.example",
                "https://ehr.example/.well-known/smart-configuration",
            ),
        ] {
            assert_eq!(FhirBaseUrl::parse(base).unwrap().metadata_url().as_str(), expected);
        }
    }

    #[test]
    fn plain_http_is_for_loopback_hosts_only() {
        for ok in [
            "http://localhost:1/f",
            "http://127.0.0.1/f",
            "http://127.1.2.3/f",
            "http://[::1]:8/f",
        ] {
            assert!(FhirBaseUrl::parse(ok).is_ok(), "{ok}");
        }
        for bad in [
            "http://ehr.example/f",
            "http://localhost.evil.example/f",
            "ftp://localhost/f",
            "http://128.0.0.1/f",
        ] {
            assert_eq!(FhirBaseUrl::parse(bad), Err(UrlError::NotHttps), "{bad}");
        }
    }

    #[test]
    fn a_base_url_says_which_rule_it_breaks() {
        assert_eq!(FhirBaseUrl::parse("/fhir"), Err(UrlError::NotAbsolute));
        assert_eq!(
            FhirBaseUrl::parse("https://a:b@ehr.example/f"),
            Err(UrlError::Credentials)
        );
        assert_eq!(FhirBaseUrl::parse("https://ehr.example/f?x"), Err(UrlError::Query));
        assert_eq!(FhirBaseUrl::parse("https://ehr.example/f#x"), Err(UrlError::Fragment));
        assert_eq!(FhirBaseUrl::parse("https://ehr.example/f x"), Err(UrlError::Characters));
        for invisible in ["\u{200B}", "\u{202E}", "\u{FEFF}", "\u{AD}", "\u{2028}"] {
            let text = format!("https://ehr.example/fhir{invisible}");
            assert_eq!(FhirBaseUrl::parse(&text), Err(UrlError::Characters), "{text:?}");
            assert_eq!(EndpointUrl::parse(&text), Err(UrlError::Characters), "{text:?}");
            assert!(!FhirBaseUrl::parse("https://ehr.example/fhir").unwrap().matches(&text));
        }
    }

    #[test]
    fn a_relative_endpoint_resolves_against_the_base_literally() {
        let base = FhirBaseUrl::parse("https://ehr.example/fhir").unwrap();
        let resolve = |text| EndpointUrl::resolve(text, &base).map(|endpoint| endpoint.as_str().to_owned());
        assert_eq!(resolve("/auth/token").unwrap(), "https://ehr.example/auth/token");
        assert_eq!(resolve("auth/token").unwrap(), "https://ehr.example/auth/token");
        assert_eq!(
            resolve("https://sso.example/token?t=1").unwrap(),
            "https://sso.example/token?t=1"
        );
        assert_eq!(resolve("http://sso.example/token"), Err(UrlError::NotHttps));
        assert_eq!(resolve("//sso.example/token").unwrap(), "https://sso.example/token");
    }

    #[test]
    fn an_address_with_a_scheme_and_without_two_slashes_and_a_host_is_none() {
        let base = FhirBaseUrl::parse("https://ehr.example/fhir").unwrap();
        for text in [
            "https:sso.example/token",
            "https:/sso.example/token",
            "https:///sso.example/token",
            "HTTPS:token",
            "http:token",
            "https:",
            "https://",
            "mailto:a@b.example",
        ] {
            assert_eq!(EndpointUrl::parse(text), Err(UrlError::NotAbsolute), "{text}");
            assert_eq!(EndpointUrl::resolve(text, &base), Err(UrlError::NotAbsolute), "{text}");
            assert_eq!(FhirBaseUrl::parse(text), Err(UrlError::NotAbsolute), "{text}");
        }
    }
}
