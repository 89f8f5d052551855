//! The TLS of the transports that come with the crate: [`Tls`].

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, sign::SingleCertAndKey};

use crate::{
    protocol::network_guard::Addresses,
    transport::{roots::Roots, settings::TransportSettings},
};

/// Two configurations that differ in who the client says it is.
pub(crate) struct Tls {
    /// With the client certificate, where there is one.
    known: Arc<ClientConfig>,
    anonymous: Arc<ClientConfig>,
}

impl Tls {
    /// # Errors
    ///
    /// When rustls cannot offer TLS 1.2 and 1.3 with aws-lc-rs.
    pub(crate) fn new(settings: &TransportSettings) -> Result<Self, rustls::Error> {
        let anonymous = client_config(settings)?;
        let known = settings.client_certificate.as_ref().map(|certificate| {
            let mut config = anonymous.clone();
            config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(certificate.certified()));
            // A session that began without the certificate must not be taken up with it, nor the other way round.
            config.resumption = rustls::client::Resumption::default();
            config
        });
        let anonymous = Arc::new(anonymous);
        Ok(Self {
            known: known.map_or_else(|| Arc::clone(&anonymous), Arc::new),
            anonymous,
        })
    }

    /// For requests that may go there. Who wrote a registration of a resolver is not told who we are.
    pub(crate) fn to(&self, addresses: &Addresses) -> &Arc<ClientConfig> {
        match addresses {
            Addresses::Any => &self.known,
            Addresses::Guarded(_) => &self.anonymous,
        }
    }
}

/// The roots to be trusted. Each was tried when the configuration was built.
pub(crate) fn trusted(settings: &TransportSettings) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    if matches!(settings.roots, Roots::BuiltIn | Roots::BuiltInAndSystem) {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    for certificates in [&settings.system_roots, &settings.extra_roots] {
        roots.add_parsable_certificates(certificates.iter().map(|der| der.as_slice().into()));
    }
    roots
}

/// HTTP/1.1 only, because no client notices that an idle HTTP/2 connection is gone before it loses the next POST on it.
fn client_config(settings: &TransportSettings) -> Result<ClientConfig, rustls::Error> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(trusted(settings))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
