//! Why a request got no answer: [`TransportError`].

use std::fmt;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The host name does not resolve.
    #[error("the host name could not be resolved; check the URL and the DNS of this machine")]
    Dns,
    /// Nothing listens there, or the network has no way to it.
    #[error("the connection was refused; check that the server is up and that this machine may reach it")]
    Refused,
    /// The connection was not open in time.
    #[error("the connection was not established in time; check firewalls between this machine and the server")]
    ConnectTimeout,
    /// The server's certificate is not trusted, not for this host, or TLS could not be agreed on.
    #[error(
        "TLS failed; check the server's certificate, or add the hospital's own root with `extra_root_certificates`; or the \
         server speaks plain http at this port"
    )]
    Tls,
    /// The forward proxy did not let the connection through.
    #[error(
        "the forward proxy did not let the connection through; check its credentials, and whether it allows that host and \
         port"
    )]
    ProxyRefused,
    /// The request went out and the whole answer did not come in time.
    #[error("the server did not answer in time")]
    Timeout,
    /// The connection broke after the request went out, or the answer was not HTTP.
    #[error("the connection broke before the answer was complete")]
    Disconnected,
    /// The body is larger than the limit.
    #[error(
        "the answer is larger than the limit; raise `SmartConfigBuilder::body_limit` if that server is to be trusted"
    )]
    BodyTooLarge,
    /// The answer says nowhere how long it is (HTTP/1, neither `Content-Length` nor chunked), and the HTTP client cannot tell its end from
    /// a connection that breaks. awc cannot; reqwest can.
    #[error(
        "the server announced no length for its answer, and this HTTP client cannot read such answers; have the server or the \
         proxy before it announce one, or take reqwest (`http_client`)"
    )]
    NoLength,
    /// The answer is compressed, which was not asked for, and cannot be decoded.
    #[error("the answer has a content coding that was not asked for and cannot be decoded; the log names it")]
    ContentCoding,
    /// The answer is compressed (gzip or deflate) and damaged, or cut off where HTTP cannot tell: on the way, or at the server.
    #[error(
        "the answer came damaged: it cannot be uncompressed; have the server or the proxy before it mended if that stays so"
    )]
    DamagedBody,
    /// The request has a header value or a URL that cannot be written in HTTP.
    #[error("the request cannot be written in HTTP; look for line breaks or control characters in the configuration")]
    Unsendable,
    /// The request may go to allowed addresses only, and the host has none, or nobody could tell.
    #[error(
        "the host is not at a public address, or nobody could tell, and only EHRs of the configuration may be at others; the \
         log says which of the two. Allow the host (`SmartConfigBuilder::allow_hosts`) if it is to be reached"
    )]
    AddressRefused,
    /// The engine that sends requests has been shut down.
    #[error("the crate was shut down (`SmartConfig::shutdown`); no more requests are sent")]
    ShutDown,
}

impl TransportError {
    /// Whether the request certainly never reached the server, so that sending it again is safe.
    #[must_use]
    pub const fn was_not_sent(self) -> bool {
        matches!(
            self,
            Self::Dns
                | Self::Refused
                | Self::ConnectTimeout
                | Self::Tls
                | Self::ProxyRefused
                | Self::Unsendable
                | Self::AddressRefused
                | Self::ShutDown
        )
    }

    /// Whether the same request may succeed later without anybody changing anything.
    #[must_use]
    pub const fn is_temporary(self) -> bool {
        match self {
            // A proxy says so too of a server that is down for a moment.
            Self::Dns
            | Self::Refused
            | Self::ConnectTimeout
            | Self::ProxyRefused
            | Self::Timeout
            | Self::Disconnected
            | Self::DamagedBody
            | Self::ShutDown => true,
            Self::Tls
            | Self::BodyTooLarge
            | Self::NoLength
            | Self::ContentCoding
            | Self::Unsendable
            | Self::AddressRefused => false,
        }
    }

    /// The same in words, where another limit than that of the configuration bounds the answer. `advice` is what to do about one that is
    /// larger.
    pub(crate) const fn with_limit(self, advice: &'static str) -> WithLimit {
        WithLimit { error: self, advice }
    }
}

/// A [`TransportError`] where an answer has a limit of its own.
pub(crate) struct WithLimit {
    error: TransportError,
    advice: &'static str,
}

impl fmt::Display for WithLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.error {
            TransportError::BodyTooLarge => write!(f, "the answer is larger than the limit; {}", self.advice),
            other => other.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_too_large_names_the_option_that_bounds_it_and_no_other() {
        let error = TransportError::BodyTooLarge;
        assert!(
            error.to_string().contains("`SmartConfigBuilder::body_limit`"),
            "{error}"
        );
        let other = error.with_limit("raise `Fhir::body_limit`").to_string();
        assert!(other.ends_with("; raise `Fhir::body_limit`"), "{other}");
        let timeout = TransportError::Timeout;
        assert_eq!(timeout.with_limit("raise it").to_string(), timeout.to_string());
    }
}
