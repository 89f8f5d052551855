//! Launches in a Redis or Valkey server, for any number of processes.
//!
//! Each operation is one script on the server ([`scripts`]): one step for everybody else, one round trip for us. (Those about
//! all launches of a browser take two or more: a script has to be given the names of all keys that it touches.) All keys of one browser share a hash tag ([`names`]), so a script never leaves its slot. What
//! is secret is sealed before it leaves the process ([`sealer`]); the scripts see hashes, times and counters. [`link`]
//! keeps the connection.

mod builder;
mod claims;
mod fault;
mod link;
mod listing;
mod memos;
mod names;
mod reason;
mod reply;
mod scripts;
mod sealer;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

pub use self::builder::{RedisStoreBuilder, RedisStoreError};
use self::{
    fault::Alarms,
    link::Link,
    names::{Names, hex},
    reply::Reply,
    scripts::{Call, KeyChecks, Script},
    sealer::Sealer,
};
use crate::{
    store::{
        BrowserKey, CallbackKey, CallbackOutcome, Claim, EndReason, EndWhich, EndedLaunch, EndedLaunches, LaunchEnd,
        LaunchKey, LaunchRecord, LaunchUse, LeaseOwner, ListedLaunch, LoadedLaunch, Memo, OthersOnOpen, PendingKey,
        Replaced, SealedKind, SealingKeys, Stamped, StoreError, StoreFuture, StoreRules, TokenStoreBackend, Version,
    },
    time::{Clock, Timestamp},
};

/// How long an operation begins anew because others of the same browser come in between, and the longest pause before that.
const MEETING: Duration = Duration::from_secs(5);
const MAKE_WAY: Duration = Duration::from_millis(5);

/// Launches in a Redis (6.2 or later) or Valkey server, shared by any number of processes.
///
/// Cheap to clone; clones share one connection, which is opened with the first operation: an application starts although
/// Redis is away. While it is away every operation fails with [`StoreError::Unavailable`] within the command time-out,
/// and after that long at once; nothing is deleted, and operations work again within about a second after it is back.
///
/// Tokens, patients and everything else in a record are sealed with [`SealingKeys`]. In clear are: hashes of ids, of
/// cookies and of authorization codes, times, versions, reasons why launches ended, and leases.
///
/// The server should have `maxmemory-policy noeviction` (another one throws launches away when memory is short) and, if
/// launches are to survive its restart, `appendonly yes`; with `appendfsync always` it forgets nothing that it
/// acknowledged. Lifetimes and leases go by the server's clock (`TIME`), whatever the clocks of the processes say.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{TokenStore, store::{RedisStore, SealingKeys}};
///
/// let keys = SealingKeys::parse("bmV3IGtleSBuZXcga2V5IG5ldyBrZXkgbmV3IGtleSE=")?;
/// let store = TokenStore::new(
///     RedisStore::builder("rediss://smart:password@redis.internal:6379/0")
///         .sealing_keys(keys)
///         .build()?,
/// );
/// # let _ = store;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RedisStore {
    inner: Arc<Inner>,
}

struct Inner {
    link: Link,
    names: Names,
    sealer: Sealer,
    alarms: Arc<Alarms>,
    server: String,
    checks: KeyChecks,
    /// In a test, in the place of the server's.
    clock: Option<Arc<dyn Clock>>,
}

/// Without user name and password.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("server", &self.inner.server)
            .field("prefix", &self.inner.names.prefix())
            .field("sealing", &self.inner.sealer)
            .finish_non_exhaustive()
    }
}

impl RedisStore {
    /// A store in the server at `url`: `redis://[user:password@]host[:port][/database]`, with TLS `rediss://…`, or
    /// `redis+unix:///path/to/socket`.
    pub fn builder(url: impl Into<String>) -> RedisStoreBuilder {
        RedisStoreBuilder::new(url.into())
    }

    async fn call(&self, call: Call) -> Result<Stamped<Reply>, StoreError> {
        let Inner {
            link, checks, clock, ..
        } = &*self.inner;
        let call = call.under(*checks, clock.as_ref().map(Clock::steady));
        Reply::stamped(link.call(&call).await?).ok_or(StoreError::Unreadable)
    }

