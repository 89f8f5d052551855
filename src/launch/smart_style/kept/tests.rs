use std::{
    cell::Cell,
    future::{pending, ready},
};

use super::*;
use crate::time::ManualClock;

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
    times: Cell<u32>,
}

impl Asked {
    fn new() -> Self {
        Self {
            kept: KeptStyles::default(),
            clock: ManualClock::default(),
            times: Cell::new(0),
        }
    }

    async fn get(&self, key: StyleKey, answer: Fetched) -> Fetched {
        let fetch = async {
            self.times.set(self.times.get() + 1);
            answer
        };
        self.kept.get(key, &self.clock, fetch).await
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
    assert_eq!(asked.times.get(), 1);
    asked.style("https://ehr.example/2").await;
    assert_eq!(asked.times.get(), 2);
    let of_another = StyleKey {
        ehr: "another".to_owned(),
        ..key("https://ehr.example/1")
    };
    asked.get(of_another, Ok(SmartStyle::default())).await.unwrap();
    assert_eq!(asked.times.get(), 3);
    asked.clock.advance(Duration::from_secs(1));
    asked.style("https://ehr.example/1").await;
    assert_eq!(asked.times.get(), 4);
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
    assert_eq!(asked.times.get(), 2);
}

#[tokio::test]
async fn no_more_styles_are_kept_than_so_many_and_the_oldest_go_first() {
    let asked = Asked::new();
    for number in 0..MOST + 10 {
        asked.style(&number.to_string()).await;
        asked.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(asked.kept.fetched.lock().unwrap().len(), MOST);
    let before = asked.times.get();
    asked.style(&(MOST + 9).to_string()).await;
    asked.style("10").await;
    assert_eq!(asked.times.get(), before);
    asked.style("9").await;
    assert_eq!(asked.times.get(), before + 1);
}

#[tokio::test]
async fn an_address_of_any_length_takes_no_room() {
    let asked = Asked::new();
    let long = "a".repeat(LONGEST + 1);
    asked.style(&long).await;
    asked.style(&long).await;
    assert_eq!(asked.times.get(), 2);
    assert!(asked.kept.fetched.lock().unwrap().is_empty());
}

#[tokio::test]
async fn who_comes_while_it_is_fetched_waits_for_it_and_fetches_where_the_first_one_hangs_up() {
    let asked = Asked::new();
    let (answer, arrives) = tokio::sync::oneshot::channel();
    let first = asked.kept.get(key("a"), &asked.clock, async { arrives.await.unwrap() });
    let second = asked.get(key("a"), Err(SmartStyleError::Status(500)));
    let sends = async {
        answer.send(Ok(SmartStyle::default())).unwrap();
    };
    let (first, second, ()) = tokio::join!(first, second, sends);
    assert_eq!((first, second), (Ok(SmartStyle::default()), Ok(SmartStyle::default())));
    assert_eq!(asked.times.get(), 0);

    let hangs_up = tokio::time::timeout(Duration::ZERO, asked.kept.get(key("b"), &asked.clock, pending()));
    let waits = asked.kept.get(key("b"), &asked.clock, ready(Ok(SmartStyle::default())));
    let (hung_up, waited) = tokio::join!(hangs_up, waits);
    assert!(hung_up.is_err());
    assert_eq!(waited, Ok(SmartStyle::default()));
}
