//! Why a sign-in did not finish, as a value to compare with: [`Refusal`].

use actix_smart_auth::error::{CallbackQueryError, EhrText, FinishError, TokenError};

/// A [`FinishError`] that a test can write down. Of what the EHR wrote, it has the length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal<'a> {
    Query(CallbackQueryError),
    StateMismatch,
    Expired,
    WrongIssuer,
    MissingIssuer,
    NoCode,
    /// The callback has an error.
    Ehr {
        code: &'a str,
        description: Option<usize>,
        uri: Option<usize>,
    },
    /// The token endpoint does not take the code: `invalid_grant` with status 400, and no time to come again.
    CodeRefused {
        description: Option<usize>,
    },
}

impl<'a> Refusal<'a> {
    pub fn of(error: &'a FinishError) -> Self {
        match error {
            FinishError::Query(error) => Self::Query(*error),
            FinishError::StateMismatch => Self::StateMismatch,
            FinishError::Expired => Self::Expired,
            FinishError::WrongIssuer => Self::WrongIssuer,
            FinishError::MissingIssuer => Self::MissingIssuer,
            FinishError::NoCode => Self::NoCode,
            FinishError::Refused(error) => Self::Ehr {
                code: &error.code,
                description: length(error.description.as_ref()),
                uri: length(error.uri.as_ref()),
            },
            FinishError::Token(TokenError::Refused {
                status: 400,
                error,
                description,
                retry_after: None,
                ..
            }) if error == "invalid_grant" => Self::CodeRefused {
                description: length(description.as_ref()),
            },
            other => panic!("no callback has this outcome here: {other:?}"),
        }
    }
}

impl Refusal<'static> {
    /// A parameter comes twice.
    pub const fn repeated(parameter: &'static str) -> Self {
        Self::Query(CallbackQueryError::Repeated { parameter })
    }

    /// A parameter is not text.
    pub const fn not_text(parameter: &'static str) -> Self {
        Self::Query(CallbackQueryError::NotText { parameter })
    }

    /// A parameter is longer than this.
    pub const fn too_long(parameter: &'static str, limit: usize) -> Self {
        Self::Query(CallbackQueryError::TooLong { parameter, limit })
    }

    /// The EHR's error with a description of so many characters, and no link.
    pub const fn by_ehr(code: &'static str, description: Option<usize>) -> Self {
        Self::Ehr {
            code,
            description,
            uri: None,
        }
    }
}

fn length(text: Option<&EhrText>) -> Option<usize> {
    text.map(|text| text.as_str().chars().count())
}
