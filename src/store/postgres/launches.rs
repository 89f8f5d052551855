//! Opening, loading, replacing and ending launches.

use std::{sync::Arc, time::Instant};

use super::{
    PostgresStore,
    call::{Call, Function, Reply, timestamp},
    store::named,
};
use crate::store::{
    BrowserKey, EndReason, EndWhich, EndedLaunch, EndedLaunches, EndedRecord, LaunchEnd, LaunchKey, LaunchRecord,
    LaunchUse, LoadedLaunch, OthersOnOpen, Replaced, Stamped, StoreError, StoreRules, Version,
    format::StoredName as _,
    sealed::{Opened, OpenedRecords, Seal, SealedLaunch},
};

const TABLE: &str = "launch";

impl PostgresStore {
    pub(super) async fn open(
        &self,
        key: LaunchKey,
        record: LaunchRecord,
        others: OthersOnOpen,
        rules: StoreRules,
    ) -> Result<Stamped<EndedLaunches>, StoreError> {
        let (sealed, now) = (self.inner.sealer.seal_launch(key, &record)?, Instant::now());
        let kept = self.seal_to_keep(&sealed.record);
        let call = Call::new(Function::LaunchOpen)
            .bytes(key.as_bytes())
            .bytes(record.browser.as_bytes())
            .time(record.opened_at)
            .span(rules.lifetimes.launch_idle)
            .span(rules.lifetimes.launch_absolute)
            .span(rules.lifetimes.ended)
            .with(i64::try_from(rules.limits.launches).unwrap_or(i64::MAX).max(1))
            .with(match others {
                OthersOnOpen::Keep => "keep",
                OthersOnOpen::EndOtherUsers => "users",
                OthersOnOpen::EndAll => "all",
            })
            .with(known(&sealed.user))
            .with(sealed.user_under_each_key.clone());
        let reply = self.call(self.with_record(call, sealed)).await?;
        self.keep(key, kept, (&Arc::new(record), Version::FIRST), now);
        reply.read(|reply| self.all_ended(reply))
    }

