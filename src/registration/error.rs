//! Why something about a registration was not done: [`RegistrationError`].

use std::{fmt, time::Duration};

use crate::{
    protocol::{
        body_kind::BodyKind,
        client_registration::Management,
        ehr_text::EhrText,
        oauth_error::{advice_for_status, is_definite_refusal, is_temporary_code},
        transport_error::TransportError,
        urls::UrlError,
    },
    runtime::discovery::DiscoveryError,
};

/// How large an answer may be, in bytes. The registration is kept in a store, whose values have 256 KiB at most.
pub(super) const LARGEST_ANSWER: usize = 128 * 1024;
/// No option changes that limit.
const TOO_LARGE: &str = "a registration has 128 KiB at most, so ask the EHR's operator what it is";

/// What was to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegistrationOperation {
    /// [`Registrar::register`](super::Registrar::register).
    Register,
    /// [`Registrar::read`](super::Registrar::read).
    Read,
    /// [`Registrar::update`](super::Registrar::update).
    Update,
    /// [`Registrar::delete`](super::Registrar::delete).
    Delete,
}

/// What a refusal means, by its code, its status, and what was to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalMeaning {
    /// A registration needs an initial access token, or another one than was sent.
    InitialAccessToken,
    /// A redirect URI is not accepted (`invalid_redirect_uri`).
    RedirectUri,
    /// Something else of the metadata is not (`invalid_client_metadata`).
    Metadata,
    /// The software statement is not accepted (`invalid_software_statement`, `unapproved_software_statement`).
    SoftwareStatement,
    /// The client is not registered any more, or its registration access token is revoked (401; RFC 7592, section 2). Servers do
    /// not say which.
    Gone,
    /// The server does not allow it with this token (403).
    NotAllowed,
    /// The server does not offer it (405).
    NotOffered,
    /// The server is in trouble, or has too much to do.
    Temporary,
    /// None of these.
    Other,
}

/// Why a client was not registered, read, changed or deleted.
///
/// No secret is in it, and no value that the server sent but the error code, restricted to the characters of names; its explanation
/// is in [`description`](Self::description).
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationError {
    /// The FHIR base URL cannot be used. Nothing was sent.
    #[error("the FHIR base URL {0}")]
    FhirBaseUrl(UrlError),
    /// The endpoint that was named cannot be used. Nothing was sent.
    #[error("the registration endpoint {0}")]
    Endpoint(UrlError),
    /// The metadata of the EHR cannot be read, and so its registration endpoint is not known. Nothing was sent.
    #[error("the registration endpoint is not known: {0}; or name it (`endpoint` of `Registrar` or `ToRegister`)")]
    Discovery(#[from] DiscoveryError),
    /// The EHR publishes no endpoint for it. Nothing was sent.
    #[error(
        "the EHR publishes no usable `registration_endpoint`; register by hand, or name the endpoint \
         (`endpoint` of `Registrar` or `ToRegister`) where its documentation has one"
    )]
    NoEndpoint,
    /// The registration is at another EHR than this registrar's. Nothing was sent.
    #[error("the registration is at another EHR; take the `SmartConfig::registrar` of that one")]
    OtherEhr,
    /// The registration cannot be read, changed or deleted here. Nothing was sent.
    #[error("the registration cannot be managed: {}; else do it by hand at the EHR", .0.reason())]
    NotManageable(Management),
    /// The server refused.
    #[error(
        "{}{}",
        Refusal { operation: *operation, status: *status, code: error.as_deref(), meaning: *meaning },
        Unknown(self.may_have_registered())
    )]
    #[non_exhaustive]
    Refused {
        /// What was to be done.
        operation: RegistrationOperation,
        /// The status code.
        status: u16,
        /// The error code, for example `invalid_redirect_uri`; `unknown` when it is not of that form. `None`: the status alone says it.
        error: Option<String>,
        /// The server's explanation. Data, not to be trusted.
        description: Option<EhrText>,
        /// What it means.
        meaning: RefusalMeaning,
        /// How long the server asks to wait before the next attempt, at most an hour.
        retry_after: Option<Duration>,
    },
    /// Neither success nor a refusal in the way of OAuth; or success, but with a web page.
    #[error(
        "{operation}: the server answered with status {status} and {body}; {}{}",
        advice_for_status(*status),
        Unknown(self.may_have_registered())
    )]
    #[non_exhaustive]
    UnexpectedStatus {
        /// What was to be done.
        operation: RegistrationOperation,
        /// The status code.
        status: u16,
        /// What the body looks like.
        body: BodyKind,
        /// How long the server asks to wait before the next attempt, at most an hour.
        retry_after: Option<Duration>,
    },
    /// Success by its status, but no JSON object.
    #[error(
        "{operation}: the server answered with status {status} and {body} instead of a JSON object{}",
        Unknown(self.may_have_registered())
    )]
    #[non_exhaustive]
    NotAnObject {
        /// What was to be done.
        operation: RegistrationOperation,
        /// The status code.
        status: u16,
        /// What the body looks like.
        body: BodyKind,
    },
    /// Success by its status, but a member is missing, of the wrong type, comes twice, or is of another client.
    #[error(
        "{operation}: `{member}` of the server's answer is missing or cannot be used; it sent {}; ask its operator what \
         this answer means{}",
        Names(received_fields),
        Unknown(self.may_have_registered())
    )]
    #[non_exhaustive]
    Unusable {
        /// What was to be done.
        operation: RegistrationOperation,
        /// The status code.
        status: u16,
        /// The member.
        member: &'static str,
        /// The names of the members that came.
        received_fields: Vec<String>,
    },
    /// There was no complete answer.
    #[error("{operation}: {}{}", source.with_limit(TOO_LARGE), Unknown(self.may_have_registered()))]
    #[non_exhaustive]
    Transport {
        /// What was to be done.
        operation: RegistrationOperation,
        /// Why there was none.
        source: TransportError,
    },
}

