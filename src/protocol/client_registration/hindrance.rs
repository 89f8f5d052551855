//! Why a client cannot do, as the server registered it, what it was registered for: [`RegistrationHindrance`].

use serde_json::{Map, Value};
use url::Url;

use super::{
    change::said,
    client::{ClientRegistration, method_said},
    values::{ClientGrantType, TokenEndpointAuthMethod},
};
use crate::protocol::visible::in_log;

/// Why nobody can launch, or the application gets no token of its own, with a client as the server registered it: what it changed is
/// more than this crate can work with (RFC 7591, section 3.2.1: a server may replace what it was asked for).
///
/// What the server said is in it as a text, without what cannot be seen and cut to 300 characters. No secret is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationHindrance {
    /// The redirect URI of the application is not among those that were registered, so that each sign-in would be refused.
    #[error(
        "the EHR registered the redirect URIs {registered}, and not {asked}, to which every sign-in has to come back"
    )]
    #[non_exhaustive]
    RedirectUri {
        /// The application's.
        asked: String,
        /// What the server registered.
        registered: String,
    },
    /// The client is to authenticate in a way that this crate does not know, or for which the registration has no key.
    #[error(
        "the EHR registered `token_endpoint_auth_method` as {registered} instead of {asked}, and the application cannot do that"
    )]
    #[non_exhaustive]
    AuthMethod {
        /// What was asked for.
        asked: String,
        /// What the server registered.
        registered: String,
    },
    /// The client is to authenticate by a secret, and the server gave none.
    #[error("the EHR registered a client that authenticates by a secret ({}), and gave no `client_secret`", method.as_str())]
    #[non_exhaustive]
    NoSecret {
        /// How it is to authenticate.
        method: TokenEndpointAuthMethod,
    },
    /// The grant that the application lives from is not among those that were registered.
    #[error("the EHR registered the grant types {registered}, and not {}", asked.as_str())]
    #[non_exhaustive]
    GrantType {
        /// What the application needs.
        asked: ClientGrantType,
        /// What the server registered.
        registered: String,
    },
}

/// What a registration is used with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UsedWith {
    /// `None` where nobody launches.
    pub(crate) redirect_uri: Option<String>,
    pub(crate) has_key: bool,
}

impl ClientRegistration {
    /// Why it cannot be used in that way. What the server does not say is as it was asked to.
    pub(crate) fn hindrance_with(&self, used: &UsedWith) -> Option<RegistrationHindrance> {
        let (asked, registered) = (&self.parts.asked, &self.parts.members);
        redirect_uri(used, registered)
            .or_else(|| self.auth_method(used))
            .or_else(|| grant_type(used, asked, registered))
    }

    fn auth_method(&self, used: &UsedWith) -> Option<RegistrationHindrance> {
        use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretPost, None as Public, PrivateKeyJwt};
        let name = "token_endpoint_auth_method";
        let changed = || RegistrationHindrance::AuthMethod {
            asked: said(self.parts.asked.get(name)),
            registered: said(self.parts.members.get(name)),
        };
        let is_said = method_said(&self.parts.members, &self.parts.asked).is_some();
        match self.token_endpoint_auth_method() {
            Some(method @ (ClientSecretBasic | ClientSecretPost)) if self.client_secret().is_none() => {
                Some(RegistrationHindrance::NoSecret { method })
            }
            Some(PrivateKeyJwt) if !used.has_key => Some(changed()),
            None if is_said => Some(changed()),
            Some(Public | ClientSecretBasic | ClientSecretPost | PrivateKeyJwt) | None => None,
        }
    }
}

fn redirect_uri(used: &UsedWith, registered: &Map<String, Value>) -> Option<RegistrationHindrance> {
    let own = used.redirect_uri.as_deref()?;
    let all = registered.get("redirect_uris")?.as_array()?;
    // Servers write one address in several ways.
    let same = |other: &str| other == own || Url::parse(other).ok() == Url::parse(own).ok();
    let is_there = all.iter().filter_map(Value::as_str).any(same);
    (!is_there).then(|| RegistrationHindrance::RedirectUri {
        asked: in_log(own),
        registered: said(registered.get("redirect_uris")),
    })
}

/// Without `authorization_code` nobody launches; where nobody does, `client_credentials` is what is left.
fn grant_type(
    used: &UsedWith,
    asked: &Map<String, Value>,
    registered: &Map<String, Value>,
) -> Option<RegistrationHindrance> {
    let name = "grant_types";
    let has = |of: &Map<String, Value>, grant: ClientGrantType| {
        let all = of.get(name).and_then(Value::as_array);
        all.map(|all| all.iter().any(|it| it.as_str() == Some(grant.as_str())))
    };
    let needed = match used.redirect_uri {
        Some(_) => ClientGrantType::AuthorizationCode,
        None => ClientGrantType::ClientCredentials,
    };
    let is_lost = has(asked, needed) == Some(true) && has(registered, needed) == Some(false);
    is_lost.then(|| RegistrationHindrance::GrantType {
        asked: needed,
        registered: said(registered.get(name)),
    })
}
