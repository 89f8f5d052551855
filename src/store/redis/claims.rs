//! Which callback of a pending authorization came first, and how it ended.

use super::{
    RedisStore,
    names::hex,
    reply,
    scripts::{Call, Script},
};
use crate::{
    store::{CallbackKey, CallbackOutcome, Claim, PendingKey, SealedKind, Stamped, StoreError, lost_claim::Attempt},
    time::Timestamp,
};

impl RedisStore {
    pub(super) async fn claim(
        &self,
        key: PendingKey,
        callback: CallbackKey,
        until: Timestamp,
    ) -> Result<Stamped<Claim>, StoreError> {
        let claims = &self.inner.lost_claims;
        let claim = claims.claim(
            self.clone(),
            until,
            move |store: Self, attempt| async move { store.claim_as(attempt, key, callback, until).await },
            move |store: Self, claimed_at| async move { store.release(key, callback, claimed_at).await },
        );
        claim.await
    }

    async fn claim_as(
        &self,
        attempt: Attempt,
        key: PendingKey,
        callback: CallbackKey,
        until: Timestamp,
    ) -> Result<Stamped<Claim>, StoreError> {
        let name = self.inner.names.claim(key);
        let call = Call::new(Script::PendingClaim)
            .key(name.clone())
            .moment(until)
            .text(hex(callback.as_bytes()))
            .text(hex(&attempt));
        let Stamped {
            value: reply, mut at, ..
        } = self.call(call).await?;
        let claim = match reply.parts().as_slice() {
            [b"fresh"] => Ok(Claim::Fresh),
            // Not the moment of this answer when the first one got lost: releasing needs that of the claim.
            [b"fresh", since] => reply::timestamp(since)
                .map(|since| at = since)
                .map(|()| Claim::Fresh)
                .ok_or(StoreError::Unreadable),
            [b"exchanging", since] => reply::timestamp(since)
                .map(|since| Claim::Exchanging { since })
                .ok_or(StoreError::Unreadable),
            [b"done", sealed] => self.open_outcome(key, sealed).map(Claim::Done),
            [b"other"] => Ok(Claim::OtherCallback { outcome: None }),
            [b"other", sealed] => self
                .open_outcome(key, sealed)
                .map(|outcome| Claim::OtherCallback { outcome: Some(outcome) }),
            _ => Err(StoreError::Unreadable),
        };
        let claim = claim.map_err(|error| self.unusable(&name, error))?;
        Ok(Stamped::new(claim, at))
    }

    fn open_outcome(&self, key: PendingKey, sealed: &[u8]) -> Result<Box<CallbackOutcome>, StoreError> {
        let bytes = self.inner.sealer.open(SealedKind::Outcome, key.as_bytes(), sealed)?;
        Ok(Box::new(CallbackOutcome::from_bytes(&bytes)?))
    }

    pub(super) async fn release(
        &self,
        key: PendingKey,
        callback: CallbackKey,
        claimed_at: Timestamp,
    ) -> Result<Stamped<()>, StoreError> {
        let call = Call::new(Script::PendingRelease)
            .key(self.inner.names.claim(key))
            .text(hex(callback.as_bytes()))
            .moment(claimed_at);
        Ok(self.call(call).await?.map(drop))
    }

    pub(super) async fn finish(
        &self,
        key: PendingKey,
        callback: CallbackKey,
        outcome: &CallbackOutcome,
    ) -> Result<Stamped<()>, StoreError> {
        let sealer = &self.inner.sealer;
        let sealed = sealer.seal(SealedKind::Outcome, key.as_bytes(), outcome.to_bytes())?;
        let call = Call::new(Script::PendingFinish)
            .key(self.inner.names.claim(key))
            .text(hex(callback.as_bytes()))
            .bytes(sealed);
        Ok(self.call(call).await?.map(drop))
    }
}
