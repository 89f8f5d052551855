//! Opening, loading, replacing and ending launches.

use std::sync::Arc;

use super::{
    RedisStore, reply,
    scripts::{Call, Script},
};
use crate::store::{
    BrowserKey, EndReason, EndWhich, EndedLaunches, LaunchEnd, LaunchKey, LaunchRecord, LaunchUse, LoadedLaunch,
    OthersOnOpen, Replaced, Stamped, StoreError, StoreRules, Version, format::StoredName as _,
};

impl RedisStore {
    pub(super) async fn open(
        &self,
        key: LaunchKey,
        record: LaunchRecord,
        others: OthersOnOpen,
        rules: StoreRules,
    ) -> Result<Stamped<EndedLaunches>, StoreError> {
        let names = &self.inner.names;
        let sealed = self.seal_launch(key, &record)?;
        let call = Call::new(Script::LaunchOpen)
            .key(names.launch(key))
            .key(names.launches_of(record.browser))
            .time(record.opened_at)
            .span(rules.lifetimes.launch_idle)
            .span(rules.lifetimes.launch_absolute)
            .span(rules.lifetimes.ended)
            .count(rules.limits.launches)
            .text(match others {
                OthersOnOpen::Keep => "keep",
                OthersOnOpen::EndOtherUsers => "users",
                OthersOnOpen::EndAll => "all",
            })
            .text(sealed.user)
            .text(sealed.user_under_each_key)
            .bytes(sealed.record)
            .bytes(sealed.memory);
        self.call_with_listed(call)
            .await?
            .try_map(|reply| self.handed_out(&reply))
    }

    pub(super) async fn load(
        &self,
        key: LaunchKey,
        launch_use: LaunchUse,
        rules: StoreRules,
    ) -> Result<Stamped<LoadedLaunch>, StoreError> {
        let name = self.inner.names.launch(key);
        let call = Call::new(Script::LaunchLoad)
            .key(name.clone())
            .span(rules.lifetimes.launch_idle)
            .span(rules.lifetimes.launch_absolute)
            .span(rules.lifetimes.ended)
            .text(if launch_use.counts() { "use" } else { "look" });
        let reply = self.call(call).await?;
        let loaded = reply.try_map(|reply| match reply.parts().as_slice() {
            [b"none"] => Ok(LoadedLaunch::NotFound),
            [b"open", version, sealed, full @ ..] => {
                if !full.is_empty() {
                    self.inner.alarms.raise(StoreError::Full, "OOM");
                }
                self.open_record(key, sealed).and_then(|record| {
                    Ok(LoadedLaunch::Open {
                        record: Arc::new(record),
                        version: reply::number(version).map(Version).ok_or(StoreError::Unreadable)?,
                    })
                })
            }
            [b"ended", sealed, why, at] => self
                .open_memory(key, sealed, why, at)
                .map(|ended| LoadedLaunch::Ended(Arc::new(ended))),
            _ => Err(StoreError::Unreadable),
        });
        loaded.map_err(|error| self.unusable(&name, error))
    }

    pub(super) async fn replace(
        &self,
        key: LaunchKey,
        expected: Version,
        record: LaunchRecord,
    ) -> Result<Stamped<Replaced>, StoreError> {
        let name = self.inner.names.launch(key);
        let sealed = self.seal_launch(key, &record)?;
        let next = Version(expected.0.saturating_add(1));
        let call = Call::new(Script::LaunchReplace)
            .key(name.clone())
            .text(expected.0.to_string())
            .text(next.0.to_string())
            .text(sealed.user)
            .bytes(sealed.record)
            .bytes(sealed.memory);
        self.call(call).await?.try_map(|reply| match reply.parts().as_slice() {
            [b"written"] => Ok(Replaced::Written(next)),
            [b"conflict"] => Ok(Replaced::Conflict),
            [b"gone"] => Ok(Replaced::Gone),
            _ => Err(self.unusable(&name, StoreError::Unreadable)),
        })
    }

    pub(super) async fn end(
        &self,
        key: LaunchKey,
        which: EndWhich,
        reason: EndReason,
        rules: StoreRules,
    ) -> Result<Stamped<LaunchEnd>, StoreError> {
        let name = self.inner.names.launch(key);
        let call = Call::new(Script::LaunchEnd)
            .key(name.clone())
            .span(rules.lifetimes.ended)
            .text(reason.stored_name())
            .text(match which {
                EndWhich::Any => String::new(),
                EndWhich::Version(version) => version.0.to_string(),
            });
        let ended = self.call(call).await?.try_map(|reply| match reply.parts().as_slice() {
            [b"newer"] => Ok(LaunchEnd::Newer),
            _ => self.handed_out(&reply).map(LaunchEnd::Ended),
        });
        ended.map_err(|error| self.unusable(&name, error))
    }

    pub(super) async fn end_all(
        &self,
        browser: BrowserKey,
        reason: EndReason,
        rules: StoreRules,
    ) -> Result<Stamped<EndedLaunches>, StoreError> {
        let call = Call::new(Script::BrowserEndAll)
            .key(self.inner.names.launches_of(browser))
            .span(rules.lifetimes.ended)
            .text(reason.stored_name());
        self.call_with_listed(call)
            .await?
            .try_map(|reply| self.handed_out(&reply))
    }
}
