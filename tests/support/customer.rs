//! An EHR at which an application registers itself at first use.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use actix_smart_auth::{
    ClientAuth, Ehr,
    registration::{ClientMetadata, FirstUse, ToRegister, TokenEndpointAuthMethod},
    resolver::{FhirBaseUrl, ResolveFuture},
};

/// One customer of an application, and what it registers itself with there.
#[derive(Clone)]
pub struct Customer {
    pub base: String,
    /// A public client asks for a secret.
    pub auth: ClientAuth,
    pub scopes: &'static str,
    /// The redirect URI, which may be known late.
    pub callback: Arc<OnceLock<String>>,
    pub initial_access_token: Option<&'static str>,
    pub endpoint: Option<String>,
}

impl Customer {
    /// With a secret, and without an initial access token.
    pub fn new(base: &str, scopes: &'static str) -> Self {
        Self {
            base: base.to_owned(),
            auth: ClientAuth::public(),
            scopes,
            callback: Arc::default(),
            initial_access_token: None,
            endpoint: None,
        }
    }

    pub fn with_callback(self, callback: &str) -> Self {
        self.callback.set(callback.to_owned()).unwrap();
        self
    }
}

impl FirstUse for Customer {
    fn to_register<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<ToRegister>> {
        Box::pin(async move {
            if !asked.matches(&self.base) {
                return Ok(None);
            }
            let ehr = Ehr::builder(&self.base)
                .client_auth(self.auth.clone())
                .redirect_uri(self.callback.get().map_or("", String::as_str))
                .scopes(self.scopes);
            let mut metadata = ClientMetadata::for_ehr("Growth charts", &ehr)?;
            if matches!(self.auth, ClientAuth::Public) {
                metadata = metadata.token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretBasic);
            }
            let mut wanted = ToRegister::new(ehr, metadata.build()?);
            if let Some(token) = self.initial_access_token {
                wanted = wanted.initial_access_token(token);
            }
            if let Some(endpoint) = &self.endpoint {
                wanted = wanted.endpoint(endpoint);
            }
            Ok(Some(wanted))
        })
    }
}

/// Without the token: tests look for secrets in the `Debug` text of a configuration, which has this in it.
impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Customer")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}