    /// A script about all launches that stand in the list of a browser. It has to be given their names, and says which
    /// these are when they were not all given; none need be for a browser without launches.
    async fn call_with_listed(&self, call: Call) -> Result<Stamped<Reply>, StoreError> {
        let call = call.text(self.inner.names.launches_begin_with());
        let mut reply = self.call(call.clone()).await?;
        let began = Instant::now();
        while began.elapsed() < MEETING {
            let parts = reply.value.parts();
            let [b"again", listed @ ..] = parts.as_slice() else {
                return Ok(reply);
            };
            let listed = listed.iter().map(|name| String::from_utf8_lossy(name).into_owned());
            let complete = listed.fold(call.clone(), Call::key);
            reply = self.call(complete).await?;
            if reply.value.parts().first() == Some(&&b"again"[..]) {
                // Somebody has opened a launch in between. Many at once meet less when they do not come back together.
                tokio::time::sleep(MAKE_WAY.mul_f32(rand::random())).await;
            }
        }
        Err(StoreError::Unavailable)
    }

    /// Reports what cannot be used, with the name under which it stands in Redis. Nothing is done to it.
    fn unusable(&self, name: &str, error: impl Into<StoreError>) -> StoreError {
        let error = error.into();
        self.inner.alarms.record(error, name);
        error
    }

    fn seal_launch(&self, key: LaunchKey, record: &LaunchRecord) -> Result<SealedLaunch, StoreError> {
        let sealer = &self.inner.sealer;
        // Ended launches are remembered by scripts, which cannot seal: they fill in why and when, in clear.
        let memory = EndedLaunch::of(record, EndReason::Idle, record.opened_at);
        let blinded = match &record.user {
            Some(user) => sealer.blind(record.browser.as_bytes(), user),
            None => Vec::new(),
        };
        Ok(SealedLaunch {
            record: sealer.seal(SealedKind::Launch, key.as_bytes(), record.to_bytes())?,
            memory: sealer.seal(SealedKind::Ended, key.as_bytes(), memory.to_bytes())?,
            user: blinded.first().cloned().unwrap_or_default(),
            user_under_each_key: blinded.join(" "),
        })
    }

    fn open_record(&self, key: LaunchKey, sealed: &[u8]) -> Result<LaunchRecord, StoreError> {
        let bytes = self.inner.sealer.open(SealedKind::Launch, key.as_bytes(), sealed)?;
        Ok(LaunchRecord::from_bytes(&bytes)?)
    }

    /// The launches that a script has ended: a name and a sealed record of each. One whose record cannot be opened has
    /// ended like the others.
    fn handed_out(&self, reply: &Reply) -> Result<EndedLaunches, StoreError> {
        let parts = reply.parts();
        let [b"ended", launches @ ..] = parts.as_slice() else {
            return Err(StoreError::Unreadable);
        };
        let mut ended = EndedLaunches::nothing();
        for launch in launches.chunks(2) {
            let [name, sealed] = launch else {
                return Err(StoreError::Unreadable);
            };
            let name = String::from_utf8_lossy(name);
            let record = names::launch_key(&name)
                .ok_or(StoreError::Unreadable)
                .and_then(|key| self.open_record(key, sealed));
            match record {
                Ok(record) => ended.records.push(Arc::new(record)),
                Err(error) => {
                    self.inner.alarms.ended_unread(error, &name);
                    ended.unreadable += 1;
                }
            }
        }
        Ok(ended)
    }

    fn open_memory(&self, key: LaunchKey, sealed: &[u8], why: &[u8], at: &[u8]) -> Result<EndedLaunch, StoreError> {
        let bytes = self.inner.sealer.open(SealedKind::Ended, key.as_bytes(), sealed)?;
        let mut ended = EndedLaunch::from_bytes(&bytes)?;
        ended.reason = reason::read(why).ok_or(StoreError::Unreadable)?;
        ended.ended_at = reply::timestamp(at).ok_or(StoreError::Unreadable)?;
        Ok(ended)
    }
}

struct SealedLaunch {
    record: Vec<u8>,
    memory: Vec<u8>,
    user: String,
    user_under_each_key: String,
}

// No future here holds anything that a dropped one would leave behind: a script that was sent runs or does not.
impl TokenStoreBackend for RedisStore {
    fn sealing_keys(&self) -> Option<SealingKeys> {
        self.inner.sealer.keys()
    }

