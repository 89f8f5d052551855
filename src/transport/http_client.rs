//! Which HTTP client sends: [`HttpClient`].

/// The HTTP clients that come with the crate. Both keep the promises of [`HttpTransport`](crate::transport::HttpTransport).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpClient {
    /// awc, the client of Actix (feature `actix`). It knows no forward proxies.
    #[cfg(feature = "actix")]
    Awc,
    /// reqwest (feature `reqwest`).
    #[cfg(feature = "reqwest")]
    Reqwest,
}

impl Default for HttpClient {
    /// awc where there is Actix, so that another crate that switches the feature `reqwest` on changes nothing.
    fn default() -> Self {
        #[cfg(feature = "actix")]
        let default = Self::Awc;
        #[cfg(not(feature = "actix"))]
        let default = Self::Reqwest;
        default
    }
}
