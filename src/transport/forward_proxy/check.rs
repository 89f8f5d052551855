//! A proxy that was checked, and which requests go through it: [`CheckedProxy`].

use std::{env, fmt};

use secrecy::ExposeSecret as _;
use url::{Url, form_urlencoded};

use super::{Address, Credentials, ForwardProxy, ProxyGuard, exceptions::Exception};
use crate::protocol::{urls::is_loopback, wiped::boxed};

/// Why a forward proxy cannot be used. Nothing of its credentials is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// It is no URL of a proxy.
    #[error(
        "must be `http://host:port` or `https://host:port`, without a path; other kinds of proxies are not supported"
    )]
    Address,
    /// There is a user name or a password in the address.
    #[error("has a user name or a password in its address; give them with `ForwardProxy::credentials`")]
    CredentialsInAddress,
    /// The user name cannot be written in HTTP Basic.
    #[error("has a user name with `:`, or a control character in its credentials, which HTTP Basic cannot carry")]
    Credentials,
    /// An exception is neither a domain nor an address nor a network.
    #[error("`{exception}` is no exception; write a domain, an address, a network such as `10.0.0.0/8`, or `*`")]
    Exception {
        /// As configured.
        exception: String,
    },
    /// There is a resolver, and nobody could look at the addresses of its registrations.
    #[error(
        "resolves names itself, so that nobody here sees where registrations of the resolver lead; name their hosts with \
         `allow_hosts`, or, if the proxy connects to nothing inside of this network, say so with \
         `ForwardProxy::danger_proxy_guards_addresses`"
    )]
    NobodyGuards,
    /// There is a client certificate, and the proxy is spoken to in TLS: it could ask for the certificate, which is for EHRs.
    #[error(
        "is spoken to in TLS and would be shown the client certificate, which is for EHRs; use an `http` address of the proxy, or \
         leave out the client certificate"
    )]
    CertificateForEhrs,
    /// The HTTP client knows no proxies.
    #[error("needs reqwest, since awc knows no proxies; choose it with `.http_client(HttpClient::Reqwest)`")]
    NeedsReqwest,
}

/// A proxy that was checked.
#[derive(Debug, Clone)]
pub(crate) struct CheckedProxy {
    server: ProxyServer,
    exceptions: Vec<Exception>,
    guard: ProxyGuard,
}

/// Where the proxy is, and what it wants to know.
#[derive(Clone)]
pub(crate) struct ProxyServer {
    pub(crate) url: Url,
    pub(crate) credentials: Option<Credentials>,
}

impl ForwardProxy {
    /// `None` where the environment is asked and names no proxy.
    ///
    /// # Errors
    ///
    /// A [`ProxyError`].
    pub(crate) fn check(&self) -> Result<Option<CheckedProxy>, ProxyError> {
        self.check_with(&|name| env::var(name).ok())
    }

    pub(super) fn check_with(
        &self,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<CheckedProxy>, ProxyError> {
        let read = |name: &str| {
            [name.to_ascii_lowercase(), name.to_owned()]
                .iter()
                .find_map(|name| variable(name).filter(|value| !value.trim().is_empty()))
        };
        let mut exceptions = self.exceptions.clone();
        let mut server = match &self.address {
            Address::Given(address) => {
                let server = ProxyServer::parse(address)?;
                if server.credentials.is_some() {
                    return Err(ProxyError::CredentialsInAddress);
                }
                server
            }
            Address::Environment => {
                let Some(address) = read("HTTPS_PROXY").or_else(|| read("ALL_PROXY")) else {
                    return Ok(None);
                };
                let listed = read("NO_PROXY").unwrap_or_default();
                exceptions.extend(
                    listed
                        .split([',', ' '])
                        .map(|host| without_port(host).to_owned())
                        .filter(|host| !host.is_empty()),
                );
                // As curl has it: a host and a port are a proxy in http.
                if address.contains("://") {
                    ProxyServer::parse(&address)?
                } else {
                    ProxyServer::parse(&format!("http://{address}"))?
                }
            }
        };
        if let Some(credentials) = &self.credentials {
            server.credentials = Some(credentials.clone());
        }
        if !server.credentials.as_ref().is_none_or(Credentials::can_be_sent) {
            return Err(ProxyError::Credentials);
        }
        let exceptions = exceptions
            .iter()
            .map(|text| Exception::parse(text))
            .collect::<Result<_, _>>()?;
        Ok(Some(CheckedProxy {
            server,
            exceptions,
            guard: self.guard,
        }))
    }
}

impl CheckedProxy {
    /// The proxy through which that URL is asked, unless it is asked directly.
    pub(crate) fn on_the_way_to(&self, url: &Url) -> Option<&ProxyServer> {
        // Plain http is for this machine only, and this machine seen from the proxy is another one.
        let direct = url.scheme() != "https"
            || is_loopback(url)
            || url
                .host()
                .is_none_or(|host| self.exceptions.iter().any(|exception| exception.covers(&host)));
        (!direct).then_some(&self.server)
    }

    /// Whether the proxy itself is spoken to in TLS.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.server.url.scheme() == "https"
    }

    pub(crate) const fn guard(&self) -> ProxyGuard {
        self.guard
    }
}

impl ProxyServer {
    fn parse(text: &str) -> Result<Self, ProxyError> {
        let mut url = Url::parse(text.trim()).map_err(|_| ProxyError::Address)?;
        let usable = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none();
        if !usable {
            return Err(ProxyError::Address);
        }
        let credentials = (!url.username().is_empty() || url.password().is_some()).then(|| Credentials {
            user: percent_decoded(url.username()),
            password: boxed(percent_decoded(url.password().unwrap_or_default())),
        });
        // These fail for URLs without a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Ok(Self { url, credentials })
    }
}

impl Credentials {
    fn can_be_sent(&self) -> bool {
        let password = self.password.expose_secret();
        !self.user.contains(':') && !self.user.chars().chain(password.chars()).any(char::is_control)
    }
}

/// A part of a URL before it was encoded. What decodes forms does it, once nothing in it means something to forms only.
fn percent_decoded(text: &str) -> String {
    let form = format!("={}", text.replace('+', "%2B").replace('&', "%26"));
    let decoded = form_urlencoded::parse(form.as_bytes()).next();
    decoded.map(|(_, value)| value.into_owned()).unwrap_or_default()
}

impl fmt::Debug for ProxyServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyServer")
            .field("url", &self.url.as_str())
            .finish_non_exhaustive()
    }
}

/// Some programs write ports into `NO_PROXY`. An address of IPv6 has several colons.
fn without_port(host: &str) -> &str {
    match host.split_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}
