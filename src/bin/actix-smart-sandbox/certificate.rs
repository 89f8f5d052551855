//! A certificate that is made at the start, and what clients have to trust: [`Authority`].

use std::{fmt, net::IpAddr};

use actix_smart_auth::sandbox::SandboxTls;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};

/// Signs the certificates of one run. Its key is nowhere but in memory.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// Only a broken crypto library gets here, or a host name that is none.
#[derive(Debug, thiserror::Error)]
#[error("no certificate could be made: {0}")]
pub(crate) struct NoCertificate(String);

fn failed(error: impl fmt::Display) -> NoCertificate {
    NoCertificate(error.to_string())
}

impl Authority {
    pub(crate) fn new() -> Result<Self, NoCertificate> {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        parameters
            .distinguished_name
            .push(DnType::CommonName, "actix-smart-sandbox, made for one run");
        let key = KeyPair::generate().map_err(failed)?;
        CertifiedIssuer::self_signed(parameters, key).map(Self).map_err(failed)
    }

    /// What clients have to trust, in PEM.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for this machine, and for the host of the origin.
    pub(crate) fn sign(&self, address: IpAddr, origin: Option<&str>) -> Result<SandboxTls, NoCertificate> {
        let mut names = vec![
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
            "::1".to_owned(),
            address.to_string(),
        ];
        let url = origin.and_then(|origin| url::Url::parse(origin).ok());
        names.extend(url.as_ref().and_then(url::Url::host).map(|host| match host {
            // Without the brackets: those would make it a name.
            url::Host::Ipv6(address) => address.to_string(),
            host => host.to_string(),
        }));
        names.sort_unstable();
        names.dedup();
        let mut parameters = CertificateParams::new(names).map_err(failed)?;
        parameters.use_authority_key_identifier_extension = true;
        parameters.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = parameters.signed_by(&key, &self.0).map_err(failed)?;
        let tls = SandboxTls::pem(&certificate.pem(), &key.serialize_pem()).map_err(failed)?;
        Ok(tls.trusted_by(self.pem()))
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}
