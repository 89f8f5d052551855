//! The stored form of a [`TokenSet`].

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::parts::Text;
use crate::{
    protocol::{
        installation::Installation,
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
    /// The two of a client of this launch's own go together. Absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    own_client: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    own_kid: Option<Text<'a>>,
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
            own_client: tokens.installation.as_ref().map(|own| own.client_id.as_str().into()),
            own_kid: tokens.installation.as_ref().map(|own| own.kid.as_str().into()),
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
            installation: match (form.own_client, form.own_kid) {
                (Some(client_id), Some(kid)) => Some(Box::new(Installation {
                    client_id: client_id.into_owned(),
                    kid: kid.into_owned(),
                })),
                _ => None,
            },
            id_token: form.id_token.map(RawIdToken::new),
            granted: form.granted.into_owned(),
            requested_at: form.requested_at,
            expires_at: form.expires_at,
            context: form.context.into_owned(),
        }
    }
}
