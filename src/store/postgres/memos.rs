//! The short lists that are kept with browsers. Their values are hashes, or sealed already.

use super::{
    PostgresStore,
    call::{Call, Function},
};
use crate::store::{BrowserKey, Memo, Stamped, StoreError, StoreRules};

impl PostgresStore {
    pub(super) async fn note(
        &self,
        browser: BrowserKey,
        memo: Memo,
        value: Vec<u8>,
        keep: usize,
        rules: StoreRules,
    ) -> Result<Stamped<Vec<Vec<u8>>>, StoreError> {
        let lifetimes = rules.lifetimes;
        let call = Call::new(Function::MemoRemember)
            .bytes(browser.as_bytes())
            .with(number(memo))
            .with(value)
            .with(i32::try_from(keep).unwrap_or(i32::MAX).max(1))
            .span(lifetimes.launch_absolute.saturating_add(lifetimes.ended));
        self.call(call).await?.read(|reply| reply.get(1))
    }

    pub(super) async fn noted(&self, browser: BrowserKey, memo: Memo) -> Result<Stamped<Vec<Vec<u8>>>, StoreError> {
        let call = Call::new(Function::MemoRecall)
            .bytes(browser.as_bytes())
            .with(number(memo));
        self.call(call).await?.read(|reply| reply.get(1))
    }
}

/// Stored numbers: they never change.
const fn number(memo: Memo) -> i16 {
    match memo {
        Memo::SameBrowser => 1,
        Memo::LaunchCookies => 2,
        Memo::SignedOut => 3,
    }
}
