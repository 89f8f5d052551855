//! The authorization request: the browser is sent to the EHR (SMART App Launch 2.2, "Obtain authorization code").

use std::fmt;

use url::Url;

use crate::protocol::{
    scope::Scopes,
    secret::{LaunchToken, Nonce, State},
    urls::EndpointUrl,
};

/// Every parameter that this crate may send. An endpoint that has one of them in its own query is refused, also when
/// the present request would not send it: nobody but us says what `launch` or `scope` is.
const OUR_PARAMETERS: [&str; 10] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "launch",
    "scope",
    "state",
    "aud",
    "code_challenge",
    "code_challenge_method",
    "nonce",
];

/// Longer addresses than this do not survive every proxy and web server on the way.
const LONGEST_URL: usize = 2_000;

/// How the browser carries the authorization request to the EHR. Default: [`Auto`](Self::Auto).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AuthorizeMethod {
    /// A redirect.
    Get,
    /// A page with a form that submits itself.
    Post,
    /// A redirect, unless its address were longer than 2,000 characters and the EHR lists `authorize-post`. Where an EHR
    /// takes POST from some launches only, its registration says so
    /// ([`Quirks::posted_launches`](crate::Quirks::posted_launches)).
    #[default]
    Auto,
}

/// Whether the EHR lists the capability `authorize-post`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthorizePost {
    /// It does.
    Listed,
    /// It does not, which says nothing: SMART App Launch 2.2 wants every server to accept both methods.
    NotListed,
}

/// How to send the browser to the EHR.
///
/// `Debug` shows where to, not what with.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthorizationRedirect {
    /// Redirect to this address (303).
    Get(Url),
    /// Show a page with this form.
    Post(AuthorizationForm),
}

/// A form that carries the authorization request.
///
/// `Debug` shows where to and the names of the fields.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthorizationForm {
    /// The authorization endpoint, with the query that it has.
    pub action: String,
    /// Names and values, not encoded.
    pub fields: Vec<(String, String)>,
}

/// Why no authorization request can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizationRequestError {
    /// The endpoint defines a parameter that is ours, and no parameter may come twice (RFC 6749, section 3.1).
    #[error(
        "the authorization endpoint that the EHR announces has `{parameter}` in its query; the EHR's administrator has to take it out"
    )]
    EndpointDefines {
        /// Which one.
        parameter: &'static str,
    },
}

/// The parameters of one authorization request.
///
/// `Debug` shows the endpoint, the client id, the scopes and which optional parameters there are.
pub(crate) struct AuthorizationParams<'a> {
    /// The authorization endpoint.
    pub(crate) endpoint: &'a EndpointUrl,
    /// The client id of this registration.
    pub(crate) client_id: &'a str,
    /// The registered redirect URI, byte for byte.
    pub(crate) redirect_uri: &'a str,
    /// What is asked for.
    pub(crate) scope: &'a Scopes,
    /// The state that the callback must bring back.
    pub(crate) state: &'a State,
    /// The FHIR base URL; in an EHR launch `iss` byte for byte.
    pub(crate) aud: &'a str,
    /// The EHR's launch value; only in an EHR launch.
    pub(crate) launch: Option<&'a LaunchToken>,
    /// The nonce; only with `openid`.
    pub(crate) nonce: Option<&'a Nonce>,
    /// The S256 challenge of this authorization's verifier.
    pub(crate) code_challenge: &'a str,
    /// What this EHR wants besides.
    pub(crate) others: &'a [(&'static str, String)],
}

/// Whether the crate sends a parameter of that name, in some requests at least.
pub(crate) fn is_our_parameter(name: &str) -> bool {
    OUR_PARAMETERS.contains(&name)
}

impl AuthorizationParams<'_> {
    /// Names and values, not encoded.
    #[must_use]
    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![
            ("response_type", "code".to_owned()),
            ("client_id", self.client_id.to_owned()),
            ("redirect_uri", self.redirect_uri.to_owned()),
        ];
        if let Some(launch) = self.launch {
            pairs.push(("launch", launch.expose_secret().to_owned()));
        }
        pairs.extend([
            ("scope", self.scope.to_string()),
            ("state", self.state.expose_secret().to_owned()),
            ("aud", self.aud.to_owned()),
            ("code_challenge", self.code_challenge.to_owned()),
            ("code_challenge_method", "S256".to_owned()),
        ]);
        if let Some(nonce) = self.nonce {
            pairs.push(("nonce", nonce.expose_secret().to_owned()));
        }
        pairs.extend_from_slice(self.others);
        pairs
    }

    /// The address to redirect to. The query that the endpoint has is kept.
    ///
    /// # Errors
    ///
    /// [`AuthorizationRequestError::EndpointDefines`] when the endpoint's own query has one of our parameters.
    pub(crate) fn to_url(&self) -> Result<Url, AuthorizationRequestError> {
        self.check_endpoint()?;
        let mut url = self.endpoint.url().clone();
        url.query_pairs_mut().extend_pairs(self.pairs());
        Ok(url)
    }

    /// The form to post. The query that the endpoint has stays in the form's action.
    ///
    /// # Errors
    ///
    /// [`AuthorizationRequestError::EndpointDefines`] when the endpoint's own query has one of our parameters.
    pub(crate) fn to_form(&self) -> Result<AuthorizationForm, AuthorizationRequestError> {
        self.check_endpoint()?;
        Ok(AuthorizationForm {
            action: self.endpoint.as_str().to_owned(),
            fields: self
                .pairs()
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        })
    }

    /// The request in the form that the policy and the EHR ask for.
    ///
    /// # Errors
    ///
    /// [`AuthorizationRequestError::EndpointDefines`] when the endpoint's own query has one of our parameters.
    pub(crate) fn redirect(
        &self,
        method: AuthorizeMethod,
        post: AuthorizePost,
    ) -> Result<AuthorizationRedirect, AuthorizationRequestError> {
        if method == AuthorizeMethod::Post {
            return self.to_form().map(AuthorizationRedirect::Post);
        }
        let url = self.to_url()?;
        if method == AuthorizeMethod::Auto && post == AuthorizePost::Listed && url.as_str().len() > LONGEST_URL {
            return self.to_form().map(AuthorizationRedirect::Post);
        }
        Ok(AuthorizationRedirect::Get(url))
    }

    fn check_endpoint(&self) -> Result<(), AuthorizationRequestError> {
        for (name, _) in self.endpoint.url().query_pairs() {
            let others = self.others.iter().map(|(parameter, _)| *parameter);
            if let Some(parameter) = OUR_PARAMETERS.into_iter().chain(others).find(|ours| *ours == name) {
                return Err(AuthorizationRequestError::EndpointDefines { parameter });
            }
        }
        Ok(())
    }
}

impl fmt::Debug for AuthorizationParams<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationParams")
            .field("endpoint", &without_query(self.endpoint.url()))
            .field("client_id", &self.client_id)
            .field("scope", &self.scope)
            .field("launch", &self.launch.is_some())
            .field("nonce", &self.nonce.is_some())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AuthorizationRedirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Get(url) => f.debug_tuple("Get").field(&without_query(url)).finish(),
            Self::Post(form) => f.debug_tuple("Post").field(form).finish(),
        }
    }
}

impl fmt::Debug for AuthorizationForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = self
            .action
            .split_once('?')
            .map_or(self.action.as_str(), |(path, _)| path);
        let names: Vec<_> = self.fields.iter().map(|(name, _)| name).collect();
        f.debug_struct("AuthorizationForm")
            .field("action", &action)
            .field("fields", &names)
            .finish()
    }
}

fn without_query(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

#[cfg(test)]
mod tests;
