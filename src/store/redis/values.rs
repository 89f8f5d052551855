//! The values that belong to no browser. They come sealed.

use super::{
    RedisStore,
    scripts::{Call, Script},
};
use crate::{
    store::{Stamped, StoreError, ValueKey},
    time::Timestamp,
};

impl RedisStore {
    pub(super) async fn value(&self, key: ValueKey) -> Result<Stamped<Option<Vec<u8>>>, StoreError> {
        let name = self.inner.names.value(key);
        let reply = self.call(Call::new(Script::ValueLoad).key(name.clone())).await?;
        reply.try_map(|reply| match reply.parts().as_slice() {
            [b"none"] => Ok(None),
            [b"value", value] => Ok(Some(value.to_vec())),
            _ => Err(self.unusable(&name, StoreError::Unreadable)),
        })
    }

    pub(super) async fn swap(
        &self,
        key: ValueKey,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
        until: Timestamp,
    ) -> Result<Stamped<bool>, StoreError> {
        let call = Call::new(Script::ValueSwap)
            .key(self.inner.names.value(key))
            .moment(until)
            .maybe(expected)
            .maybe(value);
        let reply = self.call(call).await?;
        reply.try_map(|reply| Ok(reply.count().ok_or(StoreError::Unreadable)? == 1))
    }
}
