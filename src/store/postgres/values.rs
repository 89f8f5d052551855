//! The values that belong to no browser. They come sealed.

use super::{
    PostgresStore,
    call::{Call, Function},
};
use crate::{
    store::{Stamped, StoreError, ValueKey},
    time::Timestamp,
};

impl PostgresStore {
    pub(super) async fn value(&self, key: ValueKey) -> Result<Stamped<Option<Vec<u8>>>, StoreError> {
        let call = Call::new(Function::ValueLoad).bytes(key.as_bytes());
        self.call(call).await?.read(|reply| reply.get(1))
    }

    pub(super) async fn swap(
        &self,
        key: ValueKey,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
        until: Timestamp,
    ) -> Result<Stamped<bool>, StoreError> {
        let call = Call::new(Function::ValueSwap)
            .bytes(key.as_bytes())
            .with(expected)
            .with(value)
            .time(until);
        self.call(call).await?.read(|reply| reply.get(1))
    }
}
