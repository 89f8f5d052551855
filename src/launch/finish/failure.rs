//! What is said of a callback that opens no launch: to the log what to do, to the person the kind.

use super::{CallbackReply, NotYet};
use crate::{
    launch::id_token::IdentityError,
    log_throttle::log_seldom,
    protocol::{
        callback::{EhrError, IssProblem},
        token_error::TokenError,
    },
    runtime::{Shared, token_client::TokenCallError},
    store::{CallbackOutcome, FailedCallback, FailedCallbackKind, PendingRecord},
};

/// The callback is, or may be, of another authorization server (RFC 9207): its code must not be sent.
pub(super) fn wrong_issuer(shared: &Shared, pending: &PendingRecord, problem: IssProblem) -> CallbackOutcome {
    let ehr = &pending.ehr;
    match problem {
        IssProblem::Other => log_seldom!(
            shared,
            error,
            %ehr,
            "a callback came from another authorization server than the one that was asked; its code is not used"
        ),
        IssProblem::Missing => log_seldom!(
            shared,
            error,
            %ehr,
            "a callback does not say from which authorization server it comes (`iss`), although the EHR's metadata \
             promises that (authorization_response_iss_parameter_supported); its code is not used. Report it to the EHR"
        ),
        IssProblem::NothingToCompare => log_seldom!(
            shared,
            error,
            %ehr,
            "a callback names its authorization server (`iss`), but the EHR's metadata has no `issuer` to compare with, \
             and several EHRs are registered; its code is not used. Have the EHR add `issuer` to its metadata"
        ),
    }
    failed(FailedCallbackKind::WrongIssuer, pending)
}

/// It is not known for certain who signed in, and so nothing is opened.
pub(super) fn identity_refused(pending: &PendingRecord, error: &IdentityError) -> CallbackOutcome {
    let ehr = &pending.ehr;
    if error.is_unavailable() {
        tracing::error!(%ehr, %error, "an id token could not be checked; the launch is not opened");
        return failed(FailedCallbackKind::EhrUnavailable, pending);
    }
    if matches!(error, IdentityError::SignInNotFresh(_)) {
        tracing::error!(%ehr, kind = ?error, %error, "a sign-in is not new enough; the launch is not opened");
        return failed(FailedCallbackKind::SignInNotFresh, pending);
    }
    tracing::error!(%ehr, kind = ?error, %error, "an id token was refused; the launch is not opened");
    failed(FailedCallbackKind::IdentityRefused, pending)
}

pub(super) fn ehr_error(shared: &Shared, pending: &PendingRecord, error: EhrError) -> CallbackOutcome {
    log_seldom!(shared, warn, ehr = %pending.ehr, code = %error.code, "the EHR answered an authorization request with an error");
    let kind = match error.code.as_str() {
        "access_denied" => FailedCallbackKind::AccessDenied,
        _ => FailedCallbackKind::EhrError,
    };
    CallbackOutcome::Failed(FailedCallback {
        error_code: Some(error.code),
        description: error.description.map(|text| text.as_str().to_owned()),
        ..of_pending(kind, pending)
    })
}

pub(super) fn exchange_failed(shared: &Shared, pending: &PendingRecord, error: TokenCallError) -> CallbackOutcome {
    let kind = match &error {
        TokenCallError::ClientAuth(_) => FailedCallbackKind::ClientRefused,
        TokenCallError::RegistrationChanged => FailedCallbackKind::RegistrationChanged,
        // The registration was looked up before.
        TokenCallError::Ehr(_) => FailedCallbackKind::Internal,
        TokenCallError::Token(error) if error.is_invalid_grant() => FailedCallbackKind::CodeRefused,
        TokenCallError::Token(error) if error.is_invalid_client() => FailedCallbackKind::ClientRefused,
        TokenCallError::Token(TokenError::Transport(_) | TokenError::UnexpectedStatus { .. }) => {
            FailedCallbackKind::EhrUnavailable
        }
        TokenCallError::Busy { .. } => FailedCallbackKind::EhrUnavailable,
        TokenCallError::Token(TokenError::Refused { .. }) => FailedCallbackKind::EhrError,
        TokenCallError::Token(_) => FailedCallbackKind::BadTokenResponse,
    };
    match kind {
        FailedCallbackKind::ClientRefused => {
            log_seldom!(shared, error, %error, ehr = %pending.ehr, "the EHR refuses this application; check client id and credentials");
        }
        _ => log_seldom!(shared, warn, %error, ehr = %pending.ehr, "a code was not exchanged for tokens"),
    }
    let (error_code, description) = match &error {
        TokenCallError::Token(error) => (
            error.error_code().map(str::to_owned),
            error.description().map(|text| text.as_str().to_owned()),
        ),
        _ => (None, None),
    };
    CallbackOutcome::Failed(FailedCallback {
        error_code,
        description,
        ..of_pending(kind, pending)
    })
}

/// The answer while a code cannot be sent. The callback was not used, so that it may come again.
pub(super) const fn not_sent(error: &TokenCallError) -> CallbackReply {
    match error {
        TokenCallError::Busy { retry_after } => CallbackReply::TryAgain {
            why: NotYet::Busy,
            retry_after: *retry_after,
        },
        TokenCallError::Token(_)
        | TokenCallError::ClientAuth(_)
        | TokenCallError::Ehr(_)
        | TokenCallError::RegistrationChanged => CallbackReply::try_again(NotYet::EhrUnavailable),
    }
}

pub(super) fn failed(kind: FailedCallbackKind, pending: &PendingRecord) -> CallbackOutcome {
    CallbackOutcome::Failed(of_pending(kind, pending))
}

pub(super) fn of_pending(kind: FailedCallbackKind, pending: &PendingRecord) -> FailedCallback {
    FailedCallback {
        ehr: Some(pending.ehr.clone()),
        ..FailedCallback::new(kind, pending.kind)
    }
}
