//! Why [`SmartClient`](crate::SmartClient) did not get tokens.

use crate::{
    launch::{exchange::Unfit, id_token::IdentityError},
    protocol::{
        callback::{CallbackQueryError, EhrError, IssProblem},
        scope::Scopes,
        token::RefreshMismatch,
        token_error::TokenError,
    },
};

/// Why an authorization did not finish. The pending value is gone in any case: start again.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum FinishError {
    /// The query of the callback is not one.
    #[error(transparent)]
    Query(#[from] CallbackQueryError),
    /// `state` is not the one that was sent: the callback belongs to another authorization, or is forged.
    #[error("the state of the callback is not the one that was sent; start again")]
    StateMismatch,
    /// The authorization belongs to another EHR than the one of this client. Nothing was sent.
    #[error(
        "the authorization began at another EHR than the one of this client; use `SmartClient::for_ehr` with that EHR"
    )]
    OtherEhr,
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
    /// The EHR gave no new tokens.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The EHR answered for somebody else.
    #[error(transparent)]
    Mismatch(#[from] RefreshMismatch),
}
