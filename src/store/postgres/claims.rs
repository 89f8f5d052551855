//! Which callback of a pending authorization came first, and how it ended.

use super::{
    PostgresStore,
    call::{Call, Function, Reply, timestamp},
};
use crate::{
    store::{CallbackKey, CallbackOutcome, Claim, PendingKey, SealedKind, Stamped, StoreError, lost_claim::Attempt},
    time::Timestamp,
};

impl PostgresStore {
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
        let call = Call::new(Function::PendingClaim)
            .bytes(key.as_bytes())
            .bytes(callback.as_bytes())
            .time(until)
            .bytes(&attempt);
        let reply = self.call(call).await?;
        self.claimed(key, &reply)
            .map_err(|error| self.unusable("claim", key.as_bytes(), error))
    }

    fn claimed(&self, key: PendingKey, reply: &Reply) -> Result<Stamped<Claim>, StoreError> {
        let since = timestamp(reply.get(2)?)?;
        let outcome: Option<Vec<u8>> = reply.get(3)?;
        let outcome = outcome.map(|sealed| self.open_outcome(key, &sealed)).transpose()?;
        let claim = match (reply.get::<String>(1)?.as_str(), outcome) {
            // Not the moment of this answer when the first one got lost: releasing needs that of the claim.
            ("fresh", _) => return Ok(Stamped::new(Claim::Fresh, since)),
            ("exchanging", None) => Claim::Exchanging { since },
            ("done", Some(outcome)) => Claim::Done(outcome),
            ("other", outcome) => Claim::OtherCallback { outcome },
            _ => return Err(StoreError::Unreadable),
        };
        Ok(Stamped::new(claim, reply.at()?))
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
        let call = Call::new(Function::PendingRelease)
            .bytes(key.as_bytes())
            .bytes(callback.as_bytes())
            .time(claimed_at);
        self.call(call).await?.read(|_| Ok(()))
    }

    pub(super) async fn finish(
        &self,
        key: PendingKey,
        callback: CallbackKey,
        outcome: &CallbackOutcome,
    ) -> Result<Stamped<()>, StoreError> {
        let sealer = &self.inner.sealer;
        let sealed = sealer.seal(SealedKind::Outcome, key.as_bytes(), outcome.to_bytes())?;
        let call = Call::new(Function::PendingFinish)
            .bytes(key.as_bytes())
            .bytes(callback.as_bytes())
            .with(sealed);
        self.call(call).await?.read(|_| Ok(()))
    }
}
