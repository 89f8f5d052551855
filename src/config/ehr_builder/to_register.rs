//! What of a registration is said when the application registers itself: [`WantedClient`].

use super::EhrBuilder;
use crate::{
    config::{
        ehr::Origin, error::ConfigError, key_file::read_file, launch_scopes::scopes_of_any_launch, problems::Problems,
    },
    protocol::{
        client_auth::{ClientAuth, ClientSecretIn, Jwks, credentials::ClientCredentials},
        scope::Scopes,
    },
};

/// A client that an EHR is to know.
pub(crate) struct WantedClient<'a> {
    pub(crate) redirect_uri: Option<&'a str>,
    /// All that a launch may ask for, and those of the application itself.
    pub(crate) scopes: Scopes,
    pub(crate) auth: &'a ClientAuth,
    pub(crate) secret_in: ClientSecretIn,
    /// The public keys.
    pub(crate) jwks: Option<String>,
    pub(crate) jwks_uri: Option<String>,
}

impl EhrBuilder {
    /// It needs no client id for that.
    pub(crate) fn to_register(&self) -> Result<WantedClient<'_>, ConfigError> {
        let of_launches = Scopes::parse(&self.scopes);
        let mut scopes = if of_launches.is_empty() {
            Scopes::default()
        } else {
            scopes_of_any_launch(&self.quirks, &of_launches)
        };
        for scope in Scopes::parse(&self.backend_scopes).iter() {
            scopes.insert(scope);
        }
        let (mut jwks, mut jwks_uri) = (None, None);
        if let ClientAuth::PrivateKeyJwt(_) = &self.client_auth {
            let mut problems = Problems::default();
            let credentials =
                ClientCredentials::check(&self.client_auth, &self.client_id, &self.quirks.auth, &read_file);
            match credentials {
                Err(found) => {
                    problems.credentials(found);
                    return Err(ConfigError::new(problems.0));
                }
                Ok(credentials) => {
                    jwks_uri = credentials.jku().map(str::to_owned);
                    let mut keys = Jwks::default();
                    for key in credentials.public_keys() {
                        // Checked with the credentials: no two have one id.
                        let _ = keys.add(key);
                    }
                    jwks = keys.to_json();
                }
            }
        }
        Ok(WantedClient {
            redirect_uri: Some(self.redirect_uri.as_str()).filter(|uri| !uri.is_empty()),
            scopes,
            auth: &self.client_auth,
            secret_in: self.quirks.auth.client_secret_in,
            jwks,
            jwks_uri,
        })
    }

    /// The client id comes from a registration that the application made by itself.
    pub(crate) const fn registered_by_itself(mut self) -> Self {
        self.origin = Origin::Itself;
        self
    }

    /// As an option of [`Quirks`](crate::Quirks).
    pub(crate) const fn client_secret_in(mut self, place: ClientSecretIn) -> Self {
        self.quirks.auth.client_secret_in = place;
        self
    }
}
