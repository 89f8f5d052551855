//! Which HTTP client sends requests to the EHR, and how it connects.

use super::SmartConfigBuilder;
#[cfg(feature = "reqwest")]
use crate::transport::ForwardProxy;
use crate::transport::{ClientCertificate, HttpClient, Roots};

/// How requests leave the process, with the HTTP clients that come with the crate. None of this changes what a
/// [`transport`](Self::transport) of your own does; the log says so when the configuration is built.
impl SmartConfigBuilder {
    /// Which HTTP client sends. Default: awc where the feature `actix` is on, else reqwest.
    pub const fn http_client(mut self, client: HttpClient) -> Self {
        self.http.client = client;
        self
    }

    /// Which root certificates are trusted, beside the [`extra_root_certificates`](Self::extra_root_certificates). Default:
    /// [`Roots::BuiltIn`].
    ///
    /// The store of the operating system is read once, when the configuration is built. The environment variables
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` name another one, as they do for OpenSSL.
    pub const fn root_certificates(mut self, roots: Roots) -> Self {
        self.http.transport.roots = roots;
        self
    }

    /// The certificate to show to EHRs that ask for one (mutual TLS), and its private key. Default: none.
    pub fn client_certificate(mut self, certificate: ClientCertificate) -> Self {
        self.client_certificate = Some(certificate);
        self
    }

    /// The forward proxy through which requests leave the network. Default: none, and no variable of the environment is looked
    /// at. It needs [`HttpClient::Reqwest`].
    #[cfg(feature = "reqwest")]
    pub fn forward_proxy(mut self, proxy: ForwardProxy) -> Self {
        self.forward_proxy = Some(proxy);
        self
    }
}
