//! Stores that are away, processes that die, answers that are lost.

use std::time::Duration;

use actix_smart_auth::{
    SmartConfig,
    brands::BrandDirectory,
    error::EhrLookupError,
    registration::FirstUseError,
    sandbox::{Fault, FaultPoint, Times, When},
    store::TokenStore,
};

use actix_web::rt::task::JoinHandle;

use super::{New, builder, keys, launched, retry_after, used};
use crate::support::{Logs, Op, RawServer, Trouble, eventually};

async fn lookup(config: &SmartConfig, new: &New) -> Result<String, EhrLookupError> {
    used(config, &new.base()).await
}

/// The same, apart.
fn looking(config: &SmartConfig, new: &New) -> JoinHandle<Result<String, EhrLookupError>> {
    let (config, base) = (config.clone(), new.base());
    actix_web::rt::spawn(async move { used(&config, &base).await })
}

#[actix_web::test]
async fn without_its_store_nothing_is_registered_and_with_it_everything_goes_on() {
    let new = New::start();
    let config = new.process();
    new.store.set_away(true);
    assert_eq!(lookup(&config, &new).await, Err(EhrLookupError::Unavailable));
    assert_eq!(new.registrations().len(), 0);
    new.store.set_away(false);
    new.clock.advance(Duration::from_secs(3));
    launched(&config, &new.base()).await;
    // One that is known works on without the store.
    new.clock.advance(Duration::from_secs(61));
    new.store.trouble(Op::LoadValue, Trouble::Fail);
    lookup(&config, &new).await.unwrap();
    assert_eq!(new.registrations().len(), 1);
}

#[actix_web::test]
async fn a_note_that_the_store_does_not_take_sends_nothing() {
    let new = New::start();
    new.store.trouble(Op::SwapValue, Trouble::Refuse);
    let config = new.process();
    assert_eq!(lookup(&config, &new).await, Err(EhrLookupError::Unavailable));
    assert_eq!(new.registrations().len(), 0);
}

#[actix_web::test]
async fn an_answer_of_the_store_that_is_lost_costs_no_second_registration() {
    let new = New::start();
    let config = new.process();
    new.store.trouble(Op::SwapValue, Trouble::LoseAnswer);
    // The note is there, though nobody said so.
    lookup(&config, &new).await.unwrap();
    assert_eq!(new.registrations().len(), 1);
}

#[actix_web::test]
async fn an_ehr_that_takes_longer_than_other_requests_may_registers_all_the_same() {
    let new = New::start();
    let config = builder(&new.base())
        .request_timeout(Duration::from_secs(3))
        .store(TokenStore::new(new.store.clone()))
        .build()
        .unwrap();
    let slow = Fault::Delay(Duration::from_secs(6));
    new.sandbox
        .inject(FaultPoint::Registration, When::Before, slow, Times::Once);
    lookup(&config, &new).await.unwrap();
    assert_eq!(new.registrations().len(), 1);
}

#[actix_web::test]
async fn that_an_ehr_registers_nobody_stands_in_the_log_where_it_happens() {
    let (new, logs) = (New::start(), Logs::collect());
    let refused = Fault::OAuthError {
        status: 400,
        error: "invalid_client_metadata".to_owned(),
        description: None,
    };
    new.sandbox
        .inject(FaultPoint::Registration, When::Before, refused, Times::Once);
    lookup(&new.process(), &new).await.unwrap_err();
    let (log, base) = (logs.text(), new.base());
    let said = log.lines().any(|line| {
        line.contains("could not register itself at an EHR")
            && line.contains(&base)
            && line.contains("invalid_client_metadata")
    });
    assert!(said, "{log}");
}

/// One that was killed renews its note no more.
#[actix_web::test]
async fn when_a_process_dies_in_the_middle_another_one_registers_after_fifteen_seconds_and_says_what_may_be_left() {
    let logs = Logs::collect();
    let new = New::start();
    let slow = Fault::Hang(Duration::from_secs(2));
    new.sandbox
        .inject(FaultPoint::Registration, When::After, slow, Times::Once);
    let dying = new.process();
    let asking = looking(&dying, &new);
    eventually("the EHR is asked", || new.registrations().len() == 1).await;
    let other = new.process();
    let waiting = looking(&other, &new);
    new.clock.advance(Duration::from_millis(14_900));
    actix_web::rt::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(new.registrations().len(), 1, "nobody else registers meanwhile");
    new.clock.advance(Duration::from_millis(200));
    waiting.await.unwrap().unwrap();
    assert_eq!(new.registrations().len(), 2);
    let base = new.base();
    let said = |text: &str| {
        logs.text()
            .lines()
            .any(|line| line.contains(text) && line.contains(&base))
    };
    assert!(said("may have a client that nobody knows"), "{}", logs.text());
    let _ = asking.await.unwrap();
    launched(&other, &new.base()).await;
    assert_eq!(new.registrations().len(), 2);
}

#[actix_web::test]
async fn a_process_that_was_too_slow_deletes_what_it_has_registered() {
    let new = New::start();
    let slow = Fault::Delay(Duration::from_secs(3));
    new.sandbox
        .inject(FaultPoint::Registration, When::After, slow, Times::Once);
    let late = new.process();
    let asking = looking(&late, &new);
    eventually("the EHR is asked", || new.registrations().len() == 1).await;
    new.clock.advance(Duration::from_secs(16));
    let other = new.process();
    let client_id = lookup(&other, &new).await.unwrap();
    assert_eq!(asking.await.unwrap().unwrap(), client_id, "both use the same");
    eventually("the other one is deleted", || {
        new.sandbox.client_ids() == [client_id.clone()]
    })
    .await;
    assert_eq!(new.registrations().len(), 2);
}

