//! What a TLS connection to Redis trusts and shows: [`Tls`].

use redis::{Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, TlsCertificates};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use super::RedisStoreError;

/// As PEM texts.
#[derive(Clone, Default)]
pub(super) struct Tls {
    pub(super) roots: Option<String>,
    pub(super) client: Option<ClientCertificate>,
}

#[derive(Clone)]
pub(super) struct ClientCertificate {
    pub(super) chain: String,
    pub(super) key: String,
}

impl Tls {
    /// The same connection, with these certificates where it uses TLS.
    pub(super) fn applied_to(&self, info: ConnectionInfo) -> Result<ConnectionInfo, RedisStoreError> {
        if !matches!(info.addr(), ConnectionAddr::TcpTls { .. }) {
            return match &self.client {
                None => Ok(info),
                Some(_) => Err(RedisStoreError::ClientCertificateWithoutTls),
            };
        }
        // Where several providers are compiled in, rustls does not choose; an application's own choice stays.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        }
        let client_tls = self.client.as_ref().map(ClientCertificate::checked).transpose()?;
        let certificates = TlsCertificates {
            client_tls,
            root_cert: self.roots.clone().map(String::into_bytes),
        };
        let client = Client::build_with_tls(info, certificates).map_err(|_| RedisStoreError::RootCertificates)?;
        Ok(client.get_connection_info().clone())
    }
}

impl ClientCertificate {
    /// A certificate without its key would be noticed at the first connection only.
    fn checked(&self) -> Result<ClientTlsConfig, RedisStoreError> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(self.chain.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|_| RedisStoreError::ClientCertificate)?;
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).map_err(|_| RedisStoreError::ClientCertificate)?;
        ClientConfig::builder()
            .with_root_certificates(RootCertStore::empty())
            .with_client_auth_cert(chain, key)
            .map_err(|_| RedisStoreError::ClientCertificate)?;
        Ok(ClientTlsConfig {
            client_cert: self.chain.clone().into_bytes(),
            client_key: self.key.clone().into_bytes(),
        })
    }
}
