//! A caller's token that was checked: [`CallerToken`].

use std::sync::Arc;

use super::error::{CallerTokenError, CallerTokenErrorKind};
use crate::{
    launch::insufficient_scope::InsufficientScope,
    protocol::{introspection::Introspection, launch_context::LaunchContext, scope::Scopes},
    time::Timestamp,
};

/// What the authorization server says of the token of somebody who calls the application, who may be another application or a backend
/// service. It is active, and what the registration demands of it was checked.
///
/// As a handler argument: the token in the header `Authorization: Bearer …`, checked at the [`ResourceServer`] that the route names
/// by `app_data`, else at the only EHR of the configuration with [`caller_tokens`](crate::EhrBuilder::caller_tokens). It needs
/// no launch, no cookie and no session. `Debug` shows which members there are, not what they say of people.
///
/// [`ResourceServer`]: super::ResourceServer
///
/// # Examples
///
/// ```
/// use actix_smart_auth::resource_server::{CallerToken, CallerTokenError};
///
/// async fn results(caller: CallerToken) -> Result<String, CallerTokenError> {
///     caller.require_scopes("system/Observation.rs")?;
///     Ok(format!("hello, {}", caller.client_id().unwrap_or("whoever you are")))
/// }
/// # let _ = results;
/// ```
#[derive(Debug, Clone)]
pub struct CallerToken {
    /// A FHIR base URL.
    ehr: Arc<str>,
    said: Arc<Introspection>,
    scopes: Scopes,
}

impl CallerToken {
    pub(super) fn new(ehr: &Arc<str>, said: Arc<Introspection>) -> Self {
        Self {
            ehr: Arc::clone(ehr),
            scopes: said.scope().cloned().unwrap_or_default(),
            said,
        }
    }

    /// Goes on only if the token's scopes cover these ([`Scopes::covers`]), separated by spaces. With `?` in a handler the answer is
    /// 403 with the challenge of RFC 6750 (section 3.1).
    ///
    /// # Errors
    ///
    /// [`CallerTokenErrorKind::InsufficientScope`] names those that are missing. A scope that is misspelled is one that no token has.
    /// [`CallerTokenErrorKind::NoScopes`] where none is asked for.
    pub fn require_scopes(&self, needed: &str) -> Result<(), CallerTokenError> {
        let needed = Scopes::parse(needed);
        if needed.is_empty() {
            return Err(CallerTokenError::at(CallerTokenErrorKind::NoScopes, &self.ehr));
        }
        InsufficientScope::check(&self.scopes, &needed)
            .map_err(|lack| CallerTokenError::at(CallerTokenErrorKind::InsufficientScope(lack), &self.ehr))
    }

    /// The FHIR base URL of the EHR whose authorization server gave the token.
    #[must_use]
    pub fn fhir_base_url(&self) -> &str {
        &self.ehr
    }

    /// What the token is good for; none when the server did not say.
    #[must_use]
    pub const fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// The client that the token was given to.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.said.client_id()
    }

    /// When the token expires, by the server's clock.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.said.expires_at()
    }

    /// `sub`: the user, as the issuer calls them. Unique together with [`issuer`](Self::issuer) only. None for a caller that acts
    /// without a user.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.said.subject()
    }

    /// `iss`: who says who the user is.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.said.issuer()
    }

    /// `fhirUser`: the user's FHIR resource, as the text that the server sent.
    #[must_use]
    pub fn fhir_user(&self) -> Option<&str> {
        self.said.fhir_user()
    }

    /// The id of the patient in context.
    #[must_use]
    pub fn patient(&self) -> Option<&str> {
        self.said.patient()
    }

    /// The id of the encounter in context.
    #[must_use]
    pub fn encounter(&self) -> Option<&str> {
        self.said.encounter()
    }

    /// The launch context as far as the server repeats it.
    #[must_use]
    pub fn launch_context(&self) -> &LaunchContext {
        self.said.launch_context()
    }

    /// All that the server said.
    #[must_use]
    pub fn introspection(&self) -> &Introspection {
        &self.said
    }
}
