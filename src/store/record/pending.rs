//! A sign-in that is under way: [`PendingRecord`].

use super::{LaunchKind, PinnedClient, PinnedEndpoints, ReturnFor};
use crate::{
    protocol::{
        launch_request::SignInWish,
        scope::Scopes,
        secret::{CodeVerifier, Nonce},
    },
    time::Timestamp,
};

/// What survives between the redirect to the EHR and the callback, sealed in the cookie of its sign-in.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PendingRecord {
    /// The key of the EHR registration (its FHIR base URL as registered).
    pub ehr: String,
    /// How the launch began.
    pub kind: LaunchKind,
    /// The endpoints to use, whatever the metadata says later.
    pub endpoints: PinnedEndpoints,
    /// The redirect URI that was sent; the code exchange repeats it.
    pub redirect_uri: String,
    /// The `aud` that was sent (the `iss` as received, or the registered URL).
    pub aud: String,
    /// The PKCE verifier.
    pub code_verifier: CodeVerifier,
    /// The nonce, when `openid` was requested.
    pub nonce: Option<Nonce>,
    /// The scopes that were requested.
    pub requested: Scopes,
    /// Where in the application the browser wanted to go: a validated relative path without the launch segment.
    pub return_to: Option<String>,
    /// For whom `return_to` is.
    pub return_for: ReturnFor,
    /// When the authorization began.
    pub started_at: Timestamp,
    /// The earliest moment at which the person may have signed in at the EHR, where that was demanded.
    pub signed_in_since: Option<Timestamp>,
    /// Whether the person was to sign in anew. Beside `signed_in_since`, which does not say so: it is of another clock than
    /// `started_at`.
    pub(crate) sign_in: SignInWish,
    /// The client that it began with. `None` in what versions sealed that did not write it.
    pub client: Option<PinnedClient>,
}
