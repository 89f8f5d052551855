//! The store in a Redis server: [`RedisStore`].

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    deployment::Deployment,
    names::Names,
    reply::Reply,
    scripts::{Call, KeyChecks},
};
use crate::{
    store::{
        Stamped, StoreError,
        alarms::Alarms,
        lost_claim::LostClaims,
        sealed::{OpenedRecords, Sealer},
    },
    time::Clock,
};

/// How long an operation begins anew because others of the same browser come in between, and the longest pause before that.
/// Each attempt is two round trips to the server: on a busy machine many at once were seen to need more than 5 s.
const MEETING: Duration = Duration::from_secs(10);
const MAKE_WAY: Duration = Duration::from_millis(5);

/// Launches in a Redis (6.2 or later) or Valkey server, shared by any number of processes.
///
/// Cheap to clone; clones share their connections ([`RedisConnections`](crate::store::RedisConnections)), which are opened when they are
/// first needed: an application starts although Redis is away. While it is away every operation fails with [`StoreError::Unavailable`] within the command time-out.
/// Later ones fail at once: where the server refuses connections after that long, where it hangs after up to three time-outs (of the operation, of
/// a `PING`, and of connecting); nothing is deleted, and operations work again within about a second after it is back.
///
/// Tokens, patients and everything else in a record are sealed with [`SealingKeys`](crate::store::SealingKeys). In clear
/// are: hashes of ids, of cookies and of authorization codes, times, versions, reasons why launches ended, and leases.
///
/// The server should have `maxmemory-policy noeviction` (another one throws launches away when memory is short) and, if
/// launches are to survive its restart, `appendonly yes`; with `appendfsync always` it forgets nothing that it
/// acknowledged. Lifetimes and leases go by the server's clock (`TIME`), whatever the clocks of the processes say.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::store::{TokenStore, RedisStore, SealingKeys};
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
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) deployment: Deployment,
    pub(super) names: Names,
    pub(super) sealer: Sealer,
    pub(super) opened: OpenedRecords,
    pub(super) uses_noted_every: Duration,
    pub(super) lost_claims: LostClaims,
    pub(super) alarms: Arc<Alarms>,
    pub(super) server: String,
    pub(super) checks: KeyChecks,
    /// In a test, in the place of the server's.
    pub(super) clock: Option<Arc<dyn Clock>>,
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
    pub(super) async fn call(&self, call: Call) -> Result<Stamped<Reply>, StoreError> {
        let Inner {
            deployment,
            checks,
            clock,
            ..
        } = &*self.inner;
        let call = call.under(*checks, clock.as_ref().map(Clock::steady));
        Reply::stamped(deployment.call(&call).await?).ok_or(StoreError::Unreadable)
    }

    /// A script about all launches that stand in the list of a browser. It has to be given their names, and says which
    /// these are when they were not all given; none need be for a browser without launches.
    pub(super) async fn call_with_listed(&self, call: Call) -> Result<Stamped<Reply>, StoreError> {
        let call = call.text(self.inner.names.launches_begin_with());
        let mut reply = self.call(call.clone()).await?;
        let began = Instant::now();
        loop {
            let parts = reply.value.parts();
            let [b"again", listed @ ..] = parts.as_slice() else {
                return Ok(reply);
            };
            if began.elapsed() >= MEETING {
                return Err(StoreError::Unavailable);
            }
            let listed = listed.iter().map(|name| String::from_utf8_lossy(name).into_owned());
            let complete = listed.fold(call.clone(), Call::key);
            reply = self.call(complete).await?;
            if reply.value.parts().first() == Some(&&b"again"[..]) {
                // Somebody has opened a launch in between. Many at once meet less when they do not come back together.
                tokio::time::sleep(MAKE_WAY.mul_f32(rand::random())).await;
            }
        }
    }

    /// Reports what cannot be used, with the name under which it stands in Redis. Nothing is done to it.
    pub(super) fn unusable(&self, name: &str, error: impl Into<StoreError>) -> StoreError {
        let error = error.into();
        self.inner.alarms.record(error, name);
        error
    }
}