debug_is_its_text!(RegistrationError);

impl RegistrationError {
    /// Whether the server may have registered a client of which nothing is known here. Sending the same again may make a second one:
    /// look into the server's list of clients first, or have its operator look.
    #[must_use]
    pub fn may_have_registered(&self) -> bool {
        self.operation() == Some(RegistrationOperation::Register) && self.may_have_been_done()
    }

    /// Whether the server may have done what it was asked to. After a change, [`read`](super::Registrar::read) tells, unless the
    /// server has given a new registration access token with the answer that was lost.
    #[must_use]
    pub fn may_have_been_done(&self) -> bool {
        match self {
            Self::Transport { source, .. } => !source.was_not_sent(),
            Self::Refused { status, error, .. } => match error {
                Some(code) => !is_definite_refusal(*status, code),
                None => false,
            },
            Self::UnexpectedStatus { status, .. } => matches!(status, 200..=399) || is_temporary_status(*status),
            Self::NotAnObject { .. } | Self::Unusable { .. } => true,
            Self::FhirBaseUrl(_)
            | Self::Endpoint(_)
            | Self::Discovery(_)
            | Self::NoEndpoint
            | Self::OtherEhr
            | Self::NotManageable(_) => false,
        }
    }

    /// What was to be done, where something was sent or was about to be.
    #[must_use]
    pub const fn operation(&self) -> Option<RegistrationOperation> {
        match self {
            Self::Refused { operation, .. }
            | Self::UnexpectedStatus { operation, .. }
            | Self::NotAnObject { operation, .. }
            | Self::Unusable { operation, .. }
            | Self::Transport { operation, .. } => Some(*operation),
            Self::FhirBaseUrl(_)
            | Self::Endpoint(_)
            | Self::Discovery(_)
            | Self::NoEndpoint
            | Self::OtherEhr
            | Self::NotManageable(_) => None,
        }
    }

