//! Which uses of a launch are written down, and when it ends then.

use std::{collections::BTreeMap, time::Duration};

use actix_smart_auth::{
    EndReason, LaunchUse,
    store::{
        LaunchKey, LoadedLaunch, RedisStore, StoreRules,
        acceptance::{Subject, sample},
    },
    time::Timestamp,
};
use redis::{Commands as _, Connection};

use crate::support::{NOW, keys, names, open, prefix, redis_url, rules};

const MINUTE: Duration = Duration::from_secs(60);
const DEFAULT: Duration = Duration::from_secs(10);
const MILLI: Duration = Duration::from_millis(1);

fn after(span: Duration) -> Timestamp {
    NOW.saturating_add(span)
}

struct Used {
    store: Subject,
    key: LaunchKey,
    connection: Connection,
    name: String,
}

/// A launch that was opened [`NOW`].
async fn used(url: &str, noted_every: Option<Duration>) -> Used {
    let prefix = prefix();
    let store = Subject::new(|clock| {
        let builder = RedisStore::builder(url).sealing_keys(keys(&[1])).prefix(&prefix);
        let builder = match noted_every {
            Some(span) => builder.uses_noted_every(span),
            None => builder,
        };
        builder.timed_by(clock).build().unwrap()
    });
    let key = open(&store, sample::browser()).await.unwrap();
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    let name = names(&mut connection, &prefix, ":launch:").remove(0);
    Used {
        store,
        key,
        connection,
        name,
    }
}

impl Used {
    async fn load(&self, at: Timestamp, rules: StoreRules) -> LoadedLaunch {
        let loaded = self.store.load_launch(self.key, LaunchUse::Counts, rules, at);
        loaded.await.unwrap()
    }

    /// Whether a use at this moment changes anything on the server.
    async fn writes(&mut self, at: Timestamp, rules: StoreRules) -> bool {
        // Not even the moment at which the server forgets it.
        let _: () = self.connection.persist(&self.name).unwrap();
        let before = self.stored();
        assert!(matches!(self.load(at, rules).await, LoadedLaunch::Open { .. }));
        self.stored() != before
    }

    fn stored(&mut self) -> (BTreeMap<String, Vec<u8>>, i64) {
        let fields = self.connection.hgetall(&self.name).unwrap();
        (fields, self.connection.pttl(&self.name).unwrap())
    }
}

#[tokio::test]
async fn a_use_soon_after_another_one_only_reads() {
    let Some(url) = redis_url() else { return };
    for (noted_every, span) in [
        (None, DEFAULT),
        (Some(MINUTE / 2), MINUTE / 2),
        // A twentieth of the hour for which a launch may be unused.
        (Some(60 * MINUTE), 3 * MINUTE),
    ] {
        let mut used = used(&url, noted_every).await;
        assert!(!used.writes(NOW, rules()).await);
        assert!(!used.writes(after(span - MILLI), rules()).await);
        assert!(used.writes(after(span), rules()).await);
        assert!(!used.writes(after(2 * span - MILLI), rules()).await);
        assert!(used.writes(after(2 * span), rules()).await);
    }
    let mut used = used(&url, Some(Duration::ZERO)).await;
    assert!(used.writes(NOW, rules()).await);
    assert!(used.writes(NOW, rules()).await);
}

#[tokio::test]
async fn a_launch_ends_by_the_last_use_that_was_noted_and_never_later() {
    let Some(url) = redis_url() else { return };
    let used = used(&url, None).await;
    used.load(after(DEFAULT - MILLI), rules()).await;
    let idle = rules().lifetimes.launch_idle;
    let look = async |at| {
        let loaded = used.store.load_launch(used.key, LaunchUse::DoesNotCount, rules(), at);
        loaded.await.unwrap()
    };
    assert!(matches!(look(after(idle - MILLI)).await, LoadedLaunch::Open { .. }));
    let ended = match look(after(idle)).await {
        LoadedLaunch::Ended(ended) => Some((ended.reason, ended.ended_at)),
        _ => None,
    };
    assert_eq!(ended, Some((EndReason::Idle, after(idle))));
}

/// A configuration with other lifetimes holds from its first request on.
#[tokio::test]
async fn a_use_with_other_lifetimes_is_noted_at_once() {
    let Some(url) = redis_url() else { return };
    let mut used = used(&url, None).await;
    let mut longer = rules();
    longer.lifetimes.launch_idle = 2 * rules().lifetimes.launch_idle;
    assert!(used.writes(after(MILLI), longer).await);
    assert!(!used.writes(after(MILLI), longer).await);
    let mut shorter = rules();
    shorter.lifetimes.launch_absolute = MINUTE;
    assert!(used.writes(after(MILLI), shorter).await);
    assert!(!used.writes(after(2 * MILLI), shorter).await);
}
