//! Why a client is to be deleted ([`WhyUnwanted`]), and that it could not be.

use super::error::RegistrationError;

/// Why a client that was registered is not wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WhyUnwanted {
    CallerGone,
    AnotherWasFirst,
    NotSaved,
    Unusable,
    AnswerUnusable,
    Superseded,
}

impl WhyUnwanted {
    pub(super) const fn in_words(self) -> &'static str {
        match self {
            Self::CallerGone => "its caller had gone, and what came with it is lost",
            Self::AnotherWasFirst => "another process had registered one meanwhile",
            Self::NotSaved => "the store did not take it",
            Self::Unusable => "it cannot be used",
            Self::AnswerUnusable => "its answer cannot be used",
            Self::Superseded => "another one has taken its place",
        }
    }
}

pub(super) fn tell_left(ehr: &str, client_id: Option<&str>, why: WhyUnwanted, error: &RegistrationError) {
    let unwanted = why.in_words();
    tracing::warn!(
        ehr,
        client_id,
        %error,
        "a client that is not wanted could not be deleted ({unwanted}). Unless it has come into use since, delete it at the EHR, \
         or, where no `client_id` stands here, look into the EHR's list of clients and delete there what is not in use"
    );
}