    /// The status code of the answer; `None` when there was none.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. }
            | Self::UnexpectedStatus { status, .. }
            | Self::NotAnObject { status, .. }
            | Self::Unusable { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The OAuth error code, when the server refused with one.
    #[must_use]
    pub fn error_code(&self) -> Option<&str> {
        match self {
            Self::Refused { error, .. } => error.as_deref(),
            _ => None,
        }
    }

    /// The server's explanation. Data, not to be trusted: escape it, and do not log it unasked.
    #[must_use]
    pub const fn description(&self) -> Option<&EhrText> {
        match self {
            Self::Refused { description, .. } => description.as_ref(),
            _ => None,
        }
    }

    /// What the refusal means; `None` when it is none.
    #[must_use]
    pub const fn meaning(&self) -> Option<RefusalMeaning> {
        match self {
            Self::Refused { meaning, .. } => Some(*meaning),
            _ => None,
        }
    }

    /// How long the server asks to wait before the next attempt, at most an hour.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } | Self::UnexpectedStatus { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the same may succeed later without anybody mending anything.
    pub(super) fn is_temporary(&self) -> bool {
        match self {
            Self::Transport { source, .. } => source.is_temporary(),
            Self::Refused { meaning, .. } => *meaning == RefusalMeaning::Temporary,
            Self::UnexpectedStatus { status, .. } => is_temporary_status(*status),
            _ => false,
        }
    }

    /// The names of the members of an answer that could not be used; empty in all other cases.
    #[must_use]
    pub fn received_fields(&self) -> &[String] {
        match self {
            Self::Unusable { received_fields, .. } => received_fields,
            _ => &[],
        }
    }
}

impl RefusalMeaning {
    pub(super) fn of(operation: RegistrationOperation, status: u16, code: Option<&str>) -> Self {
        let is_registering = operation == RegistrationOperation::Register;
        match (code.unwrap_or_default(), status) {
            ("invalid_redirect_uri", _) => Self::RedirectUri,
            ("invalid_client_metadata", _) => Self::Metadata,
            ("invalid_software_statement" | "unapproved_software_statement", _) => Self::SoftwareStatement,
            (code, _) if is_temporary_code(code) => Self::Temporary,
            (_, status) if is_temporary_status(status) => Self::Temporary,
            ("invalid_token", _) | (_, 401) if is_registering => Self::InitialAccessToken,
            ("invalid_token", _) | (_, 401) => Self::Gone,
            (_, 403) => Self::NotAllowed,
            (_, 405) => Self::NotOffered,
            _ => Self::Other,
        }
    }

    /// What to do.
    const fn advice(self) -> &'static str {
        match self {
            Self::InitialAccessToken => {
                "ask the EHR's operator whether registering needs an initial access token, and give it (`initial_access_token`); one that was given is \
                 wrong, used up or expired"
            }
            Self::RedirectUri => {
                "change the redirect URIs; the EHR's own words, in the log and in the description of this error, may say what is \
                 wrong with them"
            }
            Self::Metadata => {
                "change the metadata; the EHR's own words, in the log and in the description of this error, may say what is wrong \
                 with it"
            }
            Self::SoftwareStatement => "get a software statement from somebody whom this server trusts",
            Self::Gone => {
                "the client is not registered there any more, or its registration access token is revoked: register again"
            }
            Self::NotAllowed => "ask the EHR's operator to allow it",
            Self::NotOffered => "the server does not offer it: do it by hand at the EHR",
            Self::Temporary => "try again later",
            Self::Other => "ask the EHR's operator what it means",
        }
    }
}

const fn is_temporary_status(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599)
}

impl fmt::Display for RegistrationOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Register => "registering the client",
            Self::Read => "reading the registration",
            Self::Update => "changing the registration",
            Self::Delete => "deleting the registration",
        })
    }
}

struct Refusal<'a> {
    operation: RegistrationOperation,
    status: u16,
    code: Option<&'a str>,
    meaning: RefusalMeaning,
}

impl fmt::Display for Refusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: the server refused (", self.operation)?;
        if let Some(code) = self.code {
            write!(f, "{code}, ")?;
        }
        write!(f, "status {}); {}", self.status, self.meaning.advice())
    }
}

/// What cannot be known.
struct Unknown(bool);

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 {
            f.write_str(
                "; the server may have registered a client that nobody here knows: look into its list of clients before you \
                 try again",
            )?;
        }
        Ok(())
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
