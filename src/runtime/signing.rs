//! Authenticating a request, by a signer where one has the key: the one place where signers are called.

use std::time::Duration;

use tokio::time::timeout;

use super::{
    Runtime,
    app_threads::{CallerKind, NoAnswer},
    places::PlaceKind,
};
use crate::{
    config::Ehr,
    log_throttle::log_seldom,
    protocol::{
        client_auth::{
            AuthServer, NotSigned, ToSign,
            credentials::{AppliedAuth, Authentication, ClientAuthError, CredentialSlot},
        },
        token::{RenewedWith, TokenSet},
    },
};

/// What authenticates a request, made before anybody promises to send it.
#[derive(Debug, Default)]
pub(crate) struct SignedAhead(Option<(CredentialSlot, AppliedAuth)>);

impl SignedAhead {
    /// Has the first credential sign now, where a signer has it: that may take long and may fail, and then nothing was begun. A
    /// key of this process signs when the request is sent.
    ///
    /// # Errors
    ///
    /// [`ClientAuthError`]. Nothing was sent.
    pub(crate) async fn for_request(
        runtime: &Runtime,
        ehr: &Ehr,
        server: &AuthServer<'_>,
    ) -> Result<Self, ClientAuthError> {
        let first = ehr.credential_order(server).first().copied();
        let Some(slot) = first.filter(|slot| ehr.credentials().is_signed_elsewhere(*slot, server.assertion_algorithm))
        else {
            return Ok(Self(None));
        };
        let auth = authenticate(runtime, ehr, slot, server, runtime.settings.signer_timeout).await?;
        Ok(Self(Some((slot, auth))))
    }

    /// The same for what renews the tokens of a launch. The statement of a client of its own is always signed ahead.
    ///
    /// # Errors
    ///
    /// [`ClientAuthError`]. Nothing was sent.
    pub(crate) async fn for_renewal(
        runtime: &Runtime,
        ehr: &Ehr,
        tokens: &TokenSet,
        server: &AuthServer<'_>,
    ) -> Result<Self, ClientAuthError> {
        let Some(RenewedWith::Statement(own)) = tokens.renewed_with() else {
            return Self::for_request(runtime, ehr, server).await;
        };
        let credentials = &ehr.installation().ok_or(ClientAuthError::KeyGone)?.credentials;
        let unsigned = credentials.renew_as(own, server, runtime.wall_clock(), &mut rand::rng())?;
        let auth = signed(runtime, ehr, unsigned, runtime.settings.signer_timeout).await?;
        Ok(Self(Some((CredentialSlot::Current, auth))))
    }

    /// The credentials in the order to try them. What is signed is first, whatever has become known since.
    pub(super) fn order(&self, ehr: &Ehr, server: &AuthServer<'_>) -> impl Iterator<Item = CredentialSlot> + use<> {
        let signed = self.0.as_ref().map(|(slot, _)| *slot);
        let order = ehr.credential_order(server).iter().copied();
        signed
            .into_iter()
            .chain(order.filter(move |slot| Some(*slot) != signed))
    }

    /// What is signed with this credential, once.
    pub(super) fn take(&mut self, slot: CredentialSlot) -> Option<AppliedAuth> {
        self.0.take_if(|(signed, _)| *signed == slot).map(|(_, auth)| auth)
    }
}

/// What authenticates one request, signed within `limit`.
///
/// # Errors
///
/// [`ClientAuthError`]. Nothing was sent.
pub(super) async fn authenticate(
    runtime: &Runtime,
    ehr: &Ehr,
    slot: CredentialSlot,
    server: &AuthServer<'_>,
    limit: Duration,
) -> Result<AppliedAuth, ClientAuthError> {
    let unsigned = ehr.authenticate(slot, server, runtime.wall_clock(), &mut rand::rng())?;
    signed(runtime, ehr, unsigned, limit).await
}

async fn signed(
    runtime: &Runtime,
    ehr: &Ehr,
    unsigned: Authentication,
    limit: Duration,
) -> Result<AppliedAuth, ClientAuthError> {
    match unsigned {
        Authentication::Ready(auth) => Ok(auth),
        Authentication::ToSign(to_sign) => {
            let (kid, algorithm) = (to_sign.kid().to_owned(), to_sign.algorithm().name());
            let signed = sign(runtime, ehr, *to_sign, limit).await;
            signed.map_err(|error| {
                log_seldom!(
                    runtime, error, ehr = ehr.key(), kid, algorithm, %error,
                    "a token request was not signed, and nothing was sent to the EHR; the EHR has no part in this"
                );
                error.into()
            })
        }
    }
}

async fn sign(runtime: &Runtime, ehr: &Ehr, to_sign: ToSign, limit: Duration) -> Result<AppliedAuth, NotSigned> {
    let signing = async {
        let place = runtime.places.take(ehr.desk(), PlaceKind::Signature).await;
        let place = place.map_err(|_| NotSigned::Busy)?;
        let (signer, message) = (to_sign.signer(), to_sign.message().to_owned());
        let call = move || async move {
            // The place stays taken until the call returns: a signer that blocks goes on when its time is over.
            let _place = place;
            signer.sign(&message).await
        };
        let answer = runtime.app_threads.call(CallerKind::Signer, limit, call).await;
        answer.map_err(NotSigned::from)?.map_err(NotSigned::from)
    };
    let signature = timeout(limit, signing).await.map_err(|_| NotSigned::TimedOut)??;
    to_sign.signed(&signature)
}

impl From<NoAnswer> for NotSigned {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::Busy | NoAnswer::NoTurn => Self::Busy,
            NoAnswer::TimedOut => Self::TimedOut,
            NoAnswer::Panicked => Self::Panicked,
            NoAnswer::NotStarted => Self::NotStarted,
        }
    }
}
