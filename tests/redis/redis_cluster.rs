//! A Redis in cluster mode refuses an operation that touches two hash slots: none of ours does.
//!
//! One node with all slots: enough to see such an operation refused (`CROSSSLOT`), and no redirection to follow.

use std::time::{Duration, Instant};

use actix_smart_auth::store::{
    BrowserKey, Claim, EndReason, LaunchUse, LoadedLaunch, OthersOnOpen, PendingKey, Replaced, acceptance::sample,
};

use crate::support::{NOW, Server, open, open_as, prefix, rules, store};

/// A server in cluster mode that is ready for use.
fn cluster() -> Option<Server> {
    let server = Server::start(&["--cluster-enabled", "yes"])?;
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

fn pending_key(browser: BrowserKey) -> PendingKey {
    let mut key = *sample::pending_key().as_bytes();
    key[..2].copy_from_slice(&browser.slot_tag().0);
    PendingKey::from_bytes(key)
}

#[actix_web::test]
async fn every_operation_of_the_redis_store_keeps_to_one_hash_slot_of_a_cluster() {
    let Some(server) = cluster() else { return };
    let store = store(&server.url(), &prefix());
    let backend = store.backend();
    for _ in 0..20 {
        let browser = sample::browser();

        // More sign-ins than a browser may have, one of them finished and one given back.
        let mut keys = Vec::new();
        for number in 0..=rules().limits.pending {
            let started_at = NOW.saturating_add(Duration::from_millis(number as u64));
            let key = pending_key(browser);
            backend
                .insert_pending(key, sample::pending(browser, started_at), rules(), NOW)
                .await
                .unwrap();
            keys.push(key);
        }
        let (finished, released) = (keys[keys.len() - 1], keys[keys.len() - 2]);
        assert!(matches!(
            backend.claim_pending(finished, browser, NOW).await,
            Ok(Claim::Fresh(_))
        ));
        backend
            .finish_pending(finished, sample::landed("/x"), NOW)
            .await
            .unwrap();
        assert!(matches!(
            backend.claim_pending(finished, browser, NOW).await,
            Ok(Claim::Done(_))
        ));
        assert!(matches!(
            backend.claim_pending(released, browser, NOW).await,
            Ok(Claim::Fresh(_))
        ));
        backend.release_pending(released, NOW).await.unwrap();

        // More launches than a browser may have; one is refreshed and ended; then a newer one ends all others.
        let mut launches = Vec::new();
        for _ in 0..=rules().limits.launches {
            launches.push(open(&store, browser).await.unwrap());
        }
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
