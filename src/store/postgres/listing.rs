//! The open launches of a browser.

use super::{
    PostgresStore,
    call::{Call, Function, Reply, timestamp},
};
use crate::store::{BrowserKey, LaunchKey, ListedLaunch, ListedUser, Stamped, StoreError};

impl PostgresStore {
    pub(super) async fn list(
        &self,
        browser: BrowserKey,
        user: Option<[u8; 32]>,
    ) -> Result<Stamped<Vec<ListedLaunch>>, StoreError> {
        let call = Call::new(Function::BrowserLaunches).bytes(browser.as_bytes());
        let users = user.map(|user| self.inner.sealer.blind(browser.as_bytes(), &user));
        let listed = self.call(call).await?.read(|reply| read(reply, users.as_deref()));
        listed.map_err(|error| match error {
            StoreError::Unreadable => self.unusable("browser", browser.as_bytes(), error),
            error => error,
        })
    }
}

fn read(reply: &Reply, users: Option<&[String]>) -> Result<Vec<ListedLaunch>, StoreError> {
    let keys: Vec<Vec<u8>> = reply.get(1)?;
    let used: Vec<i64> = reply.get(2)?;
    let blinded: Vec<Option<String>> = reply.get(3)?;
    let launches = keys.into_iter().zip(used).zip(blinded);
    launches
        .map(|((key, used), blinded)| {
            let user = match (users, blinded) {
                (Some(users), Some(blinded)) if users.contains(&blinded) => ListedUser::Same,
                (Some(_), Some(_)) => ListedUser::Other,
                _ => ListedUser::Unknown,
            };
            let key = key.try_into().map_err(|_| StoreError::Unreadable)?;
            Ok(ListedLaunch::new(LaunchKey::from_bytes(key), timestamp(used)?, user))
        })
        .collect()
}
