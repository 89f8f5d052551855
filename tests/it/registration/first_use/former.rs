//! Former clients, which are deleted, and how often that is tried.

use std::time::Duration;

use actix_smart_auth::{
    Ehr,
    sandbox::{Fault, FaultPoint, Times, When},
};
use serde_json::json;

use super::{CALLBACK, New, ended, not_deleted::runs_out, retry_after, used};
use crate::support::{Logs, Op, Trouble, eventually};

/// In seconds.
const LIFE: u64 = 16 * 3600;

/// It has remembered the former client all the time.
#[actix_web::test]
async fn a_process_deletes_a_former_client_that_it_used_itself() {
    let logs = Logs::collect();
    let new = New::start();
    new.registers_with(&new.runs_out_after(LIFE));
    let config = new.process();
    let first = used(&config, &new.base()).await.unwrap();
    runs_out(&new, LIFE);
    assert_eq!(used(&config, &new.base()).await.unwrap(), first);
    let admin = config.kept_registrations();
    while admin.of(&new.base()).await.unwrap().unwrap().client_id() == first {
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
    new.clock.advance(Duration::from_secs(12 * 3600));
    let second = used(&config, &new.base()).await.unwrap();
    assert_ne!(second, first);
    eventually("the former one is deleted", || {
        new.sandbox.client_ids() == [second.clone()]
    })
    .await;
    let base = new.base();
    let is_false = |line: &str| line.contains(&base) && line.contains("its caller had gone");
    assert!(!logs.text().lines().any(is_false), "{}", logs.text());
}

/// A client in use, and a former one whose twelve hours are over.
async fn with_former_one(new: &New) -> String {
    let first = new.with_client_for(LIFE).await;
    with_successor(new, &first).await
}

/// The same, of this one.
async fn with_successor(new: &New, first: &str) -> String {
    runs_out(new, LIFE);
    assert_eq!(new.looked().await, first);
    assert_eq!(new.sandbox.client_ids().len(), 2);
    new.clock.advance(Duration::from_secs(12 * 3600));
    new.kept().await.unwrap().client_id().to_owned()
}

/// Until nobody else deletes one that is being deleted.
const UNTIL_ANOTHER: Duration = Duration::from_secs(90 * 60);

/// The note that it is being deleted is there, and nobody knows whose it is.
#[actix_web::test]
async fn a_former_client_is_deleted_later_where_the_store_does_not_say_that_this_was_noted() {
    for trouble in [Trouble::LoseAnswer, Trouble::DoLate] {
        let new = New::start();
        let second = with_former_one(&new).await;
        new.store.trouble(Op::SwapValue, trouble);
        for _ in 0..3 {
            assert_eq!(new.looked().await, second);
        }
        new.clock.advance(UNTIL_ANOTHER);
        assert_eq!(new.looked().await, second);
        assert_eq!(new.sandbox.client_ids(), [second], "{trouble:?}");
    }
}

#[actix_web::test]
async fn a_former_client_that_is_in_the_store_still_is_deleted_when_the_next_one_looks() {
    let new = New::start();
    let second = with_former_one(&new).await;
    new.store.trouble(Op::SwapValue, Trouble::Fail);
    assert_eq!(new.looked().await, second);
    assert_eq!(new.managed("DELETE"), 0);
    new.store.heal();
    assert_eq!(new.looked().await, second);
    assert_eq!(new.sandbox.client_ids(), [second]);
}

/// Two former clients whose twelve hours are over.
async fn with_two_former_ones(new: &New) -> [String; 2] {
    let first = new.with_client_for(4 * 3600).await;
    runs_out(new, 4 * 3600);
    new.registers_with(&new.runs_out_after(4 * 3600));
    new.looked().await;
    let second = new.kept().await.unwrap().client_id().to_owned();
    runs_out(new, 4 * 3600);
    assert_eq!(new.looked().await, second);
    new.clock.advance(Duration::from_secs(12 * 3600));
    [first, second]
}

/// The EHR answers like this when a client is to be deleted.
fn deletes_with(new: &New, fault: Fault, times: Times) {
    new.sandbox
        .inject(FaultPoint::RegistrationManagement, When::Before, fault, times);
}

/// It was in vain, and is tried again after so many seconds.
async fn waits_for(logs: &Logs, new: &New, seconds: u64) {
    let (base, said) = (new.base(), format!("tried again in {seconds} s"));
    let is_said = |line: &str| line.contains(&base) && line.contains(&said);
    eventually("it waits", || logs.text().lines().any(is_said)).await;
}

fn is_named_as_left(logs: &Logs, client_id: &str) -> bool {
    let is_named = |line: &str| line.contains("delete it at the EHR") && line.contains(client_id);
    logs.text().lines().any(is_named)
}

#[actix_web::test]
async fn former_clients_that_an_ehr_does_not_delete_are_each_named_in_the_log_and_not_tried_again() {
    let logs = Logs::collect();
    let new = New::start();
    let former = with_two_former_ones(&new).await;
    deletes_with(&new, Fault::Status(405), Times::Always);
    for _ in 0..2 {
        new.looked().await;
        assert_eq!(new.managed("DELETE"), 2);
        new.clock.advance(UNTIL_ANOTHER);
    }
    for client_id in former {
        assert!(is_named_as_left(&logs, &client_id), "{}", logs.text());
    }
}

#[actix_web::test]
async fn an_ehr_that_is_away_or_has_too_much_to_do_is_not_asked_for_the_next_former_client() {
    for (fault, asked) in [
        (Fault::Status(503), 1),
        (Fault::Status(429), 1),
        (Fault::Reset, 1),
        (Fault::Status(500), 2),
    ] {
        let new = New::start();
        with_two_former_ones(&new).await;
        deletes_with(&new, fault.clone(), Times::Always);
        new.looked().await;
        assert_eq!(new.managed("DELETE"), asked, "{fault:?}");
    }
}

#[actix_web::test]
async fn where_the_ehr_has_too_much_to_do_a_former_client_is_deleted_later() {
    let logs = Logs::collect();
    let new = New::start();
    let second = with_former_one(&new).await;
    let busy = |seconds: &str| Fault::TooManyRequests {
        retry_after: Some(seconds.to_owned()),
    };
    deletes_with(&new, busy("300"), Times::Once);
    let config = new.process();
    assert_eq!(used(&config, &new.base()).await.unwrap(), second);
    waits_for(&logs, &new, 300).await;
    new.clock.advance(Duration::from_secs(300));
    eventually("it is deleted", || new.sandbox.client_ids() == [second.clone()]).await;
    assert_eq!(new.managed("DELETE"), 2);
    ended(&config).await;
    new.clock.advance(UNTIL_ANOTHER);
    assert_eq!(new.looked().await, second);
    assert_eq!(new.managed("DELETE"), 2, "it is out of the store");
}

/// No server is believed that asks for longer.
#[actix_web::test]
async fn an_ehr_that_asks_for_an_hour_or_more_is_asked_once_more_an_hour_later() {
    for seconds in ["3600", "7200"] {
        let logs = Logs::collect();
        let new = New::start();
        let second = with_former_one(&new).await;
        let busy = Fault::TooManyRequests {
            retry_after: Some(seconds.to_owned()),
        };
        deletes_with(&new, busy, Times::Once);
        let config = new.process();
        assert_eq!(used(&config, &new.base()).await.unwrap(), second);
        waits_for(&logs, &new, 3600).await;
        assert_eq!(new.managed("DELETE"), 1);
        new.clock.advance(Duration::from_secs(3600));
        eventually("it is deleted", || new.sandbox.client_ids() == [second.clone()]).await;
    }
}

/// The first attempt has done it.
#[actix_web::test]
async fn that_a_former_client_is_gone_after_a_lost_answer_is_no_failure() {
    let logs = Logs::collect();
    let new = New::start();
    let first = new.with_client_for(LIFE).await;
    let second = with_successor(&new, &first).await;
    new.sandbox.inject(
        FaultPoint::RegistrationManagement,
        When::After,
        Fault::Reset,
        Times::Once,
    );
    let config = new.process();
    assert_eq!(used(&config, &new.base()).await.unwrap(), second);
    eventually("it is gone", || new.sandbox.client_ids() == [second.clone()]).await;
    waits_for(&logs, &new, 30).await;
    new.clock.advance(Duration::from_secs(30));
    let said = |line: &str| line.contains("an attempt before has done it") && line.contains(&first);
    eventually("it is told", || logs.text().lines().any(said)).await;
    assert!(!is_named_as_left(&logs, &first), "{}", logs.text());
}

#[actix_web::test]
async fn a_shutdown_waits_for_no_further_attempt_and_the_next_process_deletes_the_former_client() {
    let logs = Logs::collect();
    let new = New::start();
    let first = new.with_client_for(LIFE).await;
    let second = with_successor(&new, &first).await;
    deletes_with(&new, Fault::Status(503), Times::Once);
    assert_eq!(new.looked().await, second);
    assert_eq!(new.looked().await, second);
    assert_eq!(new.managed("DELETE"), 1, "one process does it");
    new.clock.advance(UNTIL_ANOTHER);
    assert_eq!(new.looked().await, second);
    assert_eq!(new.sandbox.client_ids(), [second]);
    assert!(!is_named_as_left(&logs, &first), "{}", logs.text());
}

#[actix_web::test]
async fn where_the_process_ends_before_a_client_that_was_never_kept_is_deleted_the_log_names_it() {
    let logs = Logs::collect();
    let new = New::start();
    new.registers_with(&json!({ "client_secret_expires_at": 1 }));
    deletes_with(&new, Fault::Status(503), Times::Always);
    let config = new.process();
    retry_after(used(&config, &new.base()).await);
    waits_for(&logs, &new, 30).await;
    ended(&config).await;
    drop(config);
    let left = new.sandbox.client_ids().remove(0);
    eventually("it is named", || is_named_as_left(&logs, &left)).await;
    assert_eq!(new.managed("DELETE"), 1);
}

/// Two servers may both give the id `1`; one server may give one client to several of its FHIR servers.
#[actix_web::test]
async fn a_former_client_is_deleted_though_a_server_that_is_another_one_for_sure_has_given_its_id() {
    for is_known in [true, false] {
        let logs = Logs::collect();
        let (new, other) = (New::start(), New::start());
        let mut answer = new.runs_out_after(LIFE);
        answer["client_id"] = json!("1");
        new.registers_with(&answer);
        new.looked().await;
        with_successor(&new, "1").await;
        let config = new.process();
        let sister = Ehr::builder(other.base())
            .client_id("1")
            .redirect_uri(CALLBACK)
            .scopes("launch/patient");
        config.put_ehr(sister).unwrap();
        if is_known {
            // Its metadata says where it registers.
            assert_eq!(used(&config, &other.base()).await.unwrap(), "1");
        }
        used(&config, &new.base()).await.unwrap();
        ended(&config).await;
        assert_eq!(new.managed("DELETE"), usize::from(is_known));
        let base = new.base();
        let spared = |line: &str| line.contains(&base) && line.contains("not deleted") && line.contains("\"1\"");
        assert_eq!(logs.text().lines().any(spared), !is_known, "{}", logs.text());
    }
}

/// It was useless, and is what everybody works with when it would be deleted.
#[actix_web::test]
async fn a_client_that_the_ehr_gives_again_before_it_is_deleted_stays() {
    let logs = Logs::collect();
    let new = New::start();
    new.registers_with(&json!({ "client_secret_expires_at": 1 }));
    deletes_with(
        &new,
        Fault::TooManyRequests {
            retry_after: Some("100".to_owned()),
        },
        Times::Once,
    );
    let config = new.process();
    retry_after(used(&config, &new.base()).await);
    waits_for(&logs, &new, 100).await;
    let client_id = new.sandbox.client_ids().remove(0);
    new.clock.advance(Duration::from_secs(61));
    new.registers_with(&json!({ "client_id": client_id }));
    // Another process: this one does not know of it.
    assert_eq!(new.looked().await, client_id);
    new.clock.advance(Duration::from_secs(39));
    let spared = |line: &str| line.contains("not deleted") && line.contains(&client_id);
    eventually("it is told", || logs.text().lines().any(spared)).await;
    assert_eq!(new.managed("DELETE"), 1);
}

/// One process takes long to register, and its note runs out; another one deletes the former client meanwhile.
#[actix_web::test]
async fn a_former_client_that_another_process_has_deleted_does_not_come_back() {
    let new = New::start();
    let life = 12 * 3600 + 600;
    let first = new.with_client_for(LIFE).await;
    runs_out(&new, LIFE);
    new.registers_with(&new.runs_out_after(life));
    new.looked().await;
    // Ten seconds before the former one is deleted.
    new.clock.advance(Duration::from_secs(12 * 3600 - 10));
    let slow = Fault::Delay(Duration::from_secs(5));
    new.sandbox
        .inject(FaultPoint::Registration, When::After, slow, Times::Once);
    let late = new.process();
    let second = used(&late, &new.base()).await.unwrap();
    eventually("it is registered", || new.registrations().len() == 3).await;
    new.clock.advance(Duration::from_secs(16));
    new.sandbox
        .inject(FaultPoint::Registration, When::Before, Fault::Status(503), Times::Once);
    assert_eq!(new.looked().await, second);
    assert_eq!((new.registrations().len(), new.managed("DELETE")), (4, 1));
    ended(&late).await;
    assert_ne!(new.looked().await, second);
    assert_eq!(new.managed("DELETE"), 1);
    assert!(!new.sandbox.client_ids().contains(&first));
}
