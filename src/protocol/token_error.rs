//! Why a token request gave no token.

use std::{fmt, time::Duration};

use crate::protocol::{
    body_kind::BodyKind,
    client_auth::credentials::ClientAuthError,
    echoed_secrets::SentSecrets,
    ehr_text::EhrText,
    http::HttpResponse,
    oauth_error::{self, OAuthError, advice_at_endpoint, advice_for_status, is_temporary_code},
    reach::Reach,
    transport_error::TransportError,
};

/// Why the token endpoint gave no token that can be used.
///
/// No value that the EHR sent is in a message: only the status, the error code and the names of members, each
/// restricted to the characters of names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The EHR refused in the way of OAuth (RFC 6749, section 5.2), whatever the status.
    #[error(
        "the EHR refused the token request ({error}, status {status}); {}",
        advice_at_endpoint(error)
    )]
    #[non_exhaustive]
    Refused {
        /// The status code. Not always 400 or 401: some EHRs send 403, some 200.
        status: u16,
        /// The error code, for example `invalid_grant`; `unknown` when it is not of that form.
        error: String,
        /// The EHR's explanation. Data, not to be trusted.
        description: Option<EhrText>,
        /// How long the EHR asks to wait, at most 5 minutes.
        retry_after: Option<Duration>,
    },
    /// Neither success nor an OAuth error.
    #[error("the token endpoint answered with status {status} and {body}; {}", advice_for_status(*status))]
    #[non_exhaustive]
    UnexpectedStatus {
        /// The status code.
        status: u16,
        /// What the body looks like.
        body: BodyKind,
        /// How long the server asks to wait, at most 5 minutes.
        retry_after: Option<Duration>,
    },
    /// Success by its status, but the body is no JSON object.
    #[error(
        "the token endpoint answered with status {status} and {body} instead of a JSON object; check that the EHR announces the right token endpoint and that no proxy or sign-in page stands in between"
    )]
    #[non_exhaustive]
    NotAnObject {
        /// The status code.
        status: u16,
        /// What the body looks like.
        body: BodyKind,
    },
    /// A JSON object without an access token, or with an empty one.
    #[error(
        "the token endpoint answered with status {status} but without an `access_token` that can be used; it sent {}; ask the EHR's administrator what this answer means",
        Names(received_fields)
    )]
    #[non_exhaustive]
    MissingAccessToken {
        /// The status code.
        status: u16,
        /// The names of the members that came.
        received_fields: Vec<String>,
    },
    /// `token_type` is missing or not `bearer`: nobody knows how to use such a token (RFC 6749, section 7.1).
    #[error(
        "the token response has no `token_type` or one other than `Bearer`, so the token cannot be used; it has {}; register this application for bearer tokens",
        Names(received_fields)
    )]
    #[non_exhaustive]
    TokenType {
        /// The status code.
        status: u16,
        /// The names of the members that came.
        received_fields: Vec<String>,
    },
    /// A member that safety depends on is of the wrong type or form, or comes twice.
    #[error(
        "`{field}` of the token response cannot be used: it is of the wrong type or form, or comes twice; the response has {}; report it to the EHR's administrator",
        Names(received_fields)
    )]
    #[non_exhaustive]
    InvalidField {
        /// The status code.
        status: u16,
        /// The member.
        field: &'static str,
        /// The names of the members that came.
        received_fields: Vec<String>,
    },
    /// There was no complete answer.
    #[error("the token endpoint could not be asked: {0}")]
    Transport(#[from] TransportError),
    /// The request could not be authenticated; nothing was sent.
    #[error(transparent)]
    ClientAuth(#[from] ClientAuthError),
    /// The EHR is registered with another client id than the authorization began with, and codes and refresh tokens are good
    /// for no other client; nothing was sent.
    #[error(
        "the registration of the EHR has another client id than this authorization began with; the person has to start again"
    )]
    RegistrationChanged,
    /// Too many token requests to this EHR registration are under way; nothing was sent.
    #[error("too many requests to this EHR are under way; try again in {} s", retry_after.as_secs())]
    #[non_exhaustive]
    Busy {
        /// When it is worth trying again.
        retry_after: Duration,
    },
}

