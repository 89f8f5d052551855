//! The short lists that are kept with browsers. Their values are hashes, or sealed already.

use super::{
    RedisStore,
    reply::{self, Reply},
    scripts::{Call, Script},
};
use crate::{
    store::{BrowserKey, Memo, Stamped, StoreError, StoreRules},
    time::Timestamp,
};

impl RedisStore {
    pub(super) async fn note(
        &self,
        browser: BrowserKey,
        memo: Memo,
        value: Vec<u8>,
        keep: usize,
        rules: StoreRules,
    ) -> Result<Stamped<Vec<Vec<u8>>>, StoreError> {
        let name = self.inner.names.memo(browser, memo);
        let lifetimes = rules.lifetimes;
        let life = lifetimes.launch_absolute.saturating_add(lifetimes.ended);
        let call = Call::new(Script::MemoRemember)
            .key(name.clone())
            .span(life)
            .count(keep)
            .bytes(value);
        let reply = self.call(call).await?;
        reply.try_map(|reply| {
            let dropped = match reply.parts().as_slice() {
                [b"dropped", entries @ ..] => entries.iter().map(|entry| Some(read(entry)?.1.to_vec())).collect(),
                _ => None,
            };
            dropped.ok_or_else(|| self.unusable(&name, StoreError::Unreadable))
        })
    }

    pub(super) async fn noted(&self, browser: BrowserKey, memo: Memo) -> Result<Stamped<Vec<Vec<u8>>>, StoreError> {
        let name = self.inner.names.memo(browser, memo);
        let reply = self.call(Call::new(Script::MemoRecall).key(name.clone())).await?;
        let now = reply.at;
        reply.try_map(|reply| values(&reply, now).ok_or_else(|| self.unusable(&name, StoreError::Unreadable)))
    }
}

/// The values of a list, none when it has run out; `None` for anything else.
fn values(reply: &Reply, now: Timestamp) -> Option<Vec<Vec<u8>>> {
    let entries: Option<Vec<_>> = reply.parts().into_iter().map(read).collect();
    let entries = entries?;
    let alive = entries.last().is_some_and(|(until, _)| now < *until);
    let values = entries.into_iter().filter(|_| alive);
    Some(values.map(|(_, value)| value.to_vec()).collect())
}

/// An entry of a list: when the list is forgotten if it is the newest, a colon, and a value.
fn read(entry: &[u8]) -> Option<(Timestamp, &[u8])> {
    let colon = entry.iter().position(|byte| *byte == b':')?;
    let (digits, value) = entry.split_at_checked(colon)?;
    Some((reply::timestamp(digits)?, value.get(1..)?))
}

#[cfg(test)]
mod tests;
