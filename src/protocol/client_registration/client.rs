//! An application as a server has registered it: [`ClientRegistration`].

use std::fmt;

use serde_json::{Map, Value};

use super::{
    answer::Answer,
    change::MetadataChange,
    values::{Management, SecretExpiry, TokenEndpointAuthMethod},
};
use crate::{
    protocol::{
        secret::{ClientSecret, RegistrationAccessToken, RegistrationUri},
        urls::{EndpointUrl, FhirBaseUrl, parse_https},
    },
    time::Timestamp,
};

/// An application as a server has registered it (RFC 7591, section 3.2.1).
///
/// **Keep it**: nobody else knows the secret, and the registration can be changed and deleted with it alone.
/// [`seal`](Self::seal) makes bytes of it for your database. `Debug` shows no secret.
#[derive(Clone)]
pub struct ClientRegistration {
    pub(crate) parts: Parts,
}

/// What it is made of.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) fhir_base_url: FhirBaseUrl,
    pub(crate) client_id: String,
    pub(crate) secret: Option<ClientSecret>,
    pub(crate) secret_expiry: SecretExpiry,
    pub(crate) issued_at: Option<Timestamp>,
    /// As they were given, also where they are not used.
    pub(crate) token: Option<RegistrationAccessToken>,
    pub(crate) uri: Option<RegistrationUri>,
    pub(crate) management: Management,
    /// The origins that the token may be sent to.
    pub(crate) origins: Vec<String>,
    pub(crate) asked: Map<String, Value>,
    pub(crate) members: Map<String, Value>,
}

/// Where somebody registers.
pub(crate) struct Server {
    pub(crate) fhir_base_url: FhirBaseUrl,
    pub(crate) endpoint: EndpointUrl,
    /// Other origins to which the token may be sent.
    pub(crate) management_origins: Vec<String>,
}

impl Server {
    /// The origins that a registration access token may be sent to.
    pub(super) fn origins(&self) -> Vec<String> {
        let own = self.endpoint.url().origin().ascii_serialization();
        let others = self.management_origins.iter().cloned();
        others.chain([own]).collect()
    }
}

impl ClientRegistration {
    pub(crate) fn new(server: Server, asked: &Map<String, Value>, answer: Answer) -> Self {
        let origins = server.origins();
        let management = management(answer.uri.as_ref(), answer.token.as_ref(), &origins);
        Self {
            parts: Parts {
                fhir_base_url: server.fhir_base_url,
                client_id: answer.client_id,
                secret: answer.secret,
                secret_expiry: answer.secret_expiry,
                issued_at: answer.issued_at,
                token: answer.token,
                uri: answer.uri,
                management,
                origins,
                asked: asked.clone(),
                members: answer.members,
            },
        }
    }

    /// The same after an answer to reading or changing it. `None` when the answer is about another client.
    ///
    /// A secret, a token and an address that are not in the answer stay as they are: servers need not repeat them.
    pub(crate) fn after(&self, asked: Option<&Map<String, Value>>, answer: Answer) -> Option<Self> {
        let before = &self.parts;
        if answer.client_id != before.client_id {
            return None;
        }
        let keeps_secret = answer.secret.is_none() && self.needs_secret(&answer.members);
        let (secret, secret_expiry) = match keeps_secret {
            true => (before.secret.clone(), before.secret_expiry),
            false => (answer.secret, answer.secret_expiry),
        };
        let token = answer.token.or_else(|| before.token.clone());
        let uri = answer.uri.or_else(|| before.uri.clone());
        Some(Self {
            parts: Parts {
                secret,
                secret_expiry,
                issued_at: answer.issued_at.or(before.issued_at),
                management: management(uri.as_ref(), token.as_ref(), &before.origins),
                token,
                uri,
                asked: asked.unwrap_or(&before.asked).clone(),
                members: answer.members,
                ..before.clone()
            },
        })
    }

    /// The FHIR base URL of the EHR where it is registered.
    #[must_use]
    pub fn fhir_base_url(&self) -> &str {
        self.parts.fhir_base_url.as_str()
    }