impl TokenError {
    /// The status code of the answer; `None` when there was none.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. }
            | Self::UnexpectedStatus { status, .. }
            | Self::NotAnObject { status, .. }
            | Self::MissingAccessToken { status, .. }
            | Self::TokenType { status, .. }
            | Self::InvalidField { status, .. } => Some(*status),
            Self::Transport(_) | Self::ClientAuth(_) | Self::RegistrationChanged | Self::Busy { .. } => None,
        }
    }

    /// Whether the code or the refresh token certainly never reached the EHR, so that it is still good.
    #[must_use]
    pub const fn was_not_sent(&self) -> bool {
        match self {
            Self::Transport(error) => error.was_not_sent(),
            Self::ClientAuth(_) | Self::RegistrationChanged | Self::Busy { .. } => true,
            Self::Refused { .. }
            | Self::UnexpectedStatus { .. }
            | Self::NotAnObject { .. }
            | Self::MissingAccessToken { .. }
            | Self::TokenType { .. }
            | Self::InvalidField { .. } => false,
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

    /// The EHR's explanation. Data, not to be trusted: escape it, and do not log it unasked.
    #[must_use]
    pub const fn description(&self) -> Option<&EhrText> {
        match self {
            Self::Refused { description, .. } => description.as_ref(),
            _ => None,
        }
    }

    /// The names of the members of an answer that could not be used; empty in all other cases.
    #[must_use]
    pub fn received_fields(&self) -> &[String] {
        match self {
            Self::MissingAccessToken { received_fields, .. }
            | Self::TokenType { received_fields, .. }
            | Self::InvalidField { received_fields, .. } => received_fields,
            _ => &[],
        }
    }

    /// How long the server asks to wait before the next attempt, at most 5 minutes; or how long it is sensible to wait until
    /// fewer requests to it are under way.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after } => Some(*retry_after),
            Self::Refused { retry_after, .. } | Self::UnexpectedStatus { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The OAuth error code of a definite refusal.
    pub(crate) fn definite_code(&self) -> Option<&str> {
        self.error_code().filter(|_| self.is_definite_refusal())
    }

    /// Whether the EHR definitely refuses this code or refresh token (`invalid_grant`): the launch is over.
    #[must_use]
    pub fn is_invalid_grant(&self) -> bool {
        self.definite_code() == Some("invalid_grant")
    }

    /// Whether the EHR definitely refuses this application's credentials (`invalid_client`): our misconfiguration.
    #[must_use]
    pub fn is_invalid_client(&self) -> bool {
        self.definite_code() == Some("invalid_client")
    }

    /// Whether the server may have used up the code or the refresh token, so that sending it again may be taken for a
    /// replay.
    ///
    /// False only when the request certainly was not sent, or was definitely refused in the way of OAuth.
    #[must_use]
    pub fn may_have_been_processed(&self) -> bool {
        match self {
            Self::Transport(error) => !error.was_not_sent(),
            Self::ClientAuth(_) | Self::RegistrationChanged | Self::Busy { .. } => false,
            _ => !self.is_definite_refusal(),
        }
    }

    /// How far the request came.
    pub(crate) fn reach(&self) -> Reach {
        match self {
            Self::Transport(error) => Reach::of_transport(*error),
            Self::Refused { error, .. } if is_temporary_code(error) => Reach::Troubled,
            Self::NotAnObject {
                body: BodyKind::BrokenOff,
                ..
            } => Reach::Silent,
            Self::UnexpectedStatus { status, body, .. } => match Reach::of_status(*status) {
                Reach::Unusable if *body == BodyKind::BrokenOff => Reach::Silent,
                reach => reach,
            },
            Self::Refused { status, .. } => Reach::of_status(*status),
            Self::NotAnObject { .. }
            | Self::MissingAccessToken { .. }
            | Self::TokenType { .. }
            | Self::InvalidField { .. } => Reach::Unusable,
            // Nothing was asked.
            Self::ClientAuth(_) | Self::RegistrationChanged | Self::Busy { .. } => Reach::Silent,
        }
    }

    /// Whether the EHR refused with status 400 or 401 and a code that is none of OAuth's for token requests: a sentence, or a name
    /// of its own.
    pub(crate) fn is_refused_in_words_of_its_own(&self) -> bool {
        let Self::Refused { status, error, .. } = self else {
            return false;
        };
        matches!(status, 400 | 401) && !oauth_error::is_code_of_token_requests(error) && !is_temporary_code(error)
    }

    /// The same without what repeats a secret of the request that `response` answers.
    pub(crate) fn without(mut self, sent: &SentSecrets, response: &HttpResponse) -> Self {
        match &mut self {
            Self::Refused { error, description, .. } => {
                let refused = OAuthError {
                    code: std::mem::take(error),
                    description: description.take(),
                };
                OAuthError {
                    code: *error,
                    description: *description,
                } = refused.without(sent, &response.body);
            }
            Self::MissingAccessToken { received_fields, .. }
            | Self::TokenType { received_fields, .. }
            | Self::InvalidField { received_fields, .. } => {
                for name in received_fields.iter_mut().filter(|name| sent.are_in(name)) {
                    "(other)".clone_into(name);
                }
            }
            _ => {}
        }
        self
    }

    fn is_definite_refusal(&self) -> bool {
        let Self::Refused { status, error, .. } = self else {
            return false;
        };
        oauth_error::is_definite_refusal(*status, error)
    }
}

struct Names<'a>(&'a [String]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no members at all");
        }
        write!(f, "the members {}", self.0.join(", "))
    }
}

#[cfg(test)]
mod tests;
