//! What is said of a callback that opens no launch: to the log what to do, to the person the kind.

use super::reply::{CallbackReply, NotYet};
use crate::{
    launch::{exchange::Unfit, id_token::IdentityError},
    log_throttle::log_seldom,
    protocol::{
        callback::{EhrError, IssProblem},
        echoed_secrets::SentSecrets,
        ehr_words::EhrWords,
        oauth_error::advice_for_code,
        people::People,
        reach::Reach,
        token_error::TokenError,
        visible::in_log,
    },
    runtime::Runtime,
    store::{CallbackOutcome, FailedCallback, FailedCallbackKind, LaunchKind, PendingRecord},
};

/// The callback is, or may be, of another authorization server (RFC 9207): its code must not be sent.
pub(super) fn wrong_issuer(runtime: &Runtime, pending: &PendingRecord, problem: IssProblem) -> CallbackOutcome {
    let ehr = &pending.ehr;
    match problem {
        IssProblem::Other => log_seldom!(
            runtime,
            error,
            ehr = ehr,
            "a callback came from another authorization server than the one that was asked; its code is not used"
        ),
        IssProblem::Missing => log_seldom!(
            runtime,
            error,
            ehr = ehr,
            "a callback does not say from which authorization server it comes (`iss`), although the EHR's metadata \
             promises that (authorization_response_iss_parameter_supported); its code is not used. Report it to the EHR"
        ),
        IssProblem::NothingToCompare => log_seldom!(
            runtime,
            error,
            ehr = ehr,
            endpoints = ?pending.endpoints.source,
            "a callback names its authorization server (`iss`), but no `issuer` of the EHR is known to compare with, and several \
             EHRs are registered; its code is not used. Have the EHR add `issuer` to its metadata; where the endpoints are the \
             registration's own, name it there (`EhrBuilder::endpoints_issuer`)"
        ),
    }
    failed(FailedCallbackKind::WrongIssuer, pending)
}

/// No launch may open with the tokens that came.
pub(super) fn not_admitted(pending: &PendingRecord, unfit: Unfit) -> CallbackOutcome {
    match unfit {
        Unfit::ScopesNotGranted { missing } => {
            tracing::warn!(
                ehr = %pending.ehr, %missing,
                "the EHR did not grant scopes that its registration here requires; the launch is refused and its tokens are \
                 dropped"
            );
            CallbackOutcome::Failed(FailedCallback {
                missing_scopes: Some(missing),
                ..of_pending(FailedCallbackKind::ScopesNotGranted, pending)
            })
        }
        Unfit::Identity(error) => identity_refused(pending, &error),
    }
}

/// It is not known for certain who signed in, and so nothing is opened.
fn identity_refused(pending: &PendingRecord, error: &IdentityError) -> CallbackOutcome {
    let ehr = &pending.ehr;
    let unchecked = match error {
        IdentityError::Keys(error) => match error.reach() {
            Reach::Silent => Some(FailedCallbackKind::EhrUnavailable),
            Reach::Troubled => Some(FailedCallbackKind::EhrTroubled),
            // It will be the same next time.
            Reach::Unusable => None,
        },
        _ => None,
    };
    if let Some(kind) = unchecked {
        tracing::error!(%ehr, %error, "an id token could not be checked; the launch is not opened");
        return failed(kind, pending);
    }
    if matches!(error, IdentityError::SignInNotFresh(_)) {
        tracing::error!(%ehr, kind = in_log(&format!("{error:?}")), %error, "a sign-in is not new enough; the launch is not opened");
        return failed(FailedCallbackKind::SignInNotFresh, pending);
    }
    tracing::error!(%ehr, kind = in_log(&format!("{error:?}")), %error, "an id token was refused; the launch is not opened");
    failed(FailedCallbackKind::IdentityRefused, pending)
}

