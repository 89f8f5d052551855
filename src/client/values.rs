//! What goes into [`SmartClient`](crate::SmartClient), and what comes out of it.

use std::fmt;

use crate::{
    protocol::{
        findings::TokenResponseReport,
        id_token::IdTokenClaims,
        launch_facts::launch_facts,
        scope::Scopes,
        secret::{LaunchToken, State},
        sign_in::SignInDemand,
        token::TokenSet,
    },
    store::{LaunchKind, PendingRecord, PinnedClient, PinnedEndpoints},
};

/// How an authorization begins.
#[derive(Debug, Clone)]
pub struct StartOptions {
    pub(super) from_ehr: Option<(String, LaunchToken)>,
    pub(super) scopes: Option<Scopes>,
    pub(super) sign_in: Option<SignInDemand>,
}

impl StartOptions {
    /// By the application. The EHR lets the person pick a patient when a `launch/patient` scope is requested.
    #[must_use]
    pub const fn standalone() -> Self {
        Self {
            from_ehr: None,
            scopes: None,
            sign_in: None,
        }
    }

    /// By the EHR, with the `iss` and `launch` that it passed, as they came (URL-decoded once). `iss` has to be the EHR of the
    /// client.
    #[must_use]
    pub fn from_ehr(iss: impl Into<String>, launch: impl Into<String>) -> Self {
        Self {
            from_ehr: Some((iss.into(), LaunchToken::new(launch))),
            scopes: None,
            sign_in: None,
        }
    }

    /// Scopes for this authorization instead of the configured ones; at least one. What the registration requires
    /// ([`required_scopes`](crate::EhrBuilder::required_scopes)) has to be granted all the same.
    #[must_use]
    pub fn scopes(mut self, scopes: &str) -> Self {
        self.scopes = Some(Scopes::parse(scopes));
        self
    }

    /// The person has to sign in anew at the EHR, though somebody is signed in there (`prompt=login`, `max_age=0`). The
    /// authorization finishes only if the id token says that it was so. Needs the scope `openid`, and id tokens that are
    /// looked at.
    #[must_use]
    pub const fn sign_in_again(mut self) -> Self {
        self.sign_in = Some(SignInDemand::Again);
        self
    }
}

/// What has to survive between [`SmartClient::start`](crate::SmartClient::start) and
/// [`SmartClient::finish`](crate::SmartClient::finish). Single use: finishing consumes it, unless it can still be finished
/// ([`Unfinished::pending`](crate::error::Unfinished::pending)). [`seal`](Self::seal) keeps it over a restart.
pub struct PendingAuthorization {
    pub(super) state: State,
    pub(super) record: PendingRecord,
}

impl PendingAuthorization {
    /// The `state` that was sent, to find this value again when the callback comes.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }
}

impl fmt::Debug for PendingAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingAuthorization")
            .field("ehr", &self.record.ehr)
            .finish_non_exhaustive()
    }
}

/// A finished authorization: the tokens, and where they are good.
#[derive(Debug, Clone)]
pub struct Authorized {
    pub(super) tokens: TokenSet,
    pub(super) report: Option<TokenResponseReport>,
    pub(super) kind: LaunchKind,
    pub(super) requested: Scopes,
    pub(super) identity: Option<IdTokenClaims>,
    pub(super) aud: String,
    pub(super) endpoints: PinnedEndpoints,
    pub(super) client: PinnedClient,
}

impl Authorized {
    /// What was missing or unusual in the answer that brought the tokens. `None` once the value has been sealed and unsealed: what
    /// the answer was like is not kept.
    #[must_use]
    pub const fn token_response(&self) -> Option<TokenResponseReport> {
        self.report
    }

    /// Whether it began in the EHR or in the application. A bare refresh token ([`SmartClient::refresh_token`]) does not say: it
    /// counts as begun in the application.
    ///
    /// [`SmartClient::refresh_token`]: crate::SmartClient::refresh_token
    #[must_use]
    pub const fn kind(&self) -> LaunchKind {
        self.kind
    }

    launch_facts!(self =>
        aud: &self.aud,
        tokens: &self.tokens,
        requested: &self.requested,
        identity: self.identity.as_ref(),
    );
}
