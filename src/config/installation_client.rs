//! A client of its own for each launch, that the EHR makes on demand: [`InstallationClient`].

use std::sync::Arc;

use super::{key_file::read_file, problems::Problems};
use crate::protocol::{
    client_auth::{AuthStyle, ClientAuth, PrivateKeyJwt, credentials::ClientCredentials},
    urls::EndpointUrl,
};

/// How launches of a public client are renewed at an EHR that gives such a client no refresh token: Epic's *dynamic clients*.
///
/// When a launch opens without a refresh token, its access token registers a client that is good for this launch alone: the EHR is
/// sent `software_id` and the public keys, and answers with another client id. From then on the application renews the access token
/// with a statement that it signs (RFC 7523, section 2.1; `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer`) instead of a
/// refresh token. Nobody else can: the private key stays here.
///
/// Where the registration fails, the launch opens all the same, and ends with its first access token; the log says why.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{Ehr, PrivateKey, PrivateKeyJwt, options::InstallationClient};
///
/// let ehr = Ehr::builder("https://ehr.example/api/FHIR/R4")
///     .client_id("the-public-client")
///     .redirect_uri("https://app.example/auth/callback")
///     .scopes("openid fhirUser launch/patient patient/Patient.rs offline_access")
///     .installation_client(InstallationClient::new(PrivateKeyJwt::new(
///         "key-1",
///         PrivateKey::file("/run/secrets/key.pem"),
///     )));
/// # let _ = ehr;
/// ```
#[derive(Debug, Clone)]
pub struct InstallationClient {
    keys: PrivateKeyJwt,
    software_id: Option<String>,
    registration_endpoint: Option<String>,
}

impl InstallationClient {
    /// Renews with these keys. `kid`, lifetime and a second key are as for
    /// [`ClientAuth::private_key_jwt`](crate::ClientAuth::private_key_jwt); the public half of the one that signs goes along with each registration.
    #[must_use]
    pub const fn new(keys: PrivateKeyJwt) -> Self {
        Self {
            keys,
            software_id: None,
            registration_endpoint: None,
        }
    }

    /// By what the EHR knows the application. Default: the client id of the registration, as Epic wants it.
    #[must_use]
    pub fn software_id(mut self, software_id: impl Into<String>) -> Self {
        self.software_id = Some(software_id.into());
        self
    }

    /// Where to register. https, or http on a loopback host. The access token of the launch is sent there. Default: the
    /// `registration_endpoint` of the EHR's metadata.
    #[must_use]
    pub fn registration_endpoint(mut self, url: impl Into<String>) -> Self {
        self.registration_endpoint = Some(url.into());
        self
    }

    /// Checks it; problems go to the list.
    pub(super) fn check(
        &self,
        client_id: &str,
        style: &AuthStyle,
        problems: &mut Problems,
    ) -> Option<CheckedInstallation> {
        let auth = ClientAuth::PrivateKeyJwt(self.keys.clone());
        let credentials = ClientCredentials::check(&auth, client_id, style, &read_file);
        let credentials = credentials.map_err(|found| problems.credentials(found)).ok();
        let endpoint = self
            .registration_endpoint
            .as_deref()
            .map(|url| problems.url("registration_endpoint", url, EndpointUrl::parse));
        let software_id = self.software_id.as_deref().unwrap_or(client_id);
        if software_id.is_empty() {
            problems.missing("software_id");
        }
        Some(CheckedInstallation {
            credentials: Arc::new(credentials?),
            software_id: software_id.to_owned(),
            endpoint: match endpoint {
                None => None,
                Some(parsed) => Some(parsed?),
            },
        })
    }
}

/// What was checked of it.
#[derive(Debug, Clone)]
pub(crate) struct CheckedInstallation {
    pub(crate) credentials: Arc<ClientCredentials>,
    pub(crate) software_id: String,
    /// `None`: that of the metadata.
    pub(crate) endpoint: Option<EndpointUrl>,
}