pub(super) fn ehr_error(runtime: &Runtime, pending: &PendingRecord, error: EhrError) -> CallbackOutcome {
    let sent = SentSecrets::new(
        [
            Some(pending.code_verifier.expose_secret()),
            pending.nonce.as_ref().map(|nonce| nonce.expose_secret()),
        ]
        .into_iter()
        .flatten()
        .map(str::to_owned),
    );
    let words = runtime.loggable(&EhrWords::of_callback(&error, &sent), &People::default());
    let (code, error_description, error_uri) = (&error.code, words.description.as_deref(), words.uri.as_deref());
    let kind = match code.as_str() {
        "access_denied" => {
            log_seldom!(
                runtime,
                info,
                ehr = pending.ehr,
                code,
                error_description,
                error_uri,
                "a sign-in was declined, by the person or by the EHR"
            );
            FailedCallbackKind::AccessDenied
        }
        _ => {
            log_seldom!(
                runtime,
                warn,
                ehr = pending.ehr,
                code,
                error_description,
                error_uri,
                advice = advice_for_code(code),
                "the EHR answered an authorization request with an error"
            );
            FailedCallbackKind::EhrError
        }
    };
    CallbackOutcome::Failed(FailedCallback {
        error_code: Some(error.code),
        description: error.description.map(|text| text.as_str().to_owned()),
        ..of_pending(kind, pending)
    })
}

pub(super) fn exchange_failed(runtime: &Runtime, pending: &PendingRecord, error: TokenError) -> CallbackOutcome {
    let kind = match &error {
        TokenError::ClientAuth(_) => FailedCallbackKind::ClientRefused,
        TokenError::RegistrationChanged => FailedCallbackKind::RegistrationChanged,
        error if error.is_invalid_grant() => FailedCallbackKind::CodeRefused,
        error if error.is_invalid_client() => FailedCallbackKind::ClientRefused,
        TokenError::Refused { .. } => FailedCallbackKind::EhrError,
        error => match error.reach() {
            Reach::Silent => FailedCallbackKind::EhrUnavailable,
            Reach::Troubled => FailedCallbackKind::EhrTroubled,
            Reach::Unusable => FailedCallbackKind::BadTokenResponse,
        },
    };
    match kind {
        FailedCallbackKind::ClientRefused if error.is_invalid_client() => {
            log_seldom!(
                runtime, error, ehr = pending.ehr, %error,
                "the EHR refuses this application; the line above says what is known and what to try"
            );
        }
        FailedCallbackKind::ClientRefused => {
            log_seldom!(runtime, error, ehr = pending.ehr, %error, "this application cannot authenticate at the EHR; nothing was sent");
        }
        // A stranger can have this one written, with a sign-in of their own and an invented code.
        FailedCallbackKind::CodeRefused => {
            log_seldom!(runtime, warn, ehr = pending.ehr, %error, "a code was not exchanged for tokens, as the EHR does not take it");
        }
        _ => log_seldom!(runtime, warn, ehr = pending.ehr, %error, "a code was not exchanged for tokens"),
    }
    CallbackOutcome::Failed(FailedCallback {
        error_code: error.error_code().map(str::to_owned),
        description: error.description().map(|text| text.as_str().to_owned()),
        ..of_pending(kind, pending)
    })
}

/// The answer while a code cannot be sent. The callback was not used, so that it may come again.
pub(super) const fn not_sent(error: &TokenError) -> CallbackReply {
    match error {
        TokenError::Busy { retry_after } => CallbackReply::TryAgain {
            why: NotYet::Busy,
            retry_after: *retry_after,
        },
        _ => CallbackReply::try_again(NotYet::EhrUnavailable),
    }
}

pub(super) fn failed(kind: FailedCallbackKind, pending: &PendingRecord) -> CallbackOutcome {
    CallbackOutcome::Failed(of_pending(kind, pending))
}

pub(super) fn of_pending(kind: FailedCallbackKind, pending: &PendingRecord) -> FailedCallback {
    failed_at(pending.ehr.clone(), kind, pending.kind)
}

/// A failure at the EHR with this key, of a launch that began so.
pub(super) fn failed_at(ehr: String, kind: FailedCallbackKind, began: LaunchKind) -> FailedCallback {
    FailedCallback {
        ehr: Some(ehr),
        ..FailedCallback::new(kind, began)
    }
}
