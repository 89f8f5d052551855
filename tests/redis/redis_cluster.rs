//! A Redis in cluster mode refuses an operation that touches two hash slots: none of ours does.
//!
//! One node with all slots: enough to see such an operation refused (`CROSSSLOT`), and no redirection to follow.

use std::time::{Duration, Instant};

use actix_smart_auth::{
    EndReason, LaunchUse,
    store::{Claim, LoadedLaunch, Memo, OthersOnOpen, Replaced, acceptance::sample},
};

use crate::support::{NOW, RedisServer, open, open_as, prefix, rules, store};

/// A server in cluster mode that is ready for use.
fn cluster() -> Option<RedisServer> {
    let server = RedisServer::start(&["--cluster-enabled", "yes"])?;
    server.command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    let began = Instant::now();
    let mut connection = server.connection();
    loop {
        let info: String = redis::cmd("CLUSTER").arg("INFO").query(&mut connection).unwrap();
        if info.contains("cluster_state:ok") {
            return Some(server);
        }
        assert!(began.elapsed() < Duration::from_secs(10), "{info}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[actix_web::test]
async fn every_operation_of_the_redis_store_keeps_to_one_hash_slot_of_a_cluster() {
    let Some(server) = cluster() else { return };
    let store = store(&server.url(), &prefix());
    let backend = &store;
    for _ in 0..20 {
        let browser = sample::browser();

        // Two sign-ins that somebody comes back with, one of them finished and one given back.
        let (finished, released, callback) = (sample::pending_key(), sample::pending_key(), sample::callback_key());
        let until = NOW.saturating_add(Duration::from_secs(600));
        for key in [finished, released] {
            let claim = backend.claim_pending(key, callback, until, NOW).await;
            assert!(matches!(claim, Ok(Claim::Fresh)), "{claim:?}");
        }
        let finish = backend.finish_pending(finished, callback, sample::landed("/x"), NOW);
        finish.await.unwrap();
        let claim = backend.claim_pending(finished, callback, until, NOW).await;
        assert!(matches!(claim, Ok(Claim::Done(_))), "{claim:?}");
        backend.release_pending(released, callback, NOW).await.unwrap();

        // More launches than a browser may have; one is refreshed and ended; then a newer one ends all others.
        let mut launches = Vec::new();
        for _ in 0..=rules().limits.launches {
            launches.push(open(&store, browser).await.unwrap());
        }
        let listed = backend.launches_of(browser, sample::user(1), NOW).await.unwrap();
        assert_eq!(listed.len(), rules().limits.launches);
        for value in [b"first", b"other"] {
            let remember = backend.remember(browser, Memo::LaunchCookies, value.to_vec(), 1, rules(), NOW);
            remember.await.unwrap();
        }
        let recalled = backend.recall(browser, Memo::LaunchCookies, NOW).await;
        assert_eq!(recalled.unwrap(), [b"other"]);
        let last = launches[launches.len() - 1];
        let owner = sample::lease_owner();
        assert!(
            backend
                .acquire_lease(last, owner, Duration::from_secs(15), NOW)
                .await
                .unwrap()
        );
        let Ok(LoadedLaunch::Open { record, version }) =
            backend.load_launch(last, LaunchUse::Counts, rules(), NOW).await
        else {
            panic!("it was opened")
        };
        let replaced = backend
            .replace_launch(last, version, (*record).clone(), rules(), NOW)
            .await;
        assert!(matches!(replaced, Ok(Replaced::Written(_))));
        backend.release_lease(last, owner).await.unwrap();
        let end = backend.end_launch(last, EndReason::LoggedOut, rules(), NOW);
        assert_eq!(end.await.unwrap().records.len(), 1);
        open_as(&store, sample::launch(browser, NOW), OthersOnOpen::EndAll)
            .await
            .unwrap();
        let end_all = backend.end_all_of(browser, EndReason::LoggedOut, rules(), NOW);
        assert_eq!(end_all.await.unwrap().records.len(), 1);
    }
}
