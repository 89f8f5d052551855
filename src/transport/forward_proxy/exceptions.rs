//! Hosts that are asked past the proxy, as `NO_PROXY` writes them: [`Exception`].

use std::net::IpAddr;

use url::Host;

use super::ProxyError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Exception {
    Everything,
    /// In lower case, without a dot at either end.
    Domain(String),
    Network {
        address: IpAddr,
        /// How many of its first bits count.
        bits: u32,
    },
}

impl Exception {
    pub(super) fn parse(text: &str) -> Result<Self, ProxyError> {
        let refused = || ProxyError::Exception {
            exception: text.to_owned(),
        };
        let trimmed = text.trim();
        if trimmed == "*" {
            return Ok(Self::Everything);
        }
        if let Some((address, bits)) = trimmed.split_once('/') {
            let address: IpAddr = address.parse().map_err(|_| refused())?;
            let bits = bits.parse().ok().filter(|bits| *bits <= width(address));
            return Ok(Self::Network {
                address,
                bits: bits.ok_or_else(refused)?,
            });
        }
        let bare = trimmed.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse() {
            return Ok(Self::Network {
                address,
                bits: width(address),
            });
        }
        let domain = trimmed
            .strip_prefix("*.")
            .or_else(|| trimmed.strip_prefix('.'))
            .unwrap_or(trimmed);
        match Host::parse(domain) {
            Ok(Host::Domain(domain)) if !domain.contains('*') => {
                Ok(Self::Domain(domain.trim_end_matches('.').to_owned()))
            }
            _ => Err(refused()),
        }
    }

    pub(super) fn covers(&self, host: &Host<&str>) -> bool {
        match (self, host) {
            (Self::Everything, _) => true,
            (Self::Domain(domain), Host::Domain(host)) => host
                .trim_end_matches('.')
                .strip_suffix(domain.as_str())
                .is_some_and(|before| before.is_empty() || before.ends_with('.')),
            (Self::Network { address, bits }, Host::Ipv4(host)) => in_network((*host).into(), *address, *bits),
            (Self::Network { address, bits }, Host::Ipv6(host)) => in_network((*host).into(), *address, *bits),
            (Self::Domain(_), _) | (Self::Network { .. }, Host::Domain(_)) => false,
        }
    }
}

fn in_network(host: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (host, network) {
        (IpAddr::V4(host), IpAddr::V4(network)) => {
            let differs = host.to_bits() ^ network.to_bits();
            differs.leading_zeros() >= bits
        }
        (IpAddr::V6(host), IpAddr::V6(network)) => {
            let differs = host.to_bits() ^ network.to_bits();
            differs.leading_zeros() >= bits
        }
        _ => false,
    }
}

const fn width(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}
