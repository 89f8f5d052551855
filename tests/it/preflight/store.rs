//! The token store, and frames.

use actix_smart_auth::{
    CookiePolicy,
    options::{Partitioned, SameSite},
    preflight::{Check, Preflight, Status},
    store::{RedisStore, SealingKeys, TokenStore},
};

use super::{assert_cure, assert_fails, config, good_sandbox, only, registration};
use crate::support::{ClosedPort, redis_server::RedisServer};

async fn with_redis(url: &str) -> Preflight {
    let sandbox = good_sandbox();
    let mut key = [7; 32];
    key[0] = 1;
    let keys = SealingKeys::from_bytes([key]).unwrap();
    let store = RedisStore::builder(url).sealing_keys(keys).build().unwrap();
    let config = config(registration(sandbox.fhir_base_url())).store(TokenStore::new(store));
    config.build().unwrap().preflight().await
}

#[track_caller]
fn assert_redis_warns(report: &Preflight, check: Check, cure: &str) {
    let finding = only(report, check);
    assert_eq!(finding.status, Status::Warning, "{report}");
    assert_cure(finding, cure);
    assert!(report.can_launch());
}

#[tokio::test]
async fn redis_that_is_not_there_is_found() {
    let closed = ClosedPort::new();
    let url = format!("redis://{}", closed.address);
    assert_fails(&with_redis(&url).await, Check::Store, "REDIS_URL");
}

#[tokio::test]
async fn redis_that_forgets_nothing_is_ok() {
    let Some(redis) = RedisServer::start(&[]) else { return };
    let report = with_redis(&redis.url()).await;
    for check in [Check::Store, Check::StoreEviction, Check::StoreDisk] {
        let finding = report.findings().iter().find(|finding| finding.check == check).unwrap();
        assert_eq!(finding.status, Status::Ok, "{report}");
    }
}

#[tokio::test]
async fn redis_that_throws_launches_away_is_found() {
    let Some(redis) = RedisServer::start(&["--maxmemory-policy", "allkeys-lru"]) else {
        return;
    };
    let report = with_redis(&redis.url()).await;
    assert_redis_warns(&report, Check::StoreEviction, "maxmemory-policy noeviction");
}

#[tokio::test]
async fn redis_that_writes_nothing_to_disk_or_only_each_second_is_found() {
    let Some(redis) = RedisServer::start(&["--appendonly", "no"]) else {
        return;
    };
    assert_redis_warns(&with_redis(&redis.url()).await, Check::StoreDisk, "appendonly yes");
    let Some(redis) = RedisServer::start(&["--appendfsync", "everysec"]) else {
        return;
    };
    assert_redis_warns(&with_redis(&redis.url()).await, Check::StoreDisk, "appendfsync always");
}

#[tokio::test]
async fn settings_that_redis_does_not_show_are_not_checked() {
    let Some(redis) = RedisServer::start(&["--rename-command", "CONFIG", "", "--rename-command", "INFO", ""]) else {
        return;
    };
    let report = with_redis(&redis.url()).await;
    for check in [Check::StoreEviction, Check::StoreDisk] {
        assert_eq!(only(&report, check).status, Status::NotChecked, "{report}");
    }
}

#[tokio::test]
async fn frames_need_an_origin_and_cookies_that_are_sent_there() {
    let sandbox = good_sandbox();
    let ehr = || registration(sandbox.fhir_base_url()).redirect_uri("https://app.example/auth/callback");
    let in_frames = || {
        CookiePolicy::default()
            .same_site(SameSite::None)
            .partitioned(Partitioned::Yes)
    };
    let origin = "https://ehr.example";
    let lax = config(ehr()).frame_ancestor(origin);
    let report = lax.build().unwrap().preflight().await;
    assert_cure(only(&report, Check::Frames), "SameSite::None");
    let unnamed = config(ehr()).cookie(in_frames());
    let report = unnamed.build().unwrap().preflight().await;
    assert_cure(only(&report, Check::Frames), "frame_ancestor");
    let both = config(ehr()).cookie(in_frames()).frame_ancestor(origin);
    let report = both.build().unwrap().preflight().await;
    let frames = report
        .findings()
        .iter()
        .find(|finding| finding.check == Check::Frames)
        .unwrap();
    assert_eq!(frames.status, Status::Ok, "{report}");
}
