//! Why [`SmartClient`](crate::SmartClient) did not get tokens.

use std::{error::Error, fmt};

use super::PendingAuthorization;
use crate::{
    launch::{begin::StartError, exchange::Unfit, id_token::IdentityError},
    protocol::{
        callback::{CallbackQueryError, EhrError, IssProblem},
        scope::Scopes,
        token::RefreshMismatch,
        token_error::TokenError,
    },
    store::StoreError,
};

/// An authorization that did not finish: why, and what can still be finished.
#[derive(Debug)]
#[non_exhaustive]
pub struct Unfinished {
    /// Why.
    pub error: FinishError,
    /// The pending authorization, where this sign-in can still be finished: when the right callback comes
    /// ([`FinishError::StateMismatch`], [`FinishError::Query`]), with the client of the right EHR ([`FinishError::OtherEhr`]), or
    /// when what kept the code from being sent has passed ([`TokenError::was_not_sent`]). `None`: the person has to start again.
    pub pending: Option<Box<PendingAuthorization>>,
}

impl Unfinished {
    /// It is over.
    pub(super) const fn lost(error: FinishError) -> Self {
        Self { error, pending: None }
    }

    /// It can still be finished.
    pub(super) fn kept(error: impl Into<FinishError>, pending: PendingAuthorization) -> Self {
        Self {
            error: error.into(),
            pending: Some(Box::new(pending)),
        }
    }
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Error for Unfinished {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

impl From<Unfinished> for FinishError {
    fn from(unfinished: Unfinished) -> Self {
        unfinished.error
    }
}

/// Why an authorization did not finish.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum FinishError {
    /// The query of the callback is not one.
    #[error(transparent)]
    Query(#[from] CallbackQueryError),
    /// `state` is not the one that was sent: the callback belongs to another authorization, or is forged.
    #[error("the state of the callback is not the one that was sent; wait for the right callback, or start again")]
    StateMismatch,
    /// The authorization belongs to another EHR than the one of this client. Nothing was sent.
    #[error(
        "the authorization began at another EHR than the one of this client; use `SmartClient::for_ehr` with that EHR"
    )]
    OtherEhr,
    /// The token store has not answered since this process started, so that nobody knows what time it is there. Nothing was sent.
    #[error("the token store has not said yet what time it is; try again when it answers: {0}")]
    Store(#[source] StoreError),
    /// More than the lifetime of a pending authorization has passed.
    #[error("the authorization took too long; start again")]
    Expired,
    /// The callback came from another authorization server than the one asked (RFC 9207). The code was not sent.
    #[error("the callback came from another authorization server than the one that was asked; start again")]
    WrongIssuer,
    /// The callback does not say from which authorization server it comes, although the EHR promises that (RFC 9207).
    /// The code was not sent.
    #[error(
        "the callback does not say from which authorization server it comes (`iss`), although the EHR's metadata promises that; report it to the EHR"
    )]
    MissingIssuer,
    /// The callback says from which authorization server it comes, and there is nothing to compare it with: the metadata
    /// has no `issuer`, and several EHRs are registered (RFC 9207). The code was not sent.
    #[error(
        "the callback names its authorization server (`iss`), but the EHR's metadata has no `issuer`; have the EHR add it"
    )]
    UnknownIssuer,
    /// The EHR, or the person, refused.
    #[error("the EHR answered with the error `{}`", .0.code)]
    Refused(EhrError),
    /// The callback had neither a code nor an error.
    #[error("the callback has neither a code nor an error")]
    NoCode,
    /// The code was not exchanged for tokens.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The EHR did not grant what the registration requires. The tokens are dropped, and revoked in the background where
    /// the EHR has an endpoint for it.
    #[error(
        "the EHR did not grant {missing}, which the registration requires; allow it when signing in, or ask the EHR"
    )]
    ScopesNotGranted {
        /// The required scopes that are not granted.
        missing: Scopes,
    },
    /// It is not known for certain who signed in. The tokens were dropped, and are revoked in the background where the
    /// EHR has an endpoint for it.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl From<IssProblem> for FinishError {
    fn from(problem: IssProblem) -> Self {
        match problem {
            IssProblem::Other => Self::WrongIssuer,
            IssProblem::Missing => Self::MissingIssuer,
            IssProblem::NothingToCompare => Self::UnknownIssuer,
        }
    }
}

impl From<Unfit> for FinishError {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::ScopesNotGranted { missing } => Self::ScopesNotGranted { missing },
            Unfit::Identity(error) => Self::Identity(error),
        }
    }
}

/// Why tokens were not refreshed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// There is no refresh token.
    #[error("the EHR gave no refresh token; request `offline_access` or `online_access`")]
    NoRefreshToken,
    /// The value belongs to another EHR than the one of this client. Nothing was sent.
    #[error("the tokens are of another EHR than the one of this client; use `SmartClient::for_ehr` with that EHR")]
    OtherEhr,
    /// A list of scopes was given, and there is none in it. Nothing was sent.
    #[error("no scope is asked for; leave out `RefreshOptions::scopes` to ask for what was granted")]
    NoScopes,
    /// The token store has not answered since this process started, so that nobody knows what time it is there. Nothing was sent.
    #[error("the token store has not said yet what time it is; try again when it answers: {0}")]
    Store(#[source] StoreError),
    /// It is not known where to send a refresh token that came alone. Nothing was sent.
    #[error(transparent)]
    Endpoints(#[from] StartError),
    /// The EHR gave no new tokens.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The EHR answered for somebody else.
    #[error(transparent)]
    Mismatch(#[from] RefreshMismatch),
}
