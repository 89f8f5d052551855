//! Hosts that are allowed by name, compared in one normal form.

use std::net::IpAddr;

use url::Host;

/// Why something cannot be allowed by name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AllowedHostError {
    /// It is neither a host name nor an address.
    #[error("`{host}` is not a host; write the name or the address alone, without scheme, port and path")]
    NotAHost {
        /// What was given.
        host: String,
    },
    /// It has a `*` and is not of the form `*.hospital.example`.
    #[error("`{pattern}` is too wide or no pattern; write `*.` and a domain of at least two labels")]
    Pattern {
        /// What was given.
        pattern: String,
    },
}

/// A host as a URL parser gives it, without the dots at the end that make a name absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NormalHost {
    Address(IpAddr),
    /// Lower case, and punycode where it is not ASCII.
    Name(String),
}

impl NormalHost {
    pub(super) fn of<S: AsRef<str>>(host: &Host<S>) -> Self {
        match host {
            Host::Ipv4(address) => Self::Address((*address).into()),
            Host::Ipv6(address) => Self::Address((*address).into()),
            Host::Domain(name) => Self::Name(name.as_ref().trim_end_matches('.').to_ascii_lowercase()),
        }
    }
}

/// One entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NamedHost {
    Exactly(NormalHost),
    /// With the dot in front.
    Below(String),
}

impl NamedHost {
    pub(super) fn parse(text: &str) -> Result<Self, AllowedHostError> {
        let pattern = || AllowedHostError::Pattern {
            pattern: text.to_owned(),
        };
        match text.strip_prefix("*.") {
            Some(domain) => match Self::host(domain) {
                Some(NormalHost::Name(domain)) if domain.contains('.') => Ok(Self::Below(format!(".{domain}"))),
                _ => Err(pattern()),
            },
            None if text.contains('*') => Err(pattern()),
            None => Self::host(text)
                .map(Self::Exactly)
                .ok_or_else(|| AllowedHostError::NotAHost { host: text.to_owned() }),
        }
    }

    pub(super) fn matches(&self, host: &NormalHost) -> bool {
        match (self, host) {
            (Self::Exactly(this), host) => this == host,
            (Self::Below(domain), NormalHost::Name(name)) => {
                // At least one letter before the dot.
                name.strip_suffix(domain.as_str())
                    .is_some_and(|below| !below.is_empty())
            }
            (Self::Below(_), NormalHost::Address(_)) => false,
        }
    }

    fn host(text: &str) -> Option<NormalHost> {
        // An IPv6 address has brackets in a URL and none where people write it down.
        if let Ok(address) = text.parse() {
            return Some(NormalHost::Address(address));
        }
        let host = NormalHost::of(&Host::parse(text).ok()?);
        let usable = match &host {
            NormalHost::Address(_) => true,
            NormalHost::Name(name) => !name.is_empty() && !name.contains('*') && !name.split('.').any(str::is_empty),
        };
        usable.then_some(host)
    }
}
