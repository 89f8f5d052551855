//! Two applications' worth of state on one Redis: what processes behind a load balancer see of each other.
//!
//! Skipped, with a line that says so, unless `REDIS_URL` names a server.

use std::time::Duration;

use actix_smart_auth::{
    Ehr, LaunchHandle, SmartClient, SmartConfig,
    error::LaunchError,
    store::{RedisStore, SealingKeys, TokenStore},
};

use crate::support::{App, Browser, CLIENT_ID, Profile, SCOPES, redis_url};

/// A store with a connection of its own, as another process has.
fn store(url: &str, prefix: &str) -> TokenStore {
    let mut key = [9; 32];
    key[0] = 1;
    let store = RedisStore::builder(url)
        .sealing_keys(SealingKeys::from_bytes([key]).unwrap())
        .prefix(prefix)
        .timed_by(crate::support::clock())
        .build();
    TokenStore::new(store.unwrap())
}

struct Two {
    app: App,
    /// The second process, with nothing of the first but the EHR, the clock and Redis.
    other: SmartConfig,
    handle: LaunchHandle,
}

/// Launches on one of two processes.
async fn two(url: &str) -> Two {
    let prefix = format!("test-{:016x}:", rand::random::<u64>());
    let first = store(url, &prefix);
    let app = App::builder()
        .workers(2)
        .config(|config| config.store(first).idle_lifetime(Duration::from_secs(4 * 3600)))
        .start();
    let ehr = Ehr::builder(app.sandbox.fhir_base_url())
        .client_id(CLIENT_ID)
        .client_auth(Profile::Public.client_auth())
        .redirect_uri(app.url("/auth/callback"))
        .scopes(SCOPES);
    let other = SmartConfig::builder()
        .ehr(ehr)
        .clock(app.clock.clone())
        .store(store(url, &prefix))
        .landing("/~{smart_launch}/patient")
        .idle_lifetime(Duration::from_secs(4 * 3600))
        .build()
        .unwrap();
    let page = Browser::new().navigate(&app.url("/auth/launch")).await;
    assert_eq!(page.body, "patient amber-testwood", "{}", page.url);
    let id = page.url.split('~').nth(1).unwrap().split('/').next().unwrap();
    let handle = serde_json::from_value(id.into()).unwrap();
    Two { app, other, handle }
}

async fn token(config: &SmartConfig, handle: &LaunchHandle) -> Result<String, LaunchError> {
    let session = config.resume(handle).await?;
    Ok(session.current_token().await?.expose_secret().to_owned())
}

/// A launch of one process is open in the other, and whichever of them refreshes, both go on with the new token.
#[actix_web::test]
async fn many_requests_of_two_processes_on_an_expired_token_refresh_it_once() {
    let Some(url) = redis_url() else { return };
    let two = two(&url).await;
    for round in 1..=3 {
        let before = token(&two.app.config, &two.handle).await.unwrap();
        assert_eq!(token(&two.other, &two.handle).await.unwrap(), before);
        two.app.advance(3600);
        let mut waiting = Vec::new();
        for number in 0..40 {
            let config = if number % 2 == 0 { &two.app.config } else { &two.other };
            let (config, handle) = (config.clone(), two.handle.clone());
            waiting.push(actix_web::rt::spawn(
                async move { token(&config, &handle).await.unwrap() },
            ));
        }
        let mut tokens = Vec::new();
        for task in waiting {
            tokens.push(task.await.unwrap());
        }
        tokens.dedup();
        assert_eq!(tokens.len(), 1, "all use one token");
        assert_ne!(tokens[0], before, "a new one");
        assert_eq!(two.app.refreshes(), round);
    }
    assert_eq!(two.app.sandbox.reuse_detections(), 0);
}

#[actix_web::test]
async fn a_launch_that_ends_in_one_process_has_ended_in_the_other() {
    let Some(url) = redis_url() else { return };
    let two = two(&url).await;
    let session = SmartClient::new(&two.other).unwrap().resume(&two.handle).await.unwrap();
    assert!(session.end().await.unwrap());
    let ended = SmartClient::new(&two.app.config).unwrap().resume(&two.handle).await;
    assert!(matches!(ended, Err(LaunchError::Ended(_))), "{ended:?}");
}

/// As an operator does it who signs everybody out.
#[actix_web::test]
async fn who_came_from_the_ehr_begins_nothing_in_the_application_when_all_launches_were_deleted() {
    let Some(url) = redis_url() else { return };
    let prefix = format!("test-{:016x}:", rand::random::<u64>());
    let kept = store(&url, &prefix);
    let app = App::builder().config(|config| config.store(kept)).start();
    let browser = Browser::new();
    let from_ehr = browser.navigate(&app.ehr_launch_url("amber-testwood", None)).await;
    let own = browser.navigate(&app.url("/auth/launch")).await;
    let mut connection = redis::Client::open(url.as_str()).unwrap().get_connection().unwrap();
    let pattern = format!("{prefix}*:launch:*");
    let names: Vec<String> = redis::cmd("KEYS").arg(pattern).query(&mut connection).unwrap();
    assert_eq!(names.len(), 2, "{names:?}");
    redis::cmd("DEL").arg(names).exec(&mut connection).unwrap();
    let answer = browser.get(&from_ehr.url).await;
    assert_eq!((answer.status, answer.location()), (401, ""), "{}", answer.body);
    assert!(
        answer.body.contains("again from the patient&#39;s chart"),
        "{}",
        answer.body
    );
    let answer = browser.get(&own.url).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}
