//! The rules for every URL: https, or http on this machine, and nothing that reads in two ways.

use url::{Host, Url};

use super::error::UrlError;
use crate::protocol::visible::is_invisible;

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
pub(super) fn has_no_place(c: char) -> bool {
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
