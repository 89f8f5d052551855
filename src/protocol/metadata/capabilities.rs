//! Questions to the metadata: can this EHR do what the application wants?
//!
//! Two forms of some: `…_capability` asks whether the server *says* so; `supports_…` also asks whether what it needs
//! for it is there. Both are answers for choosing and for showing, not gates: servers leave capabilities out.

use super::server_metadata::ServerMetadata;

/// The algorithms for a client's assertion that SMART App Launch 2.2 names.
const ASYMMETRIC_ALGORITHMS: [&str; 2] = ["RS384", "ES384"];

impl ServerMetadata {
    /// Whether applications without a user get tokens there (SMART App Launch 2.2, Backend Services): `grant_types_supported` has
    /// `client_credentials`, and clients with a key are known.
    #[must_use]
    pub fn supports_backend_services(&self) -> bool {
        self.supports_asymmetric_auth()
            && contains(self.grant_types_supported().unwrap_or_default(), "client_credentials")
    }

    /// Whether applications can register themselves there (RFC 7591): there is a usable `registration_endpoint`. Some servers have
    /// one for their own people only.
    #[must_use]
    pub const fn supports_dynamic_registration(&self) -> bool {
        self.registration_endpoint.is_some()
    }

    /// Whether `capabilities` contains exactly this name.
    ///
    /// # Examples
    ///
    /// ```
    /// # use actix_smart_auth::{resolver::FhirBaseUrl, metadata::ServerMetadata};
    /// # let base = FhirBaseUrl::parse("https://ehr.example/fhir")?;
    /// let metadata = ServerMetadata::parse(br#"{"capabilities": ["permission-v2"]}"#, &base)?;
    /// assert!(metadata.has_capability("permission-v2"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn has_capability(&self, name: &str) -> bool {
        contains(self.capabilities(), name)
    }

    /// Whether the server says that it launches apps (`launch-ehr`).
    #[must_use]
    pub fn ehr_launch_capability(&self) -> bool {
        self.has_capability("launch-ehr")
    }

    /// Whether the server says that apps can launch themselves (`launch-standalone`).
    #[must_use]
    pub fn standalone_launch_capability(&self) -> bool {
        self.has_capability("launch-standalone")
    }

    /// Whether the server says that it signs users in with OpenID Connect (`sso-openid-connect`).
    #[must_use]
    pub fn openid_connect_capability(&self) -> bool {
        self.has_capability("sso-openid-connect")
    }

    /// `launch-ehr`, and there is an authorization endpoint.
    #[must_use]
    pub fn supports_ehr_launch(&self) -> bool {
        self.ehr_launch_capability() && self.authorization_endpoint.is_some()
    }

    /// `launch-standalone`, and there is an authorization endpoint.
    #[must_use]
    pub fn supports_standalone_launch(&self) -> bool {
        self.standalone_launch_capability() && self.authorization_endpoint.is_some()
    }

    /// Clients without a secret (`client-public`).
    #[must_use]
    pub fn supports_public_auth(&self) -> bool {
        self.has_capability("client-public")
    }

    /// `client-confidential-symmetric`, and `client_secret_basic` is not ruled out.
    #[must_use]
    pub fn supports_symmetric_auth(&self) -> bool {
        self.has_capability("client-confidential-symmetric") && self.allows_auth_method("client_secret_basic")
    }

    /// `client-confidential-asymmetric`, `private_key_jwt` is not ruled out, and there is an algorithm that both
    /// sides know.
    #[must_use]
    pub fn supports_asymmetric_auth(&self) -> bool {
        self.has_capability("client-confidential-asymmetric")
            && self.allows_auth_method("private_key_jwt")
            && !self.asymmetric_signing_algorithms_supported().is_empty()
    }

    /// `sso-openid-connect`, and issuer and keys are named.
    #[must_use]
    pub fn supports_openid_connect(&self) -> bool {
        self.openid_connect_capability() && self.issuer.is_some() && self.jwks_uri.is_some()
    }

    /// The authorization request may be a form POST (`authorize-post`).
    #[must_use]
    pub fn supports_post_based_authorization(&self) -> bool {
        self.has_capability("authorize-post")
    }

    /// Which of `RS384` and `ES384` the server accepts for a client's assertion.
    ///
    /// SMART App Launch 2.2 (Client Authentication: Asymmetric) demands of a server that it accepts *at least one* of the
    /// two, and only of clients that they know both. So a server that lists one is complete, and where it lists no
    /// algorithms at all, that it takes both is a guess: the EHR's documentation has to say which.
    #[must_use]
    pub fn asymmetric_signing_algorithms_supported(&self) -> Vec<&'static str> {
        let listed = self
            .token_endpoint_auth_signing_alg_values_supported()
            .unwrap_or_default();
        ASYMMETRIC_ALGORITHMS
            .into_iter()
            .filter(|algorithm| listed.is_empty() || contains(listed, algorithm))
            .collect()
    }

    /// Whether a way to authenticate is listed, or the server lists none.
    fn allows_auth_method(&self, method: &str) -> bool {
        self.token_endpoint_auth_methods_supported()
            .is_none_or(|methods| contains(methods, method))
    }
}

pub(super) fn contains(list: &[String], text: &str) -> bool {
    list.iter().any(|item| item == text)
}
