//! The way out of a network that lets nobody out directly: [`ForwardProxy`].

mod check;
mod exceptions;
#[cfg(test)]
mod tests;

use std::fmt;

use secrecy::SecretString;

use crate::protocol::wiped::boxed;
pub use check::ProxyError;
pub(crate) use check::{CheckedProxy, ProxyServer};

/// An HTTP proxy through which requests to EHRs leave the network (`CONNECT`, RFC 9110, section 9.3.6).
///
/// What is sent to the EHR is encrypted to the EHR: the proxy learns its name, and nothing of the request. Hosts of this
/// machine (`localhost`, `127.0.0.1`, `[::1]`) are never asked through a proxy. The proxy's own certificate, where it has
/// an `https` address, is checked like that of an EHR.
///
/// **A proxy resolves names itself, so the crate cannot see where they lead.** A registration of a resolver
/// ([`ehr_resolver`](crate::SmartConfigBuilder::ehr_resolver)) is then asked only at hosts that
/// [`allow_hosts`](crate::SmartConfigBuilder::allow_hosts) names, also where an exception leads past the proxy; without any, such
/// a configuration is not built. What a URL says by itself, an address of this network for example, is refused in any case.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{SmartConfig, transport::{ForwardProxy, HttpClient}};
///
/// # let password_from_a_safe_place = String::from("x");
/// let proxy = ForwardProxy::new("http://proxy.hospital.example:3128")
///     .credentials("smart-app", password_from_a_safe_place)
///     .except(["*.hospital.example", "10.0.0.0/8"]);
/// let builder = SmartConfig::builder().http_client(HttpClient::Reqwest).forward_proxy(proxy);
/// # let _ = builder;
/// ```
#[derive(Clone)]
pub struct ForwardProxy {
    address: Address,
    credentials: Option<Credentials>,
    exceptions: Vec<String>,
    guard: ProxyGuard,
}

#[derive(Clone)]
enum Address {
    Given(String),
    Environment,
}

#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: SecretString,
}

/// Who sees to it that registrations of a resolver lead to public addresses only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProxyGuard {
    /// Nobody can, so that they lead to hosts that are allowed by name.
    Names,
    /// The application says that the proxy does.
    DangerProxy,
}

impl ForwardProxy {
    /// The proxy at this address: `http://host:port`, or `https://host:port` for one that is spoken to in TLS.
    #[must_use]
    pub fn new(address: impl Into<String>) -> Self {
        Self::at(Address::Given(address.into()))
    }

    /// The proxy that the environment of this process names: `HTTPS_PROXY`, else `ALL_PROXY`; with the exceptions of
    /// `NO_PROXY`. Each may be written in lower case, which wins. Without either there is no proxy. (`HTTP_PROXY` is for
    /// http, which no EHR is asked by.) A user name and a password in the address are used. They are read when the
    /// configuration is built.
    ///
    /// Without this option no variable of the environment changes where requests go.
    #[must_use]
    pub fn from_env() -> Self {
        Self::at(Address::Environment)
    }

    const fn at(address: Address) -> Self {
        Self {
            address,
            credentials: None,
            exceptions: Vec::new(),
            guard: ProxyGuard::Names,
        }
    }

    /// The name and the password that the proxy asks for (Basic, RFC 7617). Default: none.
    ///
    /// They travel to the proxy as text. Use an `https` address where others can read along on the way.
    #[must_use]
    pub fn credentials(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials = Some(Credentials {
            user: user.into(),
            password: boxed(password.into()),
        });
        self
    }

    /// Hosts that are asked directly, as in `NO_PROXY`. Can be repeated. Default: none but this machine.
    ///
    /// Each is a domain, with everything below it (`hospital.example`; `.hospital.example` and `*.hospital.example` mean
    /// the same), an address (`10.1.2.3`, `fd00::7`), a network (`10.0.0.0/8`), or `*` for all. Addresses and networks are
    /// for URLs that have an address in place of a name: names are not resolved for this. Ports are no part of it.
    #[must_use]
    pub fn except<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.exceptions.extend(hosts.into_iter().map(Into::into));
        self
    }

    /// Says that the proxy itself connects to nothing inside of this network. Default: it is not known to, and registrations
    /// of a resolver lead to hosts that are allowed by name only.
    ///
    /// The danger: if it does connect there, then somebody who may write into the database of registrations can have this
    /// application knock at addresses of your network. What a URL says by itself is refused all the same, and what an
    /// exception leads past the proxy is looked at as without one.
    #[must_use]
    pub const fn danger_proxy_guards_addresses(mut self) -> Self {
        self.guard = ProxyGuard::DangerProxy;
        self
    }
}

/// The address is left out: one that is not checked yet may have a password in it.
impl fmt::Debug for ForwardProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForwardProxy")
            .field("exceptions", &self.exceptions)
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}
