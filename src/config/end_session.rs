//! Signing out at the EHR too: [`EndSession`].

use super::problems::Problems;
use crate::protocol::urls::EndpointUrl;

/// How a person is signed out at the EHR once they have signed out here (OpenID Connect RP-Initiated Logout 1.0).
///
/// The browser is sent to the EHR after the launches here have ended and their tokens are on their way to be revoked: by a page of
/// ours, which says so, and which offers it again for ten minutes where the way was interrupted. Whether the EHR ends anything is
/// its own affair: the sign-out here never waits for it and never depends on it. A sign-out by a script stays here, because a script
/// cannot take the person along; so does one in a frame, into which the EHR would have to come back, and one that ends launches at
/// several EHRs. [`after_logout`](crate::SmartConfigBuilder::after_logout) does not count then.
///
/// An EHR that a resolver finds, and that this process has not asked for since it started, is left out: nothing waits for a
/// resolver when somebody signs out. The EHR may end the person's other launches there, too.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{Ehr, options::EndSession};
///
/// let ehr = Ehr::builder("https://ehr.example/fhir/r4").end_session(
///     EndSession::at("https://ehr.example/oauth2/logout").returning_to("https://app.example/auth/logout"),
/// );
/// # let _ = ehr;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndSession {
    endpoint: String,
    return_to: Option<String>,
    hint: IdTokenHint,
}

/// Whether the id token of the launch is shown to the EHR when a person signs out there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IdTokenHint {
    /// No. The default: it would stand in the browser's history, and it names the person.
    #[default]
    Omit,
    /// Yes (`id_token_hint`), for servers that ask for it. Where it is not there, nothing is sent.
    Send,
}

impl EndSession {
    /// At this address: the `end_session_endpoint` of the EHR's OpenID configuration.
    #[must_use]
    pub fn at(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            return_to: None,
            hint: IdTokenHint::Omit,
        }
    }

    /// Where the EHR sends the browser afterwards (`post_logout_redirect_uri`), exactly as it is registered there. The logout
    /// page of the application (`/auth/logout`) says that the person has signed out. Default: none, and the EHR shows a page
    /// of its own.
    #[must_use]
    pub fn returning_to(mut self, address: impl Into<String>) -> Self {
        self.return_to = Some(address.into());
        self
    }

    /// Whether the id token goes along. Default: [`IdTokenHint::Omit`].
    #[must_use]
    pub const fn id_token_hint(mut self, hint: IdTokenHint) -> Self {
        self.hint = hint;
        self
    }

    pub(super) fn check(&self, problems: &mut Problems) -> Option<CheckedEndSession> {
        let endpoint = problems.url("end_session", &self.endpoint, EndpointUrl::parse);
        let return_to = self.return_to.as_deref();
        let return_to = return_to.map(|address| problems.url("end_session", address, EndpointUrl::parse));
        Some(CheckedEndSession {
            endpoint: endpoint?,
            return_to: match return_to {
                None => None,
                Some(checked) => Some(checked?),
            },
            hint: self.hint,
        })
    }
}

/// The same, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckedEndSession {
    pub(crate) endpoint: EndpointUrl,
    pub(crate) return_to: Option<EndpointUrl>,
    pub(crate) hint: IdTokenHint,
}