    fn claim_pending<'a>(&'a self, key: PendingKey, callback: CallbackKey, until: Timestamp) -> StoreFuture<'a, Claim> {
        Box::pin(self.claim(key, callback, until))
    }

    fn release_pending<'a>(
        &'a self,
        key: PendingKey,
        callback: CallbackKey,
        claimed_at: Timestamp,
    ) -> StoreFuture<'a, ()> {
        Box::pin(self.release(key, callback, claimed_at))
    }

    fn finish_pending<'a>(
        &'a self,
        key: PendingKey,
        callback: CallbackKey,
        outcome: CallbackOutcome,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.finish(key, callback, &outcome).await })
    }

    fn launches_of<'a>(&'a self, browser: BrowserKey, user: Option<[u8; 32]>) -> StoreFuture<'a, Vec<ListedLaunch>> {
        Box::pin(self.list(browser, user))
    }

    fn remember<'a>(
        &'a self,
        browser: BrowserKey,
        memo: Memo,
        value: Vec<u8>,
        keep: usize,
        rules: StoreRules,
    ) -> StoreFuture<'a, Vec<Vec<u8>>> {
        Box::pin(self.note(browser, memo, value, keep, rules))
    }

    fn recall<'a>(&'a self, browser: BrowserKey, memo: Memo) -> StoreFuture<'a, Vec<Vec<u8>>> {
        Box::pin(self.noted(browser, memo))
    }

    fn open_launch<'a>(
        &'a self,
        key: LaunchKey,
        record: LaunchRecord,
        others: OthersOnOpen,
        rules: StoreRules,
    ) -> StoreFuture<'a, EndedLaunches> {
        Box::pin(async move {
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
        })
    }

    fn load_launch<'a>(
        &'a self,
        key: LaunchKey,
        launch_use: LaunchUse,
        rules: StoreRules,
    ) -> StoreFuture<'a, LoadedLaunch> {
        Box::pin(async move {
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
        })
    }

    fn replace_launch<'a>(
        &'a self,
        key: LaunchKey,
        expected: Version,
        record: LaunchRecord,
        _rules: StoreRules,
    ) -> StoreFuture<'a, Replaced> {
        Box::pin(async move {
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
        })
    }

    fn end_launch<'a>(
        &'a self,
        key: LaunchKey,
        which: EndWhich,
        reason: EndReason,
        rules: StoreRules,
    ) -> StoreFuture<'a, LaunchEnd> {
        Box::pin(async move {
            let name = self.inner.names.launch(key);
            let call = Call::new(Script::LaunchEnd)
                .key(name.clone())
                .span(rules.lifetimes.ended)
                .text(reason::name(reason))
                .text(match which {
                    EndWhich::Any => String::new(),
                    EndWhich::Version(version) => version.0.to_string(),
                });
            let ended = self.call(call).await?.try_map(|reply| match reply.parts().as_slice() {
                [b"newer"] => Ok(LaunchEnd::Newer),
                _ => self.handed_out(&reply).map(LaunchEnd::Ended),
            });
            ended.map_err(|error| self.unusable(&name, error))
        })
    }

    fn end_all_of<'a>(
        &'a self,
        browser: BrowserKey,
        reason: EndReason,
        rules: StoreRules,
    ) -> StoreFuture<'a, EndedLaunches> {
        Box::pin(async move {
            let call = Call::new(Script::BrowserEndAll)
                .key(self.inner.names.launches_of(browser))
                .span(rules.lifetimes.ended)
                .text(reason::name(reason));
            self.call_with_listed(call)
                .await?
                .try_map(|reply| self.handed_out(&reply))
        })
    }

    fn acquire_lease<'a>(&'a self, key: LaunchKey, owner: LeaseOwner, ttl: Duration) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let call = Call::new(Script::LeaseAcquire)
                .key(self.inner.names.launch(key))
                .text(hex(&owner.0))
                .span(ttl);
            self.call(call)
                .await?
                .try_map(|reply| Ok(reply.count().ok_or(StoreError::Unreadable)? == 1))
        })
    }

    fn release_lease<'a>(&'a self, key: LaunchKey, owner: LeaseOwner) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let call = Call::new(Script::LeaseRelease)
                .key(self.inner.names.launch(key))
                .text(hex(&owner.0));
            Ok(self.call(call).await?.map(drop))
        })
    }

    fn time(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            let call = Call::new(Script::Time).key(self.inner.names.nothing());
            Ok(self.call(call).await?.map(drop))
        })
    }
}
