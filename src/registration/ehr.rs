//! From a registration of this crate to the metadata that is registered, and back.

use crate::{
    config::{ConfigError, EhrBuilder},
    protocol::{
        client_auth::{ClientAuth, ClientSecretIn, SecretPlacement},
        client_registration::{
            ClientMetadata, ClientMetadataBuilder, ClientRegistration, RegistrationHindrance, TokenEndpointAuthMethod,
            UsedWith,
        },
    },
};

impl ClientMetadata {
    /// Begins the metadata of an application that will be set up as `ehr` says: redirect URI, all scopes that a launch may ask
    /// for (`launch` and `launch/patient` too, which launches add) and those of the application itself, the way to authenticate, and the public keys: by `jku` where it is set, else by value. `ehr` needs no client id.
    ///
    /// A client that is to get a secret is public in `ehr`, as nobody knows the secret yet: say
    /// [`token_endpoint_auth_method`](ClientMetadataBuilder::token_endpoint_auth_method) as well.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] when the key cannot be read or used.
    pub fn for_ehr(client_name: impl Into<String>, ehr: &EhrBuilder) -> Result<ClientMetadataBuilder, ConfigError> {
        let wanted = ehr.to_register()?;
        let mut builder = Self::builder(client_name).scopes(wanted.scopes.as_str());
        if let Some(redirect_uri) = wanted.redirect_uri {
            builder = builder.redirect_uri(redirect_uri);
        }
        let method = match (wanted.auth, wanted.secret_in) {
            (ClientAuth::Public, _) => TokenEndpointAuthMethod::None,
            (ClientAuth::PrivateKeyJwt(_), _) => TokenEndpointAuthMethod::PrivateKeyJwt,
            (ClientAuth::ClientSecretBasic(_), ClientSecretIn::Always(SecretPlacement::Body)) => {
                TokenEndpointAuthMethod::ClientSecretPost
            }
            (ClientAuth::ClientSecretBasic(_), _) => TokenEndpointAuthMethod::ClientSecretBasic,
        };
        builder = match (wanted.jwks_uri, wanted.jwks) {
            (Some(uri), _) => builder.jwks_uri(uri),
            (None, Some(jwks)) => builder.jwks(jwks),
            (None, None) => builder,
        };
        Ok(builder.token_endpoint_auth_method(method))
    }
}

impl ClientRegistration {
    /// Why nobody can launch, or the application gets no token of its own, with `ehr` and what the server registered. `None`: nothing
    /// that can be seen here. Ask before people launch; what is registered at first use is asked by itself.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] when the key of `ehr` cannot be read or used.
    pub fn hindrance(&self, ehr: &EhrBuilder) -> Result<Option<RegistrationHindrance>, ConfigError> {
        let wanted = ehr.to_register()?;
        let asked = || self.parts.asked.get("redirect_uris")?.as_array()?.first()?.as_str();
        Ok(self.hindrance_with(&UsedWith {
            redirect_uri: wanted.redirect_uri.or_else(asked).map(str::to_owned),
            has_key: matches!(wanted.auth, ClientAuth::PrivateKeyJwt(_)),
        }))
    }

    /// `ehr` with what the server gave: the client id, and the secret where there is one, in the place that is registered for it. A
    /// key stays that of `ehr`. To be registered with [`SmartConfig::put_ehr`](crate::SmartConfig::put_ehr).
    pub fn ehr(&self, ehr: EhrBuilder) -> EhrBuilder {
        let ehr = ehr.client_id(self.client_id()).registered_by_itself();
        let placement = match self.token_endpoint_auth_method() {
            Some(TokenEndpointAuthMethod::ClientSecretBasic) => Some(SecretPlacement::Header),
            Some(TokenEndpointAuthMethod::ClientSecretPost) => Some(SecretPlacement::Body),
            _ => None,
        };
        match (self.client_secret(), placement) {
            (Some(secret), Some(placement)) => ehr
                .client_auth(ClientAuth::client_secret(secret.clone()))
                .client_secret_in(ClientSecretIn::Always(placement)),
            _ => ehr,
        }
    }
}
