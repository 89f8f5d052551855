//! The right to refresh a launch.

use std::time::Duration;

use super::{
    PostgresStore,
    call::{Call, Function},
};
use crate::store::{LaunchKey, LeaseOwner, Stamped, StoreError};

impl PostgresStore {
    pub(super) async fn take_lease(
        &self,
        key: LaunchKey,
        owner: LeaseOwner,
        ttl: Duration,
    ) -> Result<Stamped<bool>, StoreError> {
        let call = Call::new(Function::LeaseAcquire)
            .bytes(key.as_bytes())
            .bytes(&owner.0)
            .span(ttl);
        self.call(call).await?.read(|reply| reply.get(1))
    }

    pub(super) async fn give_up_lease(&self, key: LaunchKey, owner: LeaseOwner) -> Result<Stamped<()>, StoreError> {
        let call = Call::new(Function::LeaseRelease).bytes(key.as_bytes()).bytes(&owner.0);
        self.call(call).await?.read(|_| Ok(()))
    }
}
