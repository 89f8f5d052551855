//! Opening, loading, replacing and ending launches.

use std::{sync::Arc, time::Instant};

use super::{
    RedisStore,
    reply::{self, Reply},
    scripts::{Call, Script},
};
use crate::store::{
    BrowserKey, EndReason, EndWhich, EndedLaunches, LaunchEnd, LaunchKey, LaunchRecord, LaunchUse, LoadedLaunch,
    OthersOnOpen, Replaced, Stamped, StoreError, StoreRules, Version,
    format::StoredName as _,
    sealed::{Opened, OpenedRecords, Seal},
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
        let (sealed, now) = (self.seal_launch(key, &record)?, Instant::now());
        let seal = self.seal_to_keep(&sealed.record);
        let call = Call::new(Script::LaunchOpen)
            .key(names.launch(key))
            .key(names.launches_of(record.browser))
            .moment(record.opened_at)
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
            .text(sealed.user_under_each_key.join(" "))
            .bytes(sealed.record)
            .bytes(sealed.ended);
        let reply = self.call_with_listed(call).await?;
        self.keep(key, seal, (&Arc::new(record), Version::FIRST), now);
        reply.try_map(|reply| self.handed_out(&reply))
    }

    pub(super) async fn load(
        &self,
        key: LaunchKey,
        launch_use: LaunchUse,
        rules: StoreRules,
    ) -> Result<Stamped<LoadedLaunch>, StoreError> {
        let now = Instant::now();
        let known = self.inner.opened.of(key, now);
        let Stamped { value, at } = self.load_beside(known.as_ref(), key, launch_use, rules).await?;
        let store_again = |version, record| self.replace(key, version, record);
        match self.inner.opened.restored(key, known, value, now, store_again).await {
            Some(value) => Ok(Stamped::new(value, at)),
            None => {
                self.load_beside(self.inner.opened.of(key, now).as_ref(), key, launch_use, rules)
                    .await
            }
        }
    }

    /// Loads a launch that this process may know.
    async fn load_beside(
        &self,
        known: Option<&Opened>,
        key: LaunchKey,
        launch_use: LaunchUse,
        rules: StoreRules,
    ) -> Result<Stamped<LoadedLaunch>, StoreError> {
        let (name, now) = (self.inner.names.launch(key), Instant::now());
        let seal = known.map(|known| known.seal.as_bytes().as_slice());
        let call = Call::new(Script::LaunchLoad)
            .key(name.clone())
            .span(rules.lifetimes.launch_idle)
            .span(rules.lifetimes.launch_absolute)
            .span(rules.lifetimes.ended)
            .text(if launch_use.counts() { "use" } else { "look" })
            .span(self.inner.uses_noted_every.min(rules.lifetimes.launch_idle / 20))
            .bytes(seal.unwrap_or_default().to_vec());
        let loaded = self.call(call).await?.try_map(|reply| {
            let loaded = self.loaded(key, known, &reply, now);
            if !matches!(loaded, Ok(LoadedLaunch::Open { .. })) {
                self.inner.opened.forget(key, now);
            }
            loaded
        });
        loaded.map_err(|error| self.unusable(&name, error))
    }

    fn loaded(
        &self,
        key: LaunchKey,
        known: Option<&Opened>,
        reply: &Reply,
        now: Instant,
    ) -> Result<LoadedLaunch, StoreError> {
        let number = |version| reply::number(version).map(Version).ok_or(StoreError::Unreadable);
        let (record, version, use_not_noted) = match (reply.parts().as_slice(), known) {
            (&[b"same", version, ref use_not_noted @ ..], Some(known)) => {
                (Arc::clone(&known.record), number(version)?, !use_not_noted.is_empty())
            }
            (&[b"open", version, sealed, ref use_not_noted @ ..], _) => {
                let (record, version) = (Arc::new(self.open_record(key, sealed)?), number(version)?);
                self.keep(key, self.seal_to_keep(sealed), (&record, version), now);
                (record, version, !use_not_noted.is_empty())
            }
            ([b"none"], _) => return Ok(LoadedLaunch::NotFound),
            (&[b"ended", sealed, why, at], _) => {
                let ended = self.open_memory(key, sealed, why, at)?;
                return Ok(LoadedLaunch::Ended(Arc::new(ended)));
            }
            _ => return Err(StoreError::Unreadable),
        };
        if use_not_noted {
            self.inner.alarms.raise(StoreError::Full, "OOM");
        }
        Ok(LoadedLaunch::Open { record, version })
    }

    fn seal_to_keep(&self, sealed: &[u8]) -> Option<Seal> {
        self.inner
            .sealer
            .seal_of(sealed)
            .filter(|_| OpenedRecords::takes(sealed))
    }

    /// Notes a record as this process knows it, where it has a seal to be recognised by.
    fn keep(&self, key: LaunchKey, seal: Option<Seal>, stored: (&Arc<LaunchRecord>, Version), now: Instant) {
        if let Some(seal) = seal {
            self.inner.opened.keep(key, seal, stored, now);
        }
    }

    pub(super) async fn replace(
        &self,
        key: LaunchKey,
        expected: Version,
        record: LaunchRecord,
    ) -> Result<Stamped<Replaced>, StoreError> {
        let name = self.inner.names.launch(key);
        let (sealed, now) = (self.seal_launch(key, &record)?, Instant::now());
        let seal = self.seal_to_keep(&sealed.record);
        let next = Version(expected.0.saturating_add(1));
        let call = Call::new(Script::LaunchReplace)
            .key(name.clone())
            .text(expected.0.to_string())
            .text(next.0.to_string())
            .text(sealed.user)
            .bytes(sealed.record)
            .bytes(sealed.ended);
        self.call(call).await?.try_map(|reply| match reply.parts().as_slice() {
            [b"written"] => {
                self.keep(key, seal, (&Arc::new(record), next), now);
                Ok(Replaced::Written(next))
            }
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
