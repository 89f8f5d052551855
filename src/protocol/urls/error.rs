//! Why a URL cannot be used: [`UrlError`].

/// Why a URL cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// Not an absolute URL.
    #[error("is not an absolute URL; write it with its scheme, for example https://host.example/path")]
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
