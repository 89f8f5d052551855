//! What the sandbox knows about an application: the result of registering it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::address::{self, AddressMistake};

/// Where the public keys of a `private_key_jwt` client are.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Jwks {
    /// The JWK Set itself: an object with `keys`.
    Value(Value),
    /// An `http` or `https` URL. It is fetched anew for every assertion, so a rotation shows at once.
    Url(String),
}

/// How a client has to authenticate at the token endpoint.
#[derive(Clone, PartialEq)]
pub(super) enum ClientKind {
    Public,
    Secret(String),
    PrivateKeyJwt(Jwks),
}

/// What a client may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Flows {
    /// People launch it.
    Launches,
    /// It asks for tokens for itself.
    BackendServices,
    Both,
}

/// About whose access tokens a client is told something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Introspects {
    /// Those that were given to itself.
    OwnTokens,
    /// Those of every client: it is a resource server.
    AllTokens,
}

/// An application as it is registered at the sandbox.
///
/// Redirect URIs are compared exactly: there is no prefix matching. None of the constructors and setters here refuses anything:
/// [`SandboxBuilder::check`](super::SandboxBuilder::check) and the start of the sandbox find what cannot be meant ([`ClientMistake`]). What a
/// running sandbox is told ([`SandboxServer::register`](super::SandboxServer::register)) is taken as it is.
///
/// ```
/// use actix_smart_auth::sandbox::SandboxClient;
///
/// let public = SandboxClient::public("my-app", "http://127.0.0.1:8080/auth/callback");
/// let secret = SandboxClient::secret("my-server", "https://app.example.com/auth/callback", "s3cret")
///     .redirect_uri("https://app.example.com/other")
///     .scopes(["launch", "openid", "patient/*.rs"]);
/// ```
#[derive(Clone, PartialEq)]
pub struct SandboxClient {
    pub(super) client_id: String,
    pub(super) redirect_uris: Vec<String>,
    pub(super) kind: ClientKind,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) flows: Flows,
    pub(super) introspects: Introspects,
    pub(super) installations: Installations,
}

/// What a client has to do with clients of one launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Installations {
    No,
    /// Its launches may have such clients made.
    May,
    /// It is one, of the grant with this number.
    Of(usize),
}

/// Why an application cannot be registered so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientMistake {
    /// The client id is empty.
    #[error("client-id is empty; give the id that the application sends")]
    NoId,
    /// A redirect URI, or a launch URL, is none.
    #[error(transparent)]
    Address(#[from] AddressMistake),
    /// The address of the key set is none.
    #[error("{0} is no URL; give the whole address of the key set")]
    NoKeySet(String),
    /// The key set is none.
    #[error("jwks has no keys; give a JWK Set, an object with a list of keys")]
    NoKeys,
    /// People launch it, and there is no place for the code.
    #[error(
        "redirect-uris is empty; give the address to which the application wants the code, or say flows = \"backend-services\""
    )]
    NoRedirectUri,
    /// It asks for tokens for itself, and cannot authenticate.
    #[error("a client that asks for tokens for itself needs secret, jwks or jwks-url")]
    NoCredential,
    /// It asks about tokens, is not launched, and cannot authenticate.
    #[error("a resource server that is not launched needs secret, jwks or jwks-url to ask about tokens")]
    NoWayToIntrospect,
}

impl SandboxClient {
    /// A public client: `client_id` in the body of every token request and no secret.
    #[must_use]
    pub fn public(client_id: impl Into<String>, redirect_uri: impl Into<String>) -> Self {
        Self::new(client_id, redirect_uri, ClientKind::Public)
    }

    /// A confidential client with a secret: HTTP Basic, both halves form-encoded (RFC 6749 section 2.3.1), or in the body unless
    /// [`StrictCheck::SecretInHeader`](super::StrictCheck::SecretInHeader) is made.
    #[must_use]
    pub fn secret(
        client_id: impl Into<String>,
        redirect_uri: impl Into<String>,
        client_secret: impl Into<String>,
    ) -> Self {
        Self::new(client_id, redirect_uri, ClientKind::Secret(client_secret.into()))
    }

    /// A confidential client with a key: a signed assertion with every token request (`client-confidential-asymmetric`).
    #[must_use]
    pub fn private_key_jwt(client_id: impl Into<String>, redirect_uri: impl Into<String>, jwks: Jwks) -> Self {
        Self::new(client_id, redirect_uri, ClientKind::PrivateKeyJwt(jwks))
    }

    /// With everything chosen: one that registered itself, or that was described.
    pub(super) const fn registered(
        client_id: String,
        redirect_uris: Vec<String>,
        kind: ClientKind,
        scopes: Option<Vec<String>>,
        flows: Flows,
    ) -> Self {
        Self {
            client_id,
            redirect_uris,
            kind,
            scopes,
            flows,
            introspects: Introspects::OwnTokens,
            installations: Installations::No,
        }
    }

    /// One that was made for a launch.
    pub(super) fn of_launch(client_id: String, jwks: Value, grant: usize) -> Self {
        Self {
            client_id,
            redirect_uris: Vec::new(),
            kind: ClientKind::PrivateKeyJwt(Jwks::Value(jwks)),
            scopes: None,
            flows: Flows::Launches,
            introspects: Introspects::OwnTokens,
            installations: Installations::Of(grant),
        }
    }

