//! The right to refresh a launch.

use std::time::Duration;

use super::{
    RedisStore,
    names::hex,
    scripts::{Call, Script},
};
use crate::store::{LaunchKey, LeaseOwner, Stamped, StoreError};

impl RedisStore {
    pub(super) async fn take_lease(
        &self,
        key: LaunchKey,
        owner: LeaseOwner,
        ttl: Duration,
    ) -> Result<Stamped<bool>, StoreError> {
        let call = Call::new(Script::LeaseAcquire)
            .key(self.inner.names.launch(key))
            .text(hex(&owner.0))
            .span(ttl);
        self.call(call)
            .await?
            .try_map(|reply| Ok(reply.count().ok_or(StoreError::Unreadable)? == 1))
    }

    pub(super) async fn give_up_lease(&self, key: LaunchKey, owner: LeaseOwner) -> Result<Stamped<()>, StoreError> {
        let call = Call::new(Script::LeaseRelease)
            .key(self.inner.names.launch(key))
            .text(hex(&owner.0));
        Ok(self.call(call).await?.map(drop))
    }
}
