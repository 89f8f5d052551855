//! [`ClientMetadataBuilder`]: collects and checks what an application says of itself.

use serde_json::{Map, Value, json};

use super::{
    error::{ClientMetadataError, ClientMetadataProblem, ClientMetadataReason},
    metadata::ClientMetadata,
    values::{ClientGrantType, TokenEndpointAuthMethod},
};
use crate::protocol::{scope::Scopes, urls::parse_https};

/// Names that no extension may have: those with a method of their own, what the server gives, and the claims of a software
/// statement.
const RESERVED: [&str; 30] = [
    "client_id",
    "client_id_issued_at",
    "client_name",
    "client_secret",
    "client_secret_expires_at",
    "client_uri",
    "contacts",
    "exp",
    "grant_types",
    "iat",
    "iss",
    "aud",
    "jti",
    "jwks",
    "jwks_uri",
    "launch_uris",
    "logo_uri",
    "nbf",
    "policy_uri",
    "redirect_uris",
    "registration_access_token",
    "registration_client_uri",
    "response_types",
    "scope",
    "software_id",
    "software_statement",
    "software_version",
    "sub",
    "token_endpoint_auth_method",
    "tos_uri",
];
/// Members of a JWK that are private (RFC 7518, sections 6.2.2, 6.3.2 and 6.4).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/// With one of these, a launch brings a refresh token.
const LASTING: [&str; 2] = ["offline_access", "online_access"];