    /// The client id that the server gave.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.parts.client_id
    }

    /// The secret that the server made up, for a client that authenticates by one.
    #[must_use]
    pub const fn client_secret(&self) -> Option<&ClientSecret> {
        self.parts.secret.as_ref()
    }

    /// How long the secret works.
    #[must_use]
    pub const fn client_secret_expiry(&self) -> SecretExpiry {
        self.parts.secret_expiry
    }

    /// When the server gave the client id, if it said so.
    #[must_use]
    pub const fn client_id_issued_at(&self) -> Option<Timestamp> {
        self.parts.issued_at
    }

    /// How the client authenticates, as the server registered it. `None`: it registered a way that this crate does not know.
    /// Where the server says nothing, it is what was asked for.
    #[must_use]
    pub fn token_endpoint_auth_method(&self) -> Option<TokenEndpointAuthMethod> {
        method_in(&self.parts.members, &self.parts.asked)
    }

    /// Whether the registration can be read, changed and deleted ([`Registrar`](crate::registration::Registrar)).
    #[must_use]
    pub const fn management(&self) -> Management {
        self.parts.management
    }

    /// What reads, changes and deletes it. You need it only to do so with another program.
    #[must_use]
    pub const fn registration_access_token(&self) -> Option<&RegistrationAccessToken> {
        self.parts.token.as_ref()
    }

    /// Where it is read, changed and deleted, as the server said it; [`management`](Self::management) says whether this crate goes
    /// there.
    #[must_use]
    pub const fn registration_client_uri(&self) -> Option<&RegistrationUri> {
        self.parts.uri.as_ref()
    }

    /// All other members of the server's answer: the metadata as it is registered now, and what the server adds.
    #[must_use]
    pub const fn members(&self) -> &Map<String, Value> {
        &self.parts.members
    }

    /// What the server registered in another way than it was asked to: look at it before people launch.
    #[must_use]
    pub fn changes(&self) -> Vec<MetadataChange> {
        MetadataChange::all(&self.parts.asked, &self.parts.members)
    }

    /// Address and token, where the registration can be managed.
    pub(crate) fn access(&self) -> Result<(&RegistrationUri, &RegistrationAccessToken), Management> {
        match (self.parts.management, &self.parts.uri, &self.parts.token) {
            (Management::Offered, Some(uri), Some(token)) => Ok((uri, token)),
            (Management::Offered, ..) => Err(Management::NotOffered),
            (other, ..) => Err(other),
        }
    }

    fn needs_secret(&self, members: &Map<String, Value>) -> bool {
        !matches!(
            method_in(members, &self.parts.members),
            Some(TokenEndpointAuthMethod::None | TokenEndpointAuthMethod::PrivateKeyJwt)
        )
    }
}

fn method_in(members: &Map<String, Value>, or_else: &Map<String, Value>) -> Option<TokenEndpointAuthMethod> {
    TokenEndpointAuthMethod::read(method_said(members, or_else)?.as_str()?)
}

/// As it was said there, or else there. `null` says nothing: servers write it for what they were not told.
pub(super) fn method_said<'a>(members: &'a Map<String, Value>, or_else: &'a Map<String, Value>) -> Option<&'a Value> {
    let said = |members: &'a Map<String, Value>| members.get("token_endpoint_auth_method").filter(|it| !it.is_null());
    said(members).or_else(|| said(or_else))
}

/// The token goes to the server that gave it, and nowhere else.
pub(super) fn management(
    uri: Option<&RegistrationUri>,
    token: Option<&RegistrationAccessToken>,
    origins: &[String],
) -> Management {
    let (Some(uri), Some(_)) = (uri, token) else {
        return Management::NotOffered;
    };
    match parse_https(uri.expose_secret()) {
        Ok(url) if origins.contains(&url.origin().ascii_serialization()) => Management::Offered,
        Ok(_) => Management::OtherOrigin,
        Err(_) => Management::UnusableAddress,
    }
}

impl fmt::Debug for ClientRegistration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientRegistration")
            .field("fhir_base_url", &self.fhir_base_url())
            .field("client_id", &self.parts.client_id)
            .field("has_secret", &self.parts.secret.is_some())
            .field("client_secret_expiry", &self.parts.secret_expiry)
            .field("management", &self.parts.management)
            .field("members", &self.parts.members.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
