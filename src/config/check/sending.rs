//! The options about how requests leave the process.

use crate::config::{builder::SmartConfigBuilder, error::InvalidReason, http::root_certificates, problems::Problems};
use crate::transport::settings::TransportSettings;

impl SmartConfigBuilder {
    pub(super) fn check_sending(&mut self, problems: &mut Problems) {
        let user_agent = &self.http.transport.user_agent;
        if user_agent.is_empty() || !user_agent.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
            problems.invalid("user_agent", InvalidReason::HeaderCharacters);
        }
        for pem in &self.extra_roots {
            match root_certificates(pem) {
                Ok(roots) => self.http.transport.extra_roots.add(roots),
                Err(error) => problems.invalid("extra_root_certificates", error),
            }
        }
        #[cfg(any(feature = "actix", feature = "reqwest"))]
        self.check_tls(problems);
        #[cfg(feature = "reqwest")]
        self.check_proxy(problems);
        if cfg!(not(any(feature = "actix", feature = "reqwest"))) && self.transport.is_none() {
            problems.missing("transport");
        }
        self.warn_of_idle_options();
    }

    #[cfg(any(feature = "actix", feature = "reqwest"))]
    fn check_tls(&mut self, problems: &mut Problems) {
        use crate::{
            config::{key_file::read_file, system_roots::system_roots},
            transport::Roots,
        };
        if matches!(self.http.transport.roots, Roots::System | Roots::BuiltInAndSystem) {
            match system_roots() {
                Some(roots) => self.http.transport.system_roots = roots,
                None => problems.invalid("root_certificates", InvalidReason::NoSystemRoots),
            }
        }
        if let Some(certificate) = &self.client_certificate {
            match certificate.check(&read_file) {
                Ok(checked) => self.http.transport.client_certificate = Some(checked),
                Err(error) => problems.invalid("client_certificate", error),
            }
        }
    }

    #[cfg(feature = "reqwest")]
    fn check_proxy(&mut self, problems: &mut Problems) {
        use crate::transport::{HttpClient, ProxyGuard, forward_proxy::ProxyError};
        let Some(proxy) = &self.forward_proxy else { return };
        if self.transport.is_none() && self.http.client != HttpClient::Reqwest {
            problems.invalid("forward_proxy", ProxyError::NeedsReqwest);
        }
        match proxy.check() {
            Ok(checked) => self.http.transport.proxy = checked,
            Err(error) => problems.invalid("forward_proxy", error),
        }
        let is_encrypted = self
            .http
            .transport
            .proxy
            .as_ref()
            .is_some_and(|proxy| proxy.is_encrypted());
        if is_encrypted && self.transport.is_none() && self.client_certificate.is_some() {
            problems.invalid("forward_proxy", ProxyError::CertificateForEhrs);
        }
        let nobody_guards = self.http.transport.proxy.as_ref().map(|proxy| proxy.guard()) == Some(ProxyGuard::Names);
        if nobody_guards && self.transport.is_none() && self.finds_more_ehrs() && self.allowed_hosts.is_empty() {
            problems.invalid("forward_proxy", ProxyError::NobodyGuards);
        }
    }

    /// Options that somebody set and that a transport of the application's own never sees. No error: a configuration for
    /// tests is often that of the application with another transport.
    fn warn_of_idle_options(&self) {
        if self.transport.is_none() {
            return;
        }
        let (set, default) = (&self.http.transport, TransportSettings::default());
        let of_every_client = [
            ("connect_timeout", set.connect_timeout != default.connect_timeout),
            ("body_limit", set.body_limit != default.body_limit),
            ("user_agent", set.user_agent != default.user_agent),
            ("extra_root_certificates", !self.extra_roots.is_empty()),
        ];
        #[cfg(any(feature = "actix", feature = "reqwest"))]
        let of_ours = [
            (
                "http_client",
                self.http.client != crate::transport::HttpClient::default(),
            ),
            ("root_certificates", set.roots != default.roots),
            ("client_certificate", self.client_certificate.is_some()),
        ];
        #[cfg(not(any(feature = "actix", feature = "reqwest")))]
        let of_ours = [];
        #[cfg(feature = "reqwest")]
        let of_reqwest = [("forward_proxy", self.forward_proxy.is_some())];
        #[cfg(not(feature = "reqwest"))]
        let of_reqwest = [];
        let all = of_every_client.into_iter().chain(of_ours).chain(of_reqwest);
        let idle: Vec<_> = all.filter(|(_, is_set)| *is_set).map(|(name, _)| name).collect();
        if !idle.is_empty() {
            tracing::warn!(
                options = idle.join(", "),
                "these options have no effect, because requests go through the `transport` of the application; set them \
                 there, or leave `transport` out"
            );
        }
    }
}
