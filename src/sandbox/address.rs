//! Addresses to which the sandbox sends a browser: [`redirect_uri`], [`launch_url`], and those with which an application may register itself:
//! [`may_be_registered`].

use url::Url;

/// Schemes that open no application: a browser shows what is there, runs it, or speaks no HTTP with it.
const NO_APPLICATION: [&str; 12] = [
    "about",
    "blob",
    "data",
    "file",
    "filesystem",
    "ftp",
    "javascript",
    "mailto",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// Why the sandbox sends no browser to an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressMistake {
    /// It is not a whole address, or has a space or a line break in it.
    #[error("{0} is no URL; give the whole address")]
    NoUrl(String),
    /// A browser that is sent there opens no application.
    #[error("{0} opens no application; give an address with http, https or a scheme of the application's own")]
    OpensNothing(String),
    /// A redirect URI with a fragment.
    #[error(
        "{0} has a fragment, which a redirect URI may not have (RFC 6749, section 3.1.2); leave out # and what follows"
    )]
    Fragment(String),
}

/// # Errors
/// When a browser that is sent there opens no application.
pub(super) fn launch_url(text: &str) -> Result<Url, AddressMistake> {
    let no_url = || AddressMistake::NoUrl(text.to_owned());
    // The parser takes these away, and a `Location` does not.
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(no_url());
    }
    let url = Url::parse(text).map_err(|_| no_url())?;
    match NO_APPLICATION.contains(&url.scheme()) {
        true => Err(AddressMistake::OpensNothing(text.to_owned())),
        false => Ok(url),
    }
}

/// # Errors
/// As [`launch_url`], and when it has a fragment.
pub(super) fn redirect_uri(text: &str) -> Result<Url, AddressMistake> {
    let url = launch_url(text)?;
    match url.fragment() {
        Some(_) => Err(AddressMistake::Fragment(text.to_owned())),
        None => Ok(url),
    }
}

/// What an application wants to register by itself. Whoever tests an application may use http on another machine, and any scheme; an EHR
/// lets nobody register that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Registered {
    /// Also of an app: a scheme of its own, which is a domain name turned round (RFC 8252, section 7.1).
    RedirectUri,
    /// A launch URL, or a key set.
    WebAddress,
}

/// Whether an EHR lets an application register this address: one of [`redirect_uri`] that is https, or http on this machine.
pub(super) fn may_be_registered(text: &str, what: Registered) -> bool {
    let Ok(url) = redirect_uri(text) else { return false };
    let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let is_web = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    is_web || (what == Registered::RedirectUri && url.scheme().contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_no_application_is_no_address_for_anybody() {
        for text in [
            "about:blank",
            "blob:https://app.example/1",
            "data:text/html,a",
            "file:///etc/hosts",
            "filesystem:https://app.example/t",
            "ftp://app.example/",
            "JavaScript:alert(1)",
            "mailto:a@b.example",
            "vbscript:a",
            "view-source:https://app.example/",
            "ws://app.example/",
            "wss://app.example/",
        ] {
            let refused = AddressMistake::OpensNothing(text.to_owned());
            assert_eq!(launch_url(text), Err(refused.clone()), "{text}");
            assert_eq!(redirect_uri(text), Err(refused), "{text}");
            for what in [Registered::RedirectUri, Registered::WebAddress] {
                assert!(!may_be_registered(text, what), "{text}");
            }
        }
        for text in [
            "callback",
            "",
            "/callback",
            "https://",
            "https://app.example/a b",
            " https://app.example/",
            "https://app.example/\n",
        ] {
            let refused = AddressMistake::NoUrl(text.to_owned());
            assert_eq!(launch_url(text), Err(refused.clone()), "{text:?}");
            assert_eq!(redirect_uri(text), Err(refused), "{text:?}");
        }
    }

    #[test]
    fn a_fragment_is_for_launch_urls_alone() {
        let text = "https://app.example/a#b";
        assert!(launch_url(text).is_ok());
        assert_eq!(redirect_uri(text), Err(AddressMistake::Fragment(text.to_owned())));
        assert!(!may_be_registered(text, Registered::WebAddress));
    }

    #[test]
    fn an_application_that_registers_itself_is_held_to_more() {
        for (text, redirect, web) in [
            ("https://app.example/cb", true, true),
            ("http://localhost:8080/cb", true, true),
            ("http://127.0.0.1/cb", true, true),
            ("http://[::1]:1/cb", true, true),
            ("http://app.example/cb", false, false),
            ("com.example.app:/cb", true, false),
            ("app:/cb", false, false),
        ] {
            assert!(redirect_uri(text).is_ok(), "{text}");
            assert_eq!(may_be_registered(text, Registered::RedirectUri), redirect, "{text}");
            assert_eq!(may_be_registered(text, Registered::WebAddress), web, "{text}");
        }
    }
}
