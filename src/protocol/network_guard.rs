//! Where requests may go: [`AddressGuard`], for registrations that did not come from the configuration.
//!
//! Somebody who may write into a database of tenants could name an address inside of this network, and have the crate
//! knock there. A name says nothing about that: what counts is the address that it resolves to, at the moment of connecting.
//! So there are two halves. [`AddressGuard::allows_host`] judges a URL before anything is asked, and
//! [`AddressGuard::allows`] judges each address that the name resolves to; the transport asks the second and connects
//! to nothing else ([`HttpTransport::addresses`](crate::transport::HttpTransport::addresses)).

mod named;
mod public;
#[cfg(test)]
mod ssrf;

use std::{net::IpAddr, sync::Arc};

use url::{Host, Url};

use super::urls::is_loopback;
pub use named::AllowedHostError;
use named::{NamedHost, NormalHost};
pub(crate) use public::is_public;

/// Which addresses a request may go to.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Addresses {
    /// Any. For registrations of the configuration: who writes that decides about this network anyway.
    #[default]
    Any,
    /// Those that the guard allows. For registrations of a resolver.
    Guarded(AddressGuard),
}

/// Refuses what is not on the public internet, unless the host is allowed by name.
///
/// Cheap to clone. [`AddressGuard::default`] allows no host by name.
///
/// Not public are the ranges of the special-purpose address registries (RFC 6890): private, shared, loopback,
/// link-local, multicast, documentation and reserved ones, in IPv6 everything outside of `2000::/3` too. An IPv4 address
/// inside of an IPv6 one (mapped, NAT64) is judged as what it is.
///
/// What it cannot see: a translator of this network that maps public-looking addresses to private ones.
#[derive(Debug, Clone, Default)]
pub struct AddressGuard {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    named: Vec<NamedHost>,
    /// Loopback addresses that play the public internet.
    #[cfg(test)]
    played_public: Vec<IpAddr>,
}

/// Why a URL is refused before anything is resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It has no host.
    #[error("the URL has no host; write an absolute https URL")]
    NoHost,
    /// It is not https, nor http on a loopback host that is allowed by name.
    #[error("the URL is not https (plain http is for loopback hosts that are allowed by name)")]
    NotHttps,
    /// It has a user name or a password.
    #[error("the URL has a user name or a password; remove it")]
    Credentials,
    /// The host is a name of this machine.
    #[error("the host is a name of this machine; allow it by name (`allow_hosts`) if it is to be reached")]
    ThisMachine,
    /// The host is an address that is not public.
    #[error("the host is not a public address; allow it by name (`allow_hosts`) if it is to be reached")]
    NotPublic,
}

impl AddressGuard {
    /// A guard that lets these hosts resolve to any address.
    ///
    /// Each is a host name (`fhir.hospital.internal`), an address (`10.1.2.3`, `fd00::7`), or `*.` and a domain of at
    /// least two labels (`*.hospital.internal`: every name below it, not the domain itself). Upper and lower case, and a
    /// dot at the end, make no difference. Port, scheme and path are not part of it.
    ///
    /// Name only what nobody else can point elsewhere: the owner of the DNS of an allowed name decides where it
    /// leads.
    ///
    /// # Errors
    ///
    /// [`AllowedHostError`] names the first that cannot be a host or a pattern.
    pub fn new<H: AsRef<str>>(allowed_hosts: impl IntoIterator<Item = H>) -> Result<Self, AllowedHostError> {
        let named = allowed_hosts
            .into_iter()
            .map(|host| NamedHost::parse(host.as_ref()))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            inner: Arc::new(Inner {
                named,
                #[cfg(test)]
                played_public: Vec::new(),
            }),
        })
    }

    /// Whether the URL may be asked at all, as far as it says itself. A name still has to resolve to addresses that
    /// [`allows`](Self::allows) allows.
    ///
    /// # Errors
    ///
    /// [`AddressError`], in the order of its variants.
    pub fn allows_host(&self, url: &Url) -> Result<(), AddressError> {
        let host = url.host().ok_or(AddressError::NoHost)?;
        let host = NormalHost::of(&host);
        let named = self.names(&host);
        match url.scheme() {
            "https" => {}
            "http" if named && is_loopback(url) => {}
            _ => return Err(AddressError::NotHttps),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        match host {
            _ if named => Ok(()),
            NormalHost::Address(address) if !self.takes_for_public(address) => Err(AddressError::NotPublic),
            NormalHost::Name(name) if is_this_machine(&name) => Err(AddressError::ThisMachine),
            NormalHost::Address(_) | NormalHost::Name(_) => Ok(()),
        }
    }

    /// Whether a connection for `host` may be opened to `address`, to which it resolved: a host that is allowed by name
    /// to any address, every other one to public ones.
    ///
    /// `host` is what stands in the URL ([`Url::host_str`]).
    #[must_use]
    pub fn allows(&self, host: &str, address: IpAddr) -> bool {
        self.takes_for_public(address) || self.is_named(host)
    }

    /// Whether the host is allowed by name. Where nobody can look at addresses, behind a forward proxy, this alone
    /// decides.
    #[must_use]
    pub fn is_named(&self, host: &str) -> bool {
        Host::parse(host).is_ok_and(|host| self.names(&NormalHost::of(&host)))
    }

    fn names(&self, host: &NormalHost) -> bool {
        self.inner.named.iter().any(|named| named.matches(host))
    }

    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "tests ask the guard too"))]
    fn takes_for_public(&self, address: IpAddr) -> bool {
        #[cfg(test)]
        if self.inner.played_public.contains(&address) {
            return true;
        }
        is_public(address)
    }

    /// For tests that must not leave this machine: these loopback addresses play the public internet.
    #[cfg(test)]
    pub(crate) fn playing_public(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        Self {
            inner: Arc::new(Inner {
                played_public: addresses.into_iter().collect(),
                ..Inner::default()
            }),
        }
    }
}

/// `localhost` and everything below it (RFC 6761, section 6.3), which some resolvers answer without asking anybody.
fn is_this_machine(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}
