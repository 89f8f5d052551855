//! The open launches of a browser.

use super::{
    RedisStore, names, reply,
    scripts::{Call, Script},
};
use crate::store::{BrowserKey, ListedLaunch, ListedUser, Stamped, StoreError};

impl RedisStore {
    /// Two steps, so that each names the keys that it touches. A launch that opens or ends in between is seen as it was
    /// before or after, as if it had been a moment earlier or later.
    pub(super) async fn list(
        &self,
        browser: BrowserKey,
        user: Option<[u8; 32]>,
    ) -> Result<Stamped<Vec<ListedLaunch>>, StoreError> {
        let list = self.inner.names.launches_of(browser);
        let listed = self.call(Call::new(Script::BrowserList).key(list.clone())).await?;
        let names: Vec<_> = listed
            .value
            .parts()
            .into_iter()
            .filter_map(|name| self.own(name))
            .collect();
        if names.is_empty() {
            return Ok(listed.map(|_| Vec::new()));
        }
        let glance = Call::new(Script::BrowserGlance).key(list.clone());
        let reply = self.call(names.into_iter().fold(glance, Call::key)).await?;
        let users = user.map(|user| self.inner.sealer.blind(browser.as_bytes(), &user));
        reply.try_map(|reply| {
            let parts = reply.parts();
            let open: Option<Vec<_>> = match parts.as_slice() {
                [b"open", launches @ ..] => launches
                    .chunks(3)
                    .map(|launch| read(launch, users.as_deref()))
                    .collect(),
                _ => None,
            };
            open.ok_or_else(|| self.unusable(&list, StoreError::Unreadable))
        })
    }

    /// The name if a launch of this store stands under it: a cluster refuses a script whole for one key of another slot.
    fn own(&self, name: &[u8]) -> Option<String> {
        let name = std::str::from_utf8(name).ok()?;
        let key = names::launch_key(name)?;
        Some(self.inner.names.launch(key)).filter(|own| own == name)
    }
}

fn read(launch: &[&[u8]], users: Option<&[String]>) -> Option<ListedLaunch> {
    let [name, last_used, blinded] = launch else {
        return None;
    };
    let key = names::launch_key(std::str::from_utf8(name).ok()?)?;
    let user = match users {
        Some(users) if !blinded.is_empty() => {
            if users.iter().any(|user| user.as_bytes() == *blinded) {
                ListedUser::Same
            } else {
                ListedUser::Other
            }
        }
        _ => ListedUser::Unknown,
    };
    Some(ListedLaunch::new(key, reply::timestamp(last_used)?, user))
}
