//! What sending a code needs. All of it is there before the callback is claimed, so that who is turned away has used nothing.

use std::sync::Arc;

use super::reply::{CallbackReply, NotYet};
use crate::{
    config::Ehr,
    log_throttle::log_seldom,
    protocol::callback::{CallbackAnswer, CallbackQuery},
    runtime::{
        Runtime,
        places::{Busy, Place, PlaceKind},
        registrations::{ClientNow, EhrLookupError},
        signing::SignedAhead,
    },
    store::PendingRecord,
};

/// With what a callback is claimed.
pub(super) enum Ready {
    /// It has no code.
    NoCode,
    /// The EHR is registered with another client id than the authorization began with. The code is not sent.
    OtherClient,
    /// The code can be sent.
    ToSend {
        ehr: Arc<Ehr>,
        place: Place,
        /// What authenticates it, where a signer has the key.
        signed: SignedAhead,
        /// The right to ask the application afterwards, where it wants to be asked. Whoever gets none has sent nothing.
        on_launch: Option<Place>,
    },
}

/// Gets ready to send the code, if there is one.
///
/// # Errors
///
/// The answer to a callback that may come again.
pub(super) async fn get_ready(
    runtime: &Runtime,
    pending: &PendingRecord,
    query: &CallbackQuery,
) -> Result<Ready, CallbackReply> {
    let CallbackAnswer::Code(_) = query.answer else {
        return Ok(Ready::NoCode);
    };
    // Before there is a place: a resolver may take its time, and holds nobody up with that.
    let ehr = runtime.ehr_of_record(&pending.ehr).await.map_err(|error| {
        let ehr = &pending.ehr;
        match error {
            EhrLookupError::NotRegistered => {
                log_seldom!(
                    runtime,
                    error,
                    ehr = ehr,
                    "a callback belongs to an EHR that is not registered any more, and its code was not sent; put it back, \
                     and the launch goes on while the EHR still accepts the code"
                );
                CallbackReply::NotOffered
            }
            EhrLookupError::RegistrationFailed { retry_after } => {
                log_seldom!(runtime, warn, ehr = ehr.as_str(), %error, "a code is not sent");
                CallbackReply::RegistrationFailed { retry_after }
            }
            EhrLookupError::Unavailable | EhrLookupError::Invalid => {
                log_seldom!(runtime, warn, ehr = ehr, %error, "a code is not sent, as the registration of its EHR is unavailable");
                CallbackReply::RegistrationUnavailable
            }
        }
    })?;
    if ClientNow::of(&ehr, pending.client.as_ref()) == ClientNow::Other {
        return Ok(Ready::OtherClient);
    }
    let place = match runtime.places.take(ehr.desk(), PlaceKind::Exchange).await {
        Ok(place) => place,
        Err(Busy { retry_after }) => {
            log_seldom!(
                runtime,
                warn,
                ehr = pending.ehr,
                "too many token requests to this EHR are under way; a callback was asked to come again"
            );
            let why = NotYet::Busy;
            return Err(CallbackReply::TryAgain { why, retry_after });
        }
    };
    let on_launch = match &runtime.on_launch {
        None => None,
        Some(_) => match runtime.places.take(ehr.desk(), PlaceKind::Hook).await {
            Ok(place) => Some(place),
            Err(Busy { retry_after }) => {
                log_seldom!(
                    runtime,
                    warn,
                    ehr = pending.ehr,
                    "on_launch is at work for as many launches of this EHR as it may be; a callback was asked to come again"
                );
                let why = NotYet::ApplicationBusy;
                return Err(CallbackReply::TryAgain { why, retry_after });
            }
        },
    };
    // Last, as an assertion has a short life; and before the callback is claimed, so that a signer that fails costs nobody the
    // code.
    let signed = match SignedAhead::for_request(runtime, &ehr, &pending.endpoints.auth_server()).await {
        Ok(signed) => signed,
        Err(error) => {
            log_seldom!(
                runtime, warn, ehr = pending.ehr, %error,
                "a code is not sent, as the request was not signed; the callback was asked to come again"
            );
            return Err(CallbackReply::try_again(NotYet::NotSigned));
        }
    };
    Ok(Ready::ToSend {
        ehr,
        place,
        signed,
        on_launch,
    })
}