    /// The grant of the launch that it was made for.
    pub(super) const fn made_for(&self) -> Option<usize> {
        match self.installations {
            Installations::Of(grant) => Some(grant),
            Installations::No | Installations::May => None,
        }
    }

    /// Gives its launches no refresh token, and has a client made for each launch that asks for one, as Epic does for public clients:
    /// the access token of the launch registers a key (`software_id`, `jwks`), and what is signed with that renews the token
    /// (RFC 7523, section 2.1).
    #[must_use]
    pub const fn with_installation_clients(mut self) -> Self {
        self.installations = Installations::May;
        self
    }

    fn new(client_id: impl Into<String>, redirect_uri: impl Into<String>, kind: ClientKind) -> Self {
        Self {
            client_id: client_id.into(),
            redirect_uris: vec![redirect_uri.into()],
            kind,
            scopes: None,
            flows: Flows::Launches,
            introspects: Introspects::OwnTokens,
            installations: Installations::No,
        }
    }

    /// A backend service: a client with a key that nobody launches, which asks for tokens for itself
    /// (`grant_type=client_credentials`, `system/` scopes).
    #[must_use]
    pub fn backend(client_id: impl Into<String>, jwks: Jwks) -> Self {
        Self {
            client_id: client_id.into(),
            redirect_uris: Vec::new(),
            kind: ClientKind::PrivateKeyJwt(jwks),
            scopes: None,
            flows: Flows::BackendServices,
            introspects: Introspects::OwnTokens,
            installations: Installations::No,
        }
    }

    /// A resource server: nobody launches it, and it may introspect the access tokens of every client. It has a secret.
    #[must_use]
    pub fn resource_server(client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            redirect_uris: Vec::new(),
            kind: ClientKind::Secret(client_secret.into()),
            scopes: None,
            flows: Flows::Launches,
            introspects: Introspects::AllTokens,
            installations: Installations::No,
        }
    }

    /// Lets it introspect the access tokens of every client, as a resource server does. Of others it is told nothing but that
    /// they are not active.
    #[must_use]
    pub fn and_resource_server(mut self) -> Self {
        self.introspects = Introspects::AllTokens;
        self
    }

    /// Lets a client that people launch ask for tokens for itself as well. It needs a key or a secret.
    #[must_use]
    pub fn and_backend(mut self) -> Self {
        self.flows = Flows::Both;
        self
    }

    /// Registers a further redirect URI.
    #[must_use]
    pub fn redirect_uri(mut self, redirect_uri: impl Into<String>) -> Self {
        self.redirect_uris.push(redirect_uri.into());
        self
    }

    /// Grants at most these scopes, compared as strings; others are left out of the grant without an error, as real
    /// servers do. Default: whatever is asked for.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// # Errors
    /// When it cannot be meant. The first mistake is told.
    pub(super) fn check(&self) -> Result<(), ClientMistake> {
        if self.client_id.is_empty() {
            return Err(ClientMistake::NoId);
        }
        for uri in &self.redirect_uris {
            address::redirect_uri(uri)?;
        }
        match &self.kind {
            ClientKind::PrivateKeyJwt(Jwks::Url(url)) if url::Url::parse(url).is_err() => {
                return Err(ClientMistake::NoKeySet(url.clone()));
            }
            ClientKind::PrivateKeyJwt(Jwks::Value(jwks)) if !jwks.get("keys").is_some_and(Value::is_array) => {
                return Err(ClientMistake::NoKeys);
            }
            ClientKind::Public | ClientKind::Secret(_) | ClientKind::PrivateKeyJwt(_) => {}
        }
        let is_launched = self.flows != Flows::BackendServices && self.introspects == Introspects::OwnTokens;
        if is_launched && self.redirect_uris.is_empty() {
            return Err(ClientMistake::NoRedirectUri);
        }
        if self.flows != Flows::Launches && self.kind == ClientKind::Public {
            return Err(ClientMistake::NoCredential);
        }
        if !is_launched && self.kind == ClientKind::Public && self.redirect_uris.is_empty() {
            return Err(ClientMistake::NoWayToIntrospect);
        }
        Ok(())
    }

    pub(super) fn redirect_uris(&self) -> impl Iterator<Item = &str> {
        self.redirect_uris.iter().map(String::as_str)
    }

    /// The client id.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }
}

impl fmt::Debug for SandboxClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxClient")
            .field("client_id", &self.client_id)
            .field("redirect_uris", &self.redirect_uris)
            .field("kind", &self.kind)
            .field("scopes", &self.scopes)
            .field("flows", &self.flows)
            .field("introspects", &self.introspects)
            .field("installations", &self.installations)
            .finish()
    }
}

impl fmt::Debug for ClientKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("Public"),
            Self::Secret(_) => f.write_str("Secret([redacted])"),
            Self::PrivateKeyJwt(jwks) => f.debug_tuple("PrivateKeyJwt").field(jwks).finish(),
        }
    }
}
