//! The stored form of a [`TokenSet`].

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::parts::Text;
use crate::{
    protocol::{
        launch_context::LaunchContext,
        scope::Scopes,
        secret::{AccessToken, RawIdToken, RefreshToken},
        token::TokenSet,
    },
    time::Timestamp,
};

#[derive(Serialize, Deserialize)]
pub(super) struct Tokens<'a> {
    access_token: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<Text<'a>>,
    granted: Cow<'a, Scopes>,
    requested_at: Timestamp,
    expires_at: Timestamp,
    context: Cow<'a, LaunchContext>,
}

impl<'a> From<&'a TokenSet> for Tokens<'a> {
    fn from(tokens: &'a TokenSet) -> Self {
        Self {
            access_token: tokens.access_token.expose_secret().into(),
            refresh_token: tokens.refresh_token.as_ref().map(|token| token.expose_secret().into()),
            id_token: tokens.id_token.as_ref().map(|token| token.expose_secret().into()),
            granted: Cow::Borrowed(&tokens.granted),
            requested_at: tokens.requested_at,
            expires_at: tokens.expires_at,
            context: Cow::Borrowed(&tokens.context),
        }
    }
}

impl From<Tokens<'_>> for TokenSet {
    fn from(form: Tokens<'_>) -> Self {
        Self {
            access_token: AccessToken::new(form.access_token),
            refresh_token: form.refresh_token.map(RefreshToken::new),
            id_token: form.id_token.map(RawIdToken::new),
            granted: form.granted.into_owned(),
            requested_at: form.requested_at,
            expires_at: form.expires_at,
            context: form.context.into_owned(),
        }
    }
}
