//! The form of a token request (RFC 6749, sections 4.1.3 and 6), and of one about a token (RFC 7009, RFC 7662). Client
//! authentication adds to it elsewhere.

use std::fmt;

use url::form_urlencoded;

use crate::protocol::{
    scope::Scopes,
    secret::{AccessToken, AuthorizationCode, CodeVerifier, RefreshToken},
};

/// A form for the token, revocation or introspection endpoint, not yet encoded.
///
/// `Debug` shows the names of the fields.
#[derive(Clone)]
pub(crate) struct TokenForm {
    fields: Vec<(String, String)>,
}

/// Fields that are no secret.
const PUBLIC_FIELDS: [&str; 6] = [
    "grant_type",
    "redirect_uri",
    "client_id",
    "client_assertion_type",
    "scope",
    "token_type_hint",
];

/// Fields that are.
const SECRET_FIELDS: [&str; 7] = [
    "assertion",
    "code",
    "code_verifier",
    "refresh_token",
    "token",
    "client_assertion",
    "client_secret",
];

/// Whether a field of a form is one that the crate writes itself.
pub(crate) fn is_our_field(name: &str) -> bool {
    PUBLIC_FIELDS.contains(&name) || SECRET_FIELDS.contains(&name)
}

impl TokenForm {
    /// Exchanges a code. `redirect_uri` is the one of the authorization request, byte for byte.
    #[must_use]
    pub(crate) fn exchange(code: &AuthorizationCode, redirect_uri: &str, verifier: &CodeVerifier) -> Self {
        let mut form = Self { fields: Vec::new() };
        form.push("grant_type", "authorization_code");
        form.push("code", code.expose_secret());
        form.push("redirect_uri", redirect_uri);
        form.push("code_verifier", verifier.expose_secret());
        form
    }

    /// Refreshes. Without `scope` the EHR gives what it granted before, which is what nearly everybody wants.
    #[must_use]
    pub(crate) fn refresh(refresh_token: &RefreshToken, scope: Option<&Scopes>) -> Self {
        let mut form = Self { fields: Vec::new() };
        form.push("grant_type", "refresh_token");
        form.push("refresh_token", refresh_token.expose_secret());
        if let Some(scope) = scope {
            form.push("scope", scope.to_string());
        }
        form
    }

    /// Renews in the name of a client that was made for one launch (RFC 7523, section 2.1). The statement goes along with it.
    #[must_use]
    pub(crate) fn jwt_bearer(scope: Option<&Scopes>) -> Self {
        let mut form = Self { fields: Vec::new() };
        form.push("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
        if let Some(scope) = scope {
            form.push("scope", scope.to_string());
        }
        form
    }

    /// Asks for a token for the application itself (RFC 6749, section 4.4.2).
    #[must_use]
    pub(crate) fn client_credentials(scope: &Scopes) -> Self {
        let mut form = Self { fields: Vec::new() };
        form.push("grant_type", "client_credentials");
        form.push("scope", scope.to_string());
        form
    }

    /// Revokes an access token, or asks about it (RFC 7009, section 2.1; RFC 7662, section 2.1).
    #[must_use]
    pub(crate) fn about_access_token(token: &AccessToken) -> Self {
        Self::about(token.expose_secret(), "access_token")
    }

    /// Revokes a refresh token (RFC 7009, section 2.1).
    #[must_use]
    pub(crate) fn about_refresh_token(token: &RefreshToken) -> Self {
        Self::about(token.expose_secret(), "refresh_token")
    }

    fn about(token: &str, hint: &str) -> Self {
        let mut form = Self { fields: Vec::new() };
        form.push("token", token);
        form.push("token_type_hint", hint);
        form
    }

    /// Adds a field.
    pub(crate) fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.fields.push((name.into(), value.into()));
    }

    /// The values that nobody else is to see: code, verifier, token, assertion, client secret, and whatever a registration
    /// adds.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        let fields = self
            .fields
            .iter()
            .filter(|(name, _)| !PUBLIC_FIELDS.contains(&name.as_str()));
        fields.map(|(_, value)| value.as_str())
    }

    /// The body, `application/x-www-form-urlencoded`.
    #[must_use]
    pub(crate) fn into_body(self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(self.fields)
            .finish()
    }
}

impl fmt::Debug for TokenForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.fields.iter().map(|(name, _)| name).collect();
        f.debug_tuple("TokenForm").field(&names).finish()
    }
}

#[cfg(test)]
mod tests;
