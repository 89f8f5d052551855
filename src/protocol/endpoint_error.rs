//! Why the revocation or the introspection endpoint did not do what it was asked for.

use std::time::Duration;

use crate::{
    protocol::{
        body_kind::BodyKind,
        client_auth::credentials::ClientAuthError,
        echoed_secrets::SentSecrets,
        ehr_text::EhrText,
        http::HttpResponse,
        json_object::JsonObject,
        oauth_error::{self, OAuthError, advice_at_endpoint, advice_for_status},
        token_response::retry_after,
        transport_error::TransportError,
    },
    time::Timestamp,
};

/// Why a request to the revocation (RFC 7009) or introspection endpoint (RFC 7662) failed.
///
/// No value that the EHR sent is in a message but the error code, restricted to the characters of names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// The EHR refused in the way of OAuth (RFC 6749, section 5.2), whatever the status.
    #[error(
        "the EHR refused the request ({error}, status {status}); {}",
        advice_at_endpoint(error)
    )]
    #[non_exhaustive]
    Refused {
        /// The status code.
        status: u16,
        /// The error code, for example `unsupported_token_type`; `unknown` when it is not of that form.
        error: String,
        /// The EHR's explanation. Data, not to be trusted.
        description: Option<EhrText>,
        /// How long the EHR asks to wait, at most 5 minutes.
        retry_after: Option<Duration>,
    },
    /// Neither success nor an OAuth error; or success, but with a web page.
    #[error("the endpoint answered with status {status} and {body}; {}", advice_for_status(*status))]
    #[non_exhaustive]
    UnexpectedStatus {
        /// The status code.
        status: u16,
        /// What the body looks like.
        body: BodyKind,
        /// How long the server asks to wait, at most 5 minutes.
        retry_after: Option<Duration>,
    },
    /// There was no complete answer.
    #[error("the endpoint could not be asked: {0}")]
    Transport(#[from] TransportError),
    /// The request could not be authenticated; nothing was sent.
    #[error(transparent)]
    ClientAuth(#[from] ClientAuthError),
}

impl EndpointError {
    /// Whether the request certainly never reached the EHR.
    #[must_use]
    pub const fn was_not_sent(&self) -> bool {
        match self {
            Self::Transport(error) => error.was_not_sent(),
            Self::ClientAuth(_) => true,
            Self::Refused { .. } | Self::UnexpectedStatus { .. } => false,
        }
    }

    /// The OAuth error code, when the EHR refused with one.
    #[must_use]
    pub fn error_code(&self) -> Option<&str> {
        match self {
            Self::Refused { error, .. } => Some(error),
            _ => None,
        }
    }

    /// How long the server asks to wait before the next attempt, at most 5 minutes.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } | Self::UnexpectedStatus { retry_after, .. } => *retry_after,
            Self::Transport(_) | Self::ClientAuth(_) => None,
        }
    }

    /// Judges an answer by its status, and by the OAuth error in it if there is one. What `sent` holds is left out. By `now` a date in
    /// `Retry-After` becomes a time to wait.
    ///
    /// # Errors
    ///
    /// [`EndpointError::Refused`] and [`EndpointError::UnexpectedStatus`].
    pub(crate) fn judge(response: &HttpResponse, sent: &SentSecrets, now: Timestamp) -> Result<(), Self> {
        let status = response.status;
        let answer = JsonObject::read(&response.body).ok();
        if let Some(refused) = answer.as_ref().and_then(OAuthError::read) {
            let OAuthError { code, description } = refused.without(sent, &response.body);
            return Err(Self::Refused {
                status,
                error: code,
                description,
                retry_after: retry_after(response, now),
            });
        }
        let body = BodyKind::of(response);
        // A page is the answer of something in between, such as a sign-in page.
        if (200..=299).contains(&status) && body != BodyKind::Html {
            return Ok(());
        }
        Err(Self::UnexpectedStatus {
            status,
            body,
            retry_after: retry_after(response, now),
        })
    }

    /// Whether the EHR definitely refuses this application's credentials, so that another one is worth trying.
    pub(crate) fn is_invalid_client(&self) -> bool {
        let Self::Refused { status, error, .. } = self else {
            return false;
        };
        error == "invalid_client" && oauth_error::is_definite_refusal(*status, error)
    }

    /// Whether the EHR refuses the token that the request was authorised with, and not that it was authorised in this way.
    pub(crate) fn is_unauthorized(&self) -> bool {
        match self {
            Self::Refused { status: 401, error, .. } => {
                !matches!(error.as_str(), "invalid_client" | "unauthorized_client")
            }
            Self::UnexpectedStatus { status: 401, .. } => true,
            _ => false,
        }
    }

    /// Whether the EHR cannot revoke tokens of this kind (RFC 7009, section 2.2.1).
    pub(crate) fn is_unsupported_token_type(&self) -> bool {
        self.error_code() == Some("unsupported_token_type")
    }
}

#[cfg(test)]
mod tests;
