//! Where a server is, as servers name each other: [`HostAndPort`].

use std::fmt;

/// A host and a port, as servers name each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct HostAndPort {
    pub(super) host: String,
    pub(super) port: u16,
}

impl HostAndPort {
    /// As in a redirection: `host:port`, where the host may be an IPv6 address without brackets, or missing.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        Some(Self {
            host: host.to_owned(),
            port: port.parse().ok()?,
        })
    }
}

impl fmt::Display for HostAndPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}
