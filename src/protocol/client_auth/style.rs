//! How one EHR wants credentials written: [`AuthStyle`].

use super::{basic::BasicEncoding, signing_algorithm::SigningAlgorithm};
use crate::protocol::urls::EndpointUrl;

/// Whether a *confidential* client sends `client_id` in the body of token requests beside its credentials.
///
/// A public client always does: it is all that identifies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ClientIdInBody {
    /// No, as SMART App Launch 2.2 says. The default.
    #[default]
    Omit,
    /// Yes, for servers that look for it there.
    Send,
}

/// Where a client secret is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SecretPlacement {
    /// In the `Authorization` header, as HTTP Basic (`client_secret_basic`).
    #[default]
    Header,
    /// In the body, as `client_secret` beside `client_id` (`client_secret_post`; RFC 6749, section 2.3.1).
    Body,
}

/// Which place for a client secret an EHR wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ClientSecretIn {
    /// The body where the EHR's metadata lists `client_secret_post` and not `client_secret_basic`, else the header. The
    /// default.
    #[default]
    AsListed,
    /// Always this place, whatever is listed.
    Always(SecretPlacement),
}

/// For whom a client assertion is (`aud`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AssertionAudience {
    /// The address of the token endpoint, as SMART App Launch 2.2 says. The default.
    #[default]
    TokenEndpoint,
    /// The `issuer` of the EHR's metadata.
    Issuer,
    /// This text.
    Other(String),
}

/// How an EHR wants a client's credentials written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct AuthStyle {
    pub(crate) basic_encoding: BasicEncoding,
    pub(crate) client_id_in_body: ClientIdInBody,
    pub(crate) client_secret_in: ClientSecretIn,
    pub(crate) assertion_audience: AssertionAudience,
}

/// The authorization server that credentials are for, as its metadata was when the authorization began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AuthServer<'a> {
    pub(crate) token_endpoint: &'a EndpointUrl,
    pub(crate) issuer: Option<&'a str>,
    /// Where it wants secrets, by the methods that it lists.
    pub(crate) client_secret: SecretPlacement,
    /// The only algorithm of assertions that it lists, of those that there are.
    pub(crate) assertion_algorithm: Option<SigningAlgorithm>,
}

impl SecretPlacement {
    /// What a list of methods (`token_endpoint_auth_methods_supported`) says. `None`: it says nothing.
    pub(crate) fn listed(methods: Option<&[String]>) -> Self {
        let has = |wanted: &str| methods.is_some_and(|methods| methods.iter().any(|method| method == wanted));
        if has("client_secret_post") && !has("client_secret_basic") {
            Self::Body
        } else {
            Self::Header
        }
    }
}

impl AuthStyle {
    pub(super) const fn secret_placement(&self, server: &AuthServer<'_>) -> SecretPlacement {
        match self.client_secret_in {
            ClientSecretIn::AsListed => server.client_secret,
            ClientSecretIn::Always(placement) => placement,
        }
    }

    /// `None` when the EHR names no issuer.
    pub(super) fn audience<'a>(&'a self, server: &AuthServer<'a>) -> Option<&'a str> {
        match &self.assertion_audience {
            AssertionAudience::TokenEndpoint => Some(server.token_endpoint.as_str()),
            AssertionAudience::Issuer => server.issuer,
            AssertionAudience::Other(text) => Some(text),
        }
    }
}