/// Collects what an application says of itself. Nothing is checked before [`build`](Self::build).
#[derive(Debug, Clone)]
#[must_use = "end it with `build`"]
pub struct ClientMetadataBuilder {
    client_name: String,
    redirect_uris: Vec<String>,
    launch_uris: Vec<String>,
    grant_types: Option<Vec<ClientGrantType>>,
    auth_method: TokenEndpointAuthMethod,
    scopes: String,
    jwks: Option<String>,
    jwks_uri: Option<String>,
    contacts: Vec<String>,
    /// Single texts by the name of their member: URLs.
    urls: Vec<(&'static str, String)>,
    /// And others.
    texts: Vec<(&'static str, String)>,
    extensions: Vec<(String, Value)>,
}

impl ClientMetadataBuilder {
    pub(super) const fn new(client_name: String) -> Self {
        Self {
            client_name,
            redirect_uris: Vec::new(),
            launch_uris: Vec::new(),
            grant_types: None,
            auth_method: TokenEndpointAuthMethod::None,
            scopes: String::new(),
            jwks: None,
            jwks_uri: None,
            contacts: Vec::new(),
            urls: Vec::new(),
            texts: Vec::new(),
            extensions: Vec::new(),
        }
    }

    /// Where the browser comes back to after a sign-in. Can be repeated. Default: none, and nobody launches this client.
    ///
    /// Servers of OpenID Connect Dynamic Client Registration 1.0 (Glewlwyd 2.7) want one of every client. For one that nobody launches, say
    /// the [`grant_types`](Self::grant_types) too.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// Where an EHR opens the application (`launch_uris`). Can be repeated. Default: none.
    ///
    /// No specification has it; several servers read it, others ignore it.
    pub fn launch_uri(mut self, uri: impl Into<String>) -> Self {
        self.launch_uris.push(uri.into());
        self
    }

    /// The ways to tokens. Default: what follows from the rest. `authorization_code` with a redirect URI, `refresh_token` with that
    /// and `offline_access` or `online_access`, `client_credentials` with a `system/` scope.
    ///
    /// `response_types` follows from it.
    pub fn grant_types(mut self, grant_types: impl IntoIterator<Item = ClientGrantType>) -> Self {
        self.grant_types = Some(grant_types.into_iter().collect());
        self
    }

    /// How the client authenticates. Default: [`TokenEndpointAuthMethod::None`].
    pub const fn token_endpoint_auth_method(mut self, method: TokenEndpointAuthMethod) -> Self {
        self.auth_method = method;
        self
    }

    /// The scopes that the client may ask for, separated by spaces. Default: none, and the server decides.
    pub fn scopes(mut self, scopes: impl AsRef<str>) -> Self {
        scopes.as_ref().clone_into(&mut self.scopes);
        self
    }

    /// The public keys by value, as the JSON of a JWK Set: [`SmartConfig::jwks`](crate::SmartConfig::jwks). For an application that
    /// the EHR cannot reach. Default: none.
    pub fn jwks(mut self, jwks: impl Into<String>) -> Self {
        self.jwks = Some(jwks.into());
        self
    }

    /// Where the public keys are. Better than [`jwks`](Self::jwks) where the EHR can reach it: a key is changed without asking
    /// anybody. Default: none.
    pub fn jwks_uri(mut self, uri: impl Into<String>) -> Self {
        self.jwks_uri = Some(uri.into());
        self
    }

    /// Whom the server's people can ask, an e-mail address. Can be repeated. Default: none.
    pub fn contact(mut self, contact: impl Into<String>) -> Self {
        self.contacts.push(contact.into());
        self
    }

    /// The logo. Default: none.
    pub fn logo_uri(mut self, uri: impl Into<String>) -> Self {
        self.urls.push(("logo_uri", uri.into()));
        self
    }

    /// The page about the application. Default: none.
    pub fn client_uri(mut self, uri: impl Into<String>) -> Self {
        self.urls.push(("client_uri", uri.into()));
        self
    }

    /// The terms of service. Default: none.
    pub fn tos_uri(mut self, uri: impl Into<String>) -> Self {
        self.urls.push(("tos_uri", uri.into()));
        self
    }

    /// How data of people is treated. Default: none.
    pub fn policy_uri(mut self, uri: impl Into<String>) -> Self {
        self.urls.push(("policy_uri", uri.into()));
        self
    }

    /// What names the software, the same for all its installations. Default: none.
    pub fn software_id(mut self, id: impl Into<String>) -> Self {
        self.texts.push(("software_id", id.into()));
        self
    }

    /// Its version. Default: none.
    pub fn software_version(mut self, version: impl Into<String>) -> Self {
        self.texts.push(("software_version", version.into()));
        self
    }

    /// Another member, such as `client_name#de` or one that a vendor documents. Default: none.
    pub fn extension(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extensions.push((name.into(), value.into()));
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    ///
    /// A [`ClientMetadataError`] with everything that is missing or wrong.
    pub fn build(self) -> Result<ClientMetadata, ClientMetadataError> {
        let mut found = Problems::default();
        let scopes = Scopes::parse(&self.scopes);
        if !scopes.iter().all(is_scope_token) {
            found.add("scope", ClientMetadataReason::ScopeCharacters);
        }
        let grant_types = self.checked_grant_types(&scopes, &mut found);
        if self.client_name.trim().is_empty() {
            found.add("client_name", ClientMetadataReason::Missing);
        }
        found.urls("redirect_uris", &self.redirect_uris);
        found.urls("launch_uris", &self.launch_uris);
        for (member, url) in &self.urls {
            found.urls(member, std::slice::from_ref(url));
        }
        if self.contacts.iter().any(|contact| contact.trim().is_empty()) {
            found.add("contacts", ClientMetadataReason::Missing);
        }
        for (member, text) in &self.texts {
            if text.trim().is_empty() {
                found.add(member, ClientMetadataReason::Missing);
            }
        }
        let jwks = self.checked_keys(&mut found);
        for (name, _) in &self.extensions {
            if RESERVED.contains(&name.as_str()) {
                found.add(name, ClientMetadataReason::Reserved);
            } else if name.trim().is_empty() {
                found.add("(extension)", ClientMetadataReason::Missing);
            }
        }
        if !found.0.is_empty() {
            return Err(ClientMetadataError { problems: found.0 });
        }
        Ok(self.written(&scopes, &grant_types, jwks))
    }

    fn checked_grant_types(&self, scopes: &Scopes, found: &mut Problems) -> Vec<ClientGrantType> {
        use ClientGrantType::{AuthorizationCode, ClientCredentials, RefreshToken};

        let (launches, lasts) = (
            !self.redirect_uris.is_empty(),
            scopes.iter().any(|it| LASTING.contains(&it)),
        );
        let follows = [
            (AuthorizationCode, launches),
            (RefreshToken, launches && lasts),
            (ClientCredentials, scopes.iter().any(|it| it.starts_with("system/"))),
        ];
        let following = || {
            follows
                .into_iter()
                .filter_map(|(grant, is_there)| is_there.then_some(grant))
        };
        let grants: Vec<_> = self.grant_types.clone().unwrap_or_else(|| following().collect());
        let has = |grant| grants.contains(&grant);
        if grants.is_empty() {
            found.add("grant_types", ClientMetadataReason::NothingToDo);
        } else if has(AuthorizationCode) && !launches {
            found.add("redirect_uris", ClientMetadataReason::Missing);
        }
        if has(RefreshToken) && !has(AuthorizationCode) {
            found.add("grant_types", ClientMetadataReason::RefreshAlone);
        }
        if has(ClientCredentials) && self.auth_method == TokenEndpointAuthMethod::None {
            found.add("token_endpoint_auth_method", ClientMetadataReason::PublicBackend);
        }
        grants
    }

    fn checked_keys(&self, found: &mut Problems) -> Option<Value> {
        if let Some(url) = &self.jwks_uri {
            found.urls("jwks_uri", std::slice::from_ref(url));
        }
        let jwks = match &self.jwks {
            Some(text) => match key_set(text) {
                Ok(jwks) => Some(jwks),
                Err(reason) => {
                    found.add("jwks", reason);
                    return None;
                }
            },
            None => None,
        };
        if jwks.is_some() && self.jwks_uri.is_some() {
            found.add("jwks", ClientMetadataReason::TwoKeySets);
        }
        if self.auth_method == TokenEndpointAuthMethod::PrivateKeyJwt && jwks.is_none() && self.jwks_uri.is_none() {
            found.add("jwks", ClientMetadataReason::NoKeySet);
        }
        jwks
    }

    fn written(self, scopes: &Scopes, grants: &[ClientGrantType], jwks: Option<Value>) -> ClientMetadata {
        let launches = grants.contains(&ClientGrantType::AuthorizationCode);
        let grants: Vec<_> = grants.iter().map(|grant| grant.as_str()).collect();
        let response_types: &[&str] = if launches { &["code"] } else { &[] };
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
        for (name, value) in self.extensions {
            put(&name, value);
        }
        for (name, text) in self.urls.into_iter().chain(self.texts) {
            put(name, json!(text));
        }
        for (name, list) in [
            ("redirect_uris", self.redirect_uris),
            ("launch_uris", self.launch_uris),
            ("contacts", self.contacts),
        ] {
            if !list.is_empty() {
                put(name, json!(list));
            }
        }
        put("client_name", json!(self.client_name));
        put("grant_types", json!(grants));
        put("response_types", json!(response_types));
        put("token_endpoint_auth_method", json!(self.auth_method.as_str()));
        if !scopes.is_empty() {
            put("scope", json!(scopes.as_str()));
        }
        if let Some(jwks) = jwks {
            put("jwks", jwks);
        }
        if let Some(uri) = self.jwks_uri {
            put("jwks_uri", json!(uri));
        }
        ClientMetadata { members }
    }
}

/// A JWK Set of public keys only.
fn key_set(text: &str) -> Result<Value, ClientMetadataReason> {
    let jwks: Value = serde_json::from_str(text).map_err(|_| ClientMetadataReason::NotAKeySet)?;
    let keys = jwks.get("keys").and_then(Value::as_array);
    let keys = keys
        .filter(|keys| !keys.is_empty() && keys.iter().all(Value::is_object))
        .ok_or(ClientMetadataReason::NotAKeySet)?;
    let is_private = |key: &Value| key["kty"] == "oct" || PRIVATE.iter().any(|member| key.get(member).is_some());
    if keys.iter().any(is_private) {
        return Err(ClientMetadataReason::PrivateKey);
    }
    Ok(jwks)
}

/// `scope-token` of RFC 6749, section 3.3.
fn is_scope_token(token: &str) -> bool {
    token.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\\'))
}

#[derive(Default)]
struct Problems(Vec<ClientMetadataProblem>);

impl Problems {
    fn add(&mut self, member: &str, reason: ClientMetadataReason) {
        self.0.push(ClientMetadataProblem {
            member: member.to_owned(),
            reason,
        });
    }

    fn urls(&mut self, member: &str, urls: &[String]) {
        if let Some(error) = urls.iter().find_map(|url| parse_https(url).err()) {
            self.add(member, ClientMetadataReason::Url(error));
        }
    }
}