#[actix_web::test]
async fn after_a_lost_answer_no_process_tries_again_for_a_minute_and_the_log_says_what_may_be_left() {
    let logs = Logs::collect();
    let new = New::start();
    new.sandbox
        .inject(FaultPoint::Registration, When::After, Fault::Reset, Times::Once);
    let config = new.process();
    retry_after(lookup(&config, &new).await);
    let base = new.base();
    let said = logs
        .text()
        .lines()
        .any(|line| line.contains(&base) && line.contains("list of clients"));
    assert!(said, "{}", logs.text());
    new.clock.advance(Duration::from_secs(50));
    retry_after(lookup(&new.process(), &new).await);
    assert_eq!(new.registrations().len(), 1);
    new.clock.advance(Duration::from_secs(11));
    launched(&config, &new.base()).await;
    assert_eq!(new.registrations().len(), 2);
}

#[actix_web::test]
async fn a_refusal_is_known_in_all_processes_and_the_pause_grows() {
    let new = New::start();
    let refusing = Fault::OAuthError {
        status: 400,
        error: "invalid_client_metadata".to_owned(),
        description: None,
    };
    new.sandbox
        .inject(FaultPoint::Registration, When::Before, refusing, Times::Always);
    let (one, other) = (new.process(), new.process());
    for (pause, requests, left) in [(0, 1, 60), (59, 1, 1), (2, 2, 120), (61, 2, 59), (60, 3, 240)] {
        new.clock.advance(Duration::from_secs(pause));
        for process in [&one, &other] {
            let said = retry_after(lookup(process, &new).await);
            assert_eq!(said, Duration::from_secs(left), "{pause}");
        }
        assert_eq!(new.registrations().len(), requests, "{pause}");
    }
}

#[actix_web::test]
async fn an_ehr_that_cannot_be_reached_is_not_asked_by_each_process() {
    let new = New::start();
    for point in [FaultPoint::Metadata, FaultPoint::OpenIdConfiguration] {
        new.sandbox
            .inject(point, When::Before, Fault::Status(404), Times::Always);
    }
    let asked = || new.sandbox.received_requests().len();
    retry_after(lookup(&new.process(), &new).await);
    let once = asked();
    assert!(once > 0);
    new.clock.advance(Duration::from_secs(4));
    retry_after(lookup(&new.process(), &new).await);
    assert_eq!(asked(), once);
    new.sandbox.clear_faults();
    new.clock.advance(Duration::from_secs(1));
    lookup(&new.process(), &new).await.unwrap();
}

#[actix_web::test]
async fn what_was_registered_is_used_though_the_brands_are_away_and_nothing_is_registered_without_them() {
    let new = New::start();
    let client_id = lookup(&new.process(), &new).await.unwrap();
    // One answers with an error, one not at all.
    let failing = RawServer::start();
    failing.answer(b"HTTP/1.1 503 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec());
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    for bundle in [&failing.origin, &silent] {
        let brands = || BrandDirectory::new(bundle, |_| None);
        let config = new.builder().brands(brands()).build().unwrap();
        assert_eq!(lookup(&config, &new).await, Ok(client_id.clone()));
    }
    let other = New::start();
    let brands = BrandDirectory::new(&failing.origin, |_| None);
    let config = other.builder().brands(brands).build().unwrap();
    assert_eq!(lookup(&config, &other).await, Err(EhrLookupError::Unavailable));
    assert_eq!((new.registrations().len(), other.registrations().len()), (1, 0));
}

#[actix_web::test]
async fn what_cannot_be_read_is_not_replaced_until_somebody_says_so() {
    let logs = Logs::collect();
    let new = New::start();
    launched(&new.process(), &new.base()).await;
    let other = builder(&new.base())
        .clock(new.clock.clone())
        .store(TokenStore::new(new.store.clone()))
        .sealing_keys(keys(9))
        .build()
        .unwrap();
    assert_eq!(lookup(&other, &new).await, Err(EhrLookupError::Unavailable));
    assert!(logs.text().contains("KeptRegistrations::forget"), "{}", logs.text());
    let kept = other.kept_registrations();
    assert_eq!(kept.of(&new.base()).await.unwrap_err(), FirstUseError::Unreadable);
    assert_eq!(new.registrations().len(), 1);
    assert!(kept.forget(&new.base()).await.unwrap());
    assert!(!kept.forget(&new.base()).await.unwrap());
    lookup(&other, &new).await.unwrap();
    assert_eq!(new.registrations().len(), 2);
}

#[actix_web::test]
async fn a_client_that_cannot_be_saved_is_deleted_again() {
    let new = New::start();
    new.store.trouble(Op::SwapValue, Trouble::Hold);
    let config = new.process();
    let waiting = looking(&config, &new);
    eventually("it is being noted", || new.store.calls(Op::SwapValue) == 1).await;
    new.store.trouble(Op::SwapValue, Trouble::Refuse);
    new.store.let_go();
    assert_eq!(waiting.await.unwrap().unwrap_err(), EhrLookupError::Unavailable);
    eventually("it is deleted", || new.sandbox.client_ids().is_empty()).await;
    assert_eq!(new.registrations().len(), 1);
}

#[actix_web::test]
async fn a_panic_that_breaks_registering_off_stands_in_the_log_with_its_ehr() {
    let (new, logs) = (New::start(), Logs::collect());
    new.store.trouble(Op::SwapValue, Trouble::Panic);
    retry_after(lookup(&new.process(), &new).await);
    let (log, base) = (logs.text(), new.base());
    let said = log
        .lines()
        .any(|line| line.contains("ERROR") && line.contains(&base) && line.contains("broken off by a panic"));
    assert!(said, "{log}");
}
