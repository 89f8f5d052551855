//! Access token, refresh token and what came with them.

use std::time::Duration;

use crate::{
    protocol::{
        findings::{TokenResponseFinding, TokenResponseReport},
        installation::Installation,
        launch_context::LaunchContext,
        scope::Scopes,
        secret::{AccessToken, RawIdToken, RefreshToken},
        token_response::TokenResponse,
    },
    time::Timestamp,
};

/// The tokens of a launch with their context, at one moment. A refresh gives a new one.
#[derive(Debug, Clone)]
pub struct TokenSet {
    pub(crate) access_token: AccessToken,
    pub(crate) refresh_token: Option<RefreshToken>,
    /// What they are renewed as, where that is not by a refresh token.
    pub(crate) installation: Option<Box<Installation>>,
    pub(crate) id_token: Option<RawIdToken>,
    pub(crate) granted: Scopes,
    pub(crate) requested_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) context: LaunchContext,
}

/// What tokens are renewed with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RenewedWith<'a> {
    /// Their refresh token.
    RefreshToken(&'a RefreshToken),
    /// A statement that the client of the launch's own signs each time.
    Statement(&'a Installation),
}

impl TokenSet {
    /// The tokens of a new launch. `requested_at` is from before the request was sent; a missing `scope` means that
    /// `requested` was granted, a missing `expires_in` means `default_lifetime`.
    #[must_use]
    pub(crate) fn of_launch(
        response: TokenResponse,
        requested: &Scopes,
        requested_at: Timestamp,
        default_lifetime: Duration,
    ) -> Self {
        Self {
            access_token: response.access_token,
            refresh_token: response.refresh_token,
            installation: None,
            id_token: response.id_token,
            granted: response.scope.unwrap_or_else(|| requested.clone()),
            requested_at,
            expires_at: requested_at.saturating_add(response.expires_in.unwrap_or(default_lifetime)),
            context: response.context,
        }
    }

    /// The access token.
    #[must_use]
    pub const fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// The refresh token, if the EHR gave one.
    #[must_use]
    pub const fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    /// The id of the client that the EHR made for this launch, where the tokens are renewed in its name and not by a refresh token
    /// ([`InstallationClient`](crate::options::InstallationClient)).
    #[must_use]
    pub fn installation_client(&self) -> Option<&str> {
        self.installation
            .as_ref()
            .map(|installation| installation.client_id.as_str())
    }

    /// What they are renewed with, if there is anything.
    pub(crate) const fn renewed_with(&self) -> Option<RenewedWith<'_>> {
        match (&self.refresh_token, &self.installation) {
            (Some(refresh_token), _) => Some(RenewedWith::RefreshToken(refresh_token)),
            (None, Some(own)) => Some(RenewedWith::Statement(own)),
            (None, None) => None,
        }
    }

    /// Whether there is anything to renew them with.
    pub(crate) const fn can_be_renewed(&self) -> bool {
        self.renewed_with().is_some()
    }

    /// The newest id token as it came. It is for passing on, not for reading: what was verified is in the claims of the
    /// launch ([`IdTokenClaims`](crate::IdTokenClaims)), and one that came with a refresh never was.
    #[must_use]
    pub const fn raw_id_token(&self) -> Option<&RawIdToken> {
        self.id_token.as_ref()
    }

    /// The scopes that the EHR granted; those requested when it did not say (RFC 6749, section 5.1).
    #[must_use]
    pub const fn granted_scopes(&self) -> &Scopes {
        &self.granted
    }

    /// When the request that brought the access token was sent.
    #[must_use]
    pub const fn requested_at(&self) -> Timestamp {
        self.requested_at
    }

    /// When the access token expires, counted from before the request was sent.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The launch context.
    #[must_use]
    pub const fn context(&self) -> &LaunchContext {
        &self.context
    }

    /// How long the access token lives in all.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        self.expires_at.saturating_since(self.requested_at)
    }

    /// Whether it is time to refresh: less is left than the smaller of 5 minutes and half of the token's life.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.remaining(now) < Duration::from_secs(300).min(self.lifetime() / 2)
    }

    /// Whether the access token may still be used: more is left than the smaller of 30 seconds and a tenth of its life.
    #[must_use]
    pub fn is_usable(&self, now: Timestamp) -> bool {
        now < self.unusable_from()
    }

    /// The moment from which the access token is not used any more.
    pub(crate) fn unusable_from(&self) -> Timestamp {
        let margin = Duration::from_secs(30).min(self.lifetime() / 10);
        self.expires_at().saturating_sub(margin)
    }

    /// These tokens after a refresh: what the response does not say is unchanged (RFC 6749, section 6: the refresh
    /// token; section 5.1: the scopes; SMART App Launch 2.2: the context; the id token).
    ///
    /// SMART App Launch 2.2 requires `scope` and `expires_in` in a refresh response. That they may be missing here is
    /// tolerance, not its rule.
    ///
    /// A different encounter of the same patient is taken over with a warning: the EHR says what is current, and what
    /// ends a launch is the wrong person, not the next visit.
    ///
    /// What is ignored, and what is unusual besides, is in the report.
    ///
    /// # Errors
    ///
    /// [`RefreshMismatch::PatientChanged`] when the response names another patient than that of the launch.
    /// Then nothing of the response may be used.
    pub(crate) fn refreshed(
        &self,
        mut response: TokenResponse,
        requested_at: Timestamp,
        default_lifetime: Duration,
        patient_on_refresh: PatientOnRefresh,
    ) -> Result<(Self, TokenResponseReport), RefreshMismatch> {
        match (&self.context.patient, &response.context.patient) {
            (Some(patient), Some(named)) if patient != named => return Err(RefreshMismatch::PatientChanged),
            (None, Some(_)) if patient_on_refresh == PatientOnRefresh::Ignored => {
                // All of it is about that patient.
                response.context = LaunchContext::default();
                response.report.note(TokenResponseFinding::PatientOnRefresh);
            }
            _ => {}
        }
        if response.context.encounter.is_some() && response.context.encounter != self.context.encounter {
            tracing::warn!("a refresh response names another encounter than the launch; the new one is taken over");
        }
        let report = response.report;
        let tokens = Self {
            access_token: response.access_token,
            refresh_token: response.refresh_token.or_else(|| self.refresh_token.clone()),
            installation: self.installation.clone(),
            id_token: response.id_token.or_else(|| self.id_token.clone()),
            granted: response.scope.unwrap_or_else(|| self.granted.clone()),
            requested_at,
            expires_at: requested_at.saturating_add(response.expires_in.unwrap_or(default_lifetime)),
            context: self.context.merged_with(response.context),
        };
        Ok((tokens, report))
    }

    fn remaining(&self, now: Timestamp) -> Duration {
        self.expires_at.saturating_since(now)
    }
}

/// What it means that a refresh names a patient where the launch has none.
///
/// Another patient than that of the launch always ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PatientOnRefresh {
    /// Nothing: the launch goes on without a patient, and the log says so. The default.
    #[default]
    Ignored,
    /// That the launch is about this patient from now on. For EHRs that name the patient only then. `on_launch` was asked before
    /// that, and is not asked again: look at the patient where you use it.
    TakenOver,
}

/// Why a refresh response does not fit the launch that it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefreshMismatch {
    /// It names another patient. The application may show or write the old one's data: the launch has to end.
    #[error(
        "the EHR answered a refresh with another patient; the launch ends, open the application again from the EHR"
    )]
    PatientChanged,
    /// It has the id token of another user, not of the one who opened the launch: the launch has to end.
    #[error("the EHR answered a refresh for another user; the launch ends, open the application again from the EHR")]
    UserChanged,
}

#[cfg(test)]
mod tests;
