//! Addresses to which the sandbox sends a browser: [`redirect_uri`], [`launch_url`].

use url::Url;

/// Schemes that open no application: a browser would run them, or show what is in them.
const NO_APPLICATION: [&str; 4] = ["javascript", "data", "vbscript", "file"];

/// Why no browser is sent there.
#[derive(Debug, thiserror::Error)]
pub(super) enum AddressRefused {
    #[error("{0} is no URL; give the whole address")]
    NoUrl(String),
    #[error("{0} opens no application; give an address with http, https or a scheme of the application's own")]
    OpensNothing(String),
    #[error(
        "{0} has a fragment, which a redirect URI may not have (RFC 6749, section 3.1.2); leave out # and what follows"
    )]
    Fragment(String),
}

/// # Errors
/// When a browser that is sent there opens no application.
pub(super) fn launch_url(text: &str) -> Result<Url, AddressRefused> {
    let url = Url::parse(text).map_err(|_| AddressRefused::NoUrl(text.to_owned()))?;
    match NO_APPLICATION.contains(&url.scheme()) {
        true => Err(AddressRefused::OpensNothing(text.to_owned())),
        false => Ok(url),
    }
}

/// # Errors
/// As [`launch_url`], and when it has a fragment.
pub(super) fn redirect_uri(text: &str) -> Result<Url, AddressRefused> {
    let url = launch_url(text)?;
    match url.fragment() {
        Some(_) => Err(AddressRefused::Fragment(text.to_owned())),
        None => Ok(url),
    }
}
