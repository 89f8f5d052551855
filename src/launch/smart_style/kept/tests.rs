use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::{config::Ehr, smart_config::SmartConfig, time::ManualClock};

fn key(address: &str) -> StyleKey {
    StyleKey {
        ehr: "ehr".to_owned(),
        address: address.to_owned(),
    }
}

/// Counts how often it is fetched.
struct Asked {
    kept: KeptStyles,
    clock: ManualClock,
    config: SmartConfig,
    times: Arc<AtomicU32>,
}

impl Asked {
    fn new() -> Self {
        let ehr = Ehr::builder("https://ehr.example/fhir")
            .client_id("my-app")
            .redirect_uri("https://app.example/auth/callback")
            .scopes("launch/patient");
        Self {
            kept: KeptStyles::default(),
            clock: ManualClock::default(),
            config: SmartConfig::builder().ehr(ehr).build().unwrap(),
            times: Arc::default(),
        }
    }

    async fn get(&self, key: StyleKey, answer: Fetched) -> Fetched {
        self.get_as(key, async { answer }).await
    }

    async fn get_as(&self, key: StyleKey, answer: impl Future<Output = Fetched> + Send + 'static) -> Fetched {
        let times = Arc::clone(&self.times);
        let fetch = async move {
            times.fetch_add(1, Ordering::Relaxed);
            answer.await
        };
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let engine = &self.config.runtime().engine;
        self.kept.get(key, &clock, engine, fetch).await
    }

    fn times(&self) -> u32 {
        self.times.load(Ordering::Relaxed)
    }

    async fn style(&self, address: &str) {
        self.get(key(address), Ok(SmartStyle::default())).await.unwrap();
    }
}

#[tokio::test]
async fn a_style_is_fetched_once_a_day_for_each_address_and_each_ehr() {
    let asked = Asked::new();
    asked.style("https://ehr.example/1").await;
    asked.clock.advance(KEPT - Duration::from_secs(1));
    asked.style("https://ehr.example/1").await;
    assert_eq!(asked.times(), 1);
    asked.style("https://ehr.example/2").await;
    assert_eq!(asked.times(), 2);
    let of_another = StyleKey {
        ehr: "another".to_owned(),
        ..key("https://ehr.example/1")
    };
    asked.get(of_another, Ok(SmartStyle::default())).await.unwrap();
    assert_eq!(asked.times(), 3);
    asked.clock.advance(Duration::from_secs(1));
    asked.style("https://ehr.example/1").await;
    assert_eq!(asked.times(), 4);
}

#[tokio::test]
async fn a_failure_is_told_for_seconds_and_then_the_ehr_is_asked_again() {
    let asked = Asked::new();
    let failed = Err(SmartStyleError::Status(503));
    assert_eq!(asked.get(key("a"), failed.clone()).await, failed);
    asked.clock.advance(FAILURE_KEPT - Duration::from_secs(1));
    assert_eq!(asked.get(key("a"), Ok(SmartStyle::default())).await, failed);
    asked.clock.advance(Duration::from_secs(1));
    asked.style("a").await;
    assert_eq!(asked.times(), 2);
}

#[tokio::test]
async fn no_more_styles_are_kept_than_so_many_and_the_oldest_go_first() {
    let asked = Asked::new();
    for number in 0..MOST + 10 {
        asked.style(&number.to_string()).await;
        asked.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(asked.kept.fetched.lock().unwrap().len(), MOST);
    let before = asked.times();
    asked.style(&(MOST + 9).to_string()).await;
    asked.style("10").await;
    assert_eq!(asked.times(), before);
    asked.style("9").await;
    assert_eq!(asked.times(), before + 1);
}

#[tokio::test]
async fn an_address_of_any_length_takes_no_room() {
    let asked = Asked::new();
    let long = "a".repeat(LONGEST + 1);
    asked.style(&long).await;
    asked.style(&long).await;
    assert_eq!(asked.times(), 2);
    assert!(asked.kept.fetched.lock().unwrap().is_empty());
    let longest = "a".repeat(LONGEST);
    asked.style(&longest).await;
    asked.style(&longest).await;
    assert_eq!(asked.times(), 3);
}

#[tokio::test]
async fn who_comes_while_it_is_fetched_waits_for_it() {
    let asked = Asked::new();
    let (answer, arrives) = tokio::sync::oneshot::channel();
    let first = asked.get_as(key("a"), async { arrives.await.unwrap() });
    let second = asked.get(key("a"), Err(SmartStyleError::Status(500)));
    let sends = async {
        answer.send(Ok(SmartStyle::default())).unwrap();
    };
    let (first, second, ()) = tokio::join!(first, second, sends);
    assert_eq!((first, second), (Ok(SmartStyle::default()), Ok(SmartStyle::default())));
    assert_eq!(asked.times(), 1);
}

#[tokio::test]
async fn what_a_page_did_not_wait_for_is_known_to_the_next_one() {
    let asked = Asked::new();
    let failed = Err(SmartStyleError::Transport(TransportError::Timeout));
    for (address, late) in [("a", failed), ("b", Ok(SmartStyle::default()))] {
        let (answer, arrives) = tokio::sync::oneshot::channel();
        let first = asked.get_as(key(address), async { arrives.await.unwrap() });
        assert!(tokio::time::timeout(Duration::ZERO, first).await.is_err());
        let next = asked.get(key(address), Err(SmartStyleError::Status(500)));
        answer.send(late.clone()).unwrap();
        assert_eq!(next.await, late);
    }
    assert_eq!(asked.times(), 2);
}

#[tokio::test]
async fn after_a_shutdown_nothing_is_fetched() {
    let asked = Asked::new();
    asked.config.shutdown(Duration::ZERO).await;
    let refused = Err(SmartStyleError::Transport(TransportError::ShutDown));
    assert_eq!(asked.get(key("a"), Ok(SmartStyle::default())).await, refused);
    assert_eq!(asked.times(), 0);
}