    pub(super) async fn load(
        &self,
        key: LaunchKey,
        launch_use: LaunchUse,
        rules: StoreRules,
    ) -> Result<Stamped<LoadedLaunch>, StoreError> {
        let now = Instant::now();
        let opened = self.inner.opened.of(key, now);
        let Stamped { value, at } = self.load_beside(opened.as_ref(), key, launch_use, rules).await?;
        let store_again = |version, record| self.replace(key, version, record);
        match self.inner.opened.restored(key, opened, value, now, store_again).await {
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
        opened: Option<&Opened>,
        key: LaunchKey,
        launch_use: LaunchUse,
        rules: StoreRules,
    ) -> Result<Stamped<LoadedLaunch>, StoreError> {
        let now = Instant::now();
        let noted_every = self.inner.uses_noted_every.min(rules.lifetimes.launch_idle / 20);
        let call = |counts: bool| {
            let call = Call::new(Function::LaunchLoad)
                .bytes(key.as_bytes())
                .span(rules.lifetimes.launch_idle)
                .span(rules.lifetimes.launch_absolute)
                .span(rules.lifetimes.ended)
                .with(counts)
                .span(noted_every)
                .with(opened.map(|opened| opened.seal.as_bytes().to_vec()));
            self.call(call)
        };
        let reply = match call(launch_use.counts()).await {
            // A full server still answers; the use just does not count.
            Err(StoreError::Full) if launch_use.counts() => call(false).await?,
            answer => answer?,
        };
        let loaded = reply.read(|reply| {
            let loaded = self.loaded(key, opened, reply, now);
            if !matches!(loaded, Ok(LoadedLaunch::Open { .. })) {
                self.inner.opened.forget(key, now);
            }
            loaded
        });
        loaded.map_err(|error| self.unusable(TABLE, key.as_bytes(), error))
    }

    fn loaded(
        &self,
        key: LaunchKey,
        opened: Option<&Opened>,
        reply: &Reply,
        now: Instant,
    ) -> Result<LoadedLaunch, StoreError> {
        let version = || {
            let number = u64::try_from(reply.get::<i64>(2)?);
            number.map(Version).map_err(|_| StoreError::Unreadable)
        };
        let (record, version) = match (reply.get::<String>(1)?.as_str(), opened) {
            ("same", Some(opened)) => (Arc::clone(&opened.record), version()?),
            ("open", _) => {
                let sealed: Vec<u8> = reply.get(3)?;
                let (record, version) = (Arc::new(self.inner.sealer.open_launch(key, &sealed)?), version()?);
                self.keep(key, self.seal_to_keep(&sealed), (&record, version), now);
                (record, version)
            }
            ("none", _) => return Ok(LoadedLaunch::NotFound),
            ("ended", _) => return Ok(LoadedLaunch::Ended(Arc::new(self.ended(key, reply)?))),
            _ => return Err(StoreError::Unreadable),
        };
        Ok(LoadedLaunch::Open { record, version })
    }

    fn ended(&self, key: LaunchKey, reply: &Reply) -> Result<EndedLaunch, StoreError> {
        let reason = EndReason::from_stored_name(&reply.get::<String>(5)?).ok_or(StoreError::Unreadable)?;
        let (memory, at): (Vec<u8>, i64) = (reply.get(4)?, reply.get(6)?);
        self.inner.sealer.open_memory(key, &memory, reason, timestamp(at)?)
    }

    pub(super) async fn replace(
        &self,
        key: LaunchKey,
        expected: Version,
        record: LaunchRecord,
    ) -> Result<Stamped<Replaced>, StoreError> {
        let (sealed, now) = (self.inner.sealer.seal_launch(key, &record)?, Instant::now());
        let kept = self.seal_to_keep(&sealed.record);
        let call = Call::new(Function::LaunchReplace)
            .bytes(key.as_bytes())
            .with(i64::try_from(expected.0).unwrap_or(i64::MAX))
            .with(known(&sealed.user));
        let reply = self.call(self.with_record(call, sealed)).await?;
        reply.read(|reply| match reply.get::<String>(1)?.as_str() {
            "written" => {
                let next = Version(expected.0.saturating_add(1));
                self.keep(key, kept, (&Arc::new(record), next), now);
                Ok(Replaced::Written(next))
            }
            "conflict" => Ok(Replaced::Conflict),
            "gone" => Ok(Replaced::Gone),
            _ => Err(self.unusable(TABLE, key.as_bytes(), StoreError::Unreadable)),
        })
    }

    pub(super) async fn end(
        &self,
        key: LaunchKey,
        which: EndWhich,
        reason: EndReason,
        rules: StoreRules,
    ) -> Result<Stamped<LaunchEnd>, StoreError> {
        let call = Call::new(Function::LaunchEnd)
            .bytes(key.as_bytes())
            .span(rules.lifetimes.ended)
            .with(reason.stored_name())
            .with(match which {
                EndWhich::Any => None,
                EndWhich::Version(version) => Some(i64::try_from(version.0).unwrap_or(i64::MAX)),
            });
        self.call(call).await?.read(|reply| {
            let mut ended = EndedLaunches::nothing();
            match reply.get::<String>(1)?.as_str() {
                "over" => {}
                "newer" => return Ok(LaunchEnd::Newer),
                "ended" => self.hand_out(&mut ended, key, reply.get(2)?),
                _ => return Err(StoreError::Unreadable),
            }
            Ok(LaunchEnd::Ended(ended))
        })
    }

    pub(super) async fn end_all(
        &self,
        browser: BrowserKey,
        reason: EndReason,
        rules: StoreRules,
    ) -> Result<Stamped<EndedLaunches>, StoreError> {
        let call = Call::new(Function::BrowserEndAll)
            .bytes(browser.as_bytes())
            .span(rules.lifetimes.ended)
            .with(reason.stored_name());
        self.call(call).await?.read(|reply| self.all_ended(reply))
    }

    /// The launches that a function has ended, by their keys and sealed records.
    fn all_ended(&self, reply: &Reply) -> Result<EndedLaunches, StoreError> {
        let keys: Vec<Vec<u8>> = reply.get(1)?;
        let records: Vec<Option<Vec<u8>>> = reply.get(2)?;
        let mut ended = EndedLaunches::nothing();
        for (key, sealed) in keys.into_iter().zip(records) {
            match key.try_into() {
                Ok(key) => self.hand_out(&mut ended, LaunchKey::from_bytes(key), sealed),
                Err(_) => ended.unreadable += 1,
            }
        }
        Ok(ended)
    }

    /// One whose record cannot be opened has ended like the others.
    fn hand_out(&self, ended: &mut EndedLaunches, key: LaunchKey, sealed: Option<Vec<u8>>) {
        self.inner.opened.forget(key, Instant::now());
        match self.inner.sealer.open_launch(key, &sealed.unwrap_or_default()) {
            Ok(record) => ended.records.push(EndedRecord::new(key, Arc::new(record))),
            Err(error) => {
                self.inner.alarms.ended_unread(error, &named(TABLE, key.as_bytes()));
                ended.unreadable += 1;
            }
        }
    }

    /// The last arguments of what writes a record.
    fn with_record(&self, call: Call, sealed: SealedLaunch) -> Call {
        let seal = self.inner.sealer.seal_of(&sealed.record);
        call.with(sealed.record)
            .with(seal.map(|seal| seal.as_bytes().to_vec()))
            .with(sealed.ended)
    }

    fn seal_to_keep(&self, sealed: &[u8]) -> Option<Seal> {
        let seal = self.inner.sealer.seal_of(sealed);
        seal.filter(|_| OpenedRecords::takes(sealed))
    }

    /// Notes a record as this process knows it, where it has a seal to be recognised by.
    fn keep(&self, key: LaunchKey, seal: Option<Seal>, stored: (&Arc<LaunchRecord>, Version), now: Instant) {
        if let Some(seal) = seal {
            self.inner.opened.keep(key, seal, stored, now);
        }
    }
}

fn known(blinded: &str) -> Option<String> {
    (!blinded.is_empty()).then(|| blinded.to_owned())
}
