//! Why a request to the control interface is not carried out: [`Refusal`].

use serde_json::{Value, json};

use super::{
    super::{SettingsRefused, request_body::NoBody},
    ROOT,
};

/// Each says what to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("a page in a browser sent this; drive the sandbox from a test or a script, which send no Origin")]
    FromAPage,
    #[error(
        "{0:?} is no name of this sandbox; use 127.0.0.1 or localhost, or start it with this name as a host name of the control interface"
    )]
    ForeignHost(String),
    #[error(transparent)]
    NoBody(#[from] NoBody),
    #[error("the body has bytes that are no UTF-8; send JSON in UTF-8")]
    NotUtf8,
    #[error("there is no such path; GET {ROOT}/openapi.json lists all")]
    NoSuchPath,
    #[error("this path takes {0} alone; use that")]
    NoSuchMethod(String),
    #[error("no EHR is named {name:?}; there are: {known}")]
    NoSuchEhr { name: String, known: String },
    #[error("no client has the id {id:?}; there are: {known}")]
    NoSuchClient { id: String, known: String },
    #[error("no patient of the data has the id {id:?}; there are: {known}")]
    NoSuchPatient { id: String, known: String },
    #[error("no encounter of the patient {patient} has the id {id:?}; there are: {known}")]
    NoSuchEncounter { id: String, patient: String, known: String },
    #[error("no grant has the number {0:?}; GET the grants to see which there are")]
    NoSuchGrant(String),
    #[error(
        "this sandbox did not issue this token; give an access token or a refresh token of this EHR, as the application got it"
    )]
    NoSuchToken,
    #[error("the body: {0}")]
    Body(String),
    #[error("the query: {0}")]
    Query(String),
    #[error(transparent)]
    Settings(#[from] SettingsRefused),
    #[error("{came} of {wanted} requests came in time; look at what the application did, or give a longer timeout")]
    NotYet { came: usize, wanted: usize, seen: Value },
    #[error("an EHR has stopped; look at what the program printed, and start it again")]
    Stopped,
}

impl Refusal {
    pub(super) const fn status(&self) -> u16 {
        match self {
            Self::FromAPage | Self::ForeignHost(_) => 403,
            Self::NoBody(none) => none.status(),
            Self::NoSuchPath
            | Self::NoSuchEhr { .. }
            | Self::NoSuchClient { .. }
            | Self::NoSuchGrant(_)
            | Self::NoSuchToken => 404,
            Self::NoSuchMethod(_) => 405,
            Self::Body(_) | Self::Query(_) | Self::NotUtf8 => 400,
            Self::Settings(_) | Self::NoSuchPatient { .. } | Self::NoSuchEncounter { .. } => 409,
            Self::NotYet { .. } => 408,
            Self::Stopped => 503,
        }
    }

    /// A word that never changes.
    const fn code(&self) -> &'static str {
        match self {
            Self::FromAPage => "from-a-page",
            Self::ForeignHost(_) => "foreign-host",
            Self::NoBody(NoBody::TooLarge) => "too-large",
            Self::NoBody(NoBody::TooSlow) => "too-slow",
            Self::NoBody(NoBody::Broken) => "broken-body",
            Self::NotUtf8 => "not-utf-8",
            Self::NoSuchPath => "no-such-path",
            Self::NoSuchMethod(_) => "no-such-method",
            Self::NoSuchEhr { .. } => "no-such-ehr",
            Self::NoSuchClient { .. } => "no-such-client",
            Self::NoSuchPatient { .. } => "no-such-patient",
            Self::NoSuchEncounter { .. } => "no-such-encounter",
            Self::NoSuchGrant(_) => "no-such-grant",
            Self::NoSuchToken => "no-such-token",
            Self::Body(_) => "invalid-body",
            Self::Query(_) => "invalid-query",
            Self::Settings(SettingsRefused::FilesAtAnotherPort) => "needs-a-restart",
            Self::Settings(SettingsRefused::Nobody(_)) => "nobody",
            Self::NotYet { .. } => "not-yet",
            Self::Stopped => "stopped",
        }
    }

    /// The value of `Allow`.
    pub(super) fn allow(&self) -> Option<String> {
        match self {
            Self::NoSuchMethod(methods) => Some(methods.clone()),
            _ => None,
        }
    }

    pub(super) fn body(&self) -> Value {
        let mut body = match self {
            Self::NotYet { seen, .. } => seen.clone(),
            _ => json!({}),
        };
        if let Some(members) = body.as_object_mut() {
            members.insert("error".to_owned(), json!(self.code()));
            members.insert("message".to_owned(), json!(self.to_string()));
        }
        body
    }
}
