//! Clients in use that an EHR names again, with answers that cannot be used; and former ones, which are deleted.

use std::time::Duration;

use actix_smart_auth::{
    registration::ClientRegistration,
    sandbox::{Fault, FaultPoint, Times, When},
};
use serde_json::{Value, json};

use super::{New, used};
use crate::support::{Logs, Op, Trouble, eventually};

/// In seconds.
const LIFE: u64 = 16 * 3600;

/// The next client that is registered comes with an answer like this.
fn comes_with(new: &New, members: Value) {
    let fault = Fault::SetFields(members.as_object().unwrap().clone());
    new.sandbox
        .inject(FaultPoint::Registration, When::Before, fault, Times::Once);
}

/// As [`comes_with`], with a secret that runs out after so many seconds.
fn comes_to_its_end_after(new: &New, life: u64, mut members: Value) {
    use actix_smart_auth::time::Clock as _;
    let over = new.clock.now().as_millis() / 1000 + life;
    members["client_secret_expires_at"] = json!(over);
    comes_with(new, members);
}

/// A process looks, and does what it has begun.
async fn looked(new: &New) -> String {
    let config = new.process();
    let client_id = used(&config, &new.base()).await.unwrap();
    assert_eq!(config.shutdown(Duration::from_secs(30)).await.cut_off, 0);
    client_id
}

/// It is time to register another client.
fn runs_out(new: &New, life: u64) {
    new.clock.advance(Duration::from_secs(life - 300));
}

async fn kept(new: &New) -> ClientRegistration {
    let config = new.process();
    config.kept_registrations().of(&new.base()).await.unwrap().unwrap()
}

/// Address and token of a client, and what stands in the place of its id.
fn names(client: &ClientRegistration, client_id: &Value) -> Value {
    json!({
        "client_id": client_id,
        "registration_client_uri": client.registration_client_uri().unwrap().expose_secret(),
        "registration_access_token": client.registration_access_token().unwrap().expose_secret(),
    })
}

fn deletions(new: &New) -> usize {
    let all = new.sandbox.received_requests();
    all.iter().filter(|request| request.method == "DELETE").count()
}

fn says_that_one_is_left(logs: &Logs, new: &New) -> bool {
    let (text, base) = (logs.text(), new.base());
    text.lines().any(|line| {
        line.contains("WARN") && line.contains(&base) && line.contains("look into the EHR's list of clients")
    })
}

#[actix_web::test]
async fn a_client_in_use_is_not_deleted_where_an_unusable_answer_has_its_address() {
    for client_id in [Value::Null, json!(7), json!(""), json!(" a"), json!("another")] {
        let logs = Logs::collect();
        let new = New::start();
        comes_to_its_end_after(&new, LIFE, json!({}));
        let first = looked(&new).await;
        let mut answer = names(&kept(&new).await, &client_id);
        // Whatever the id is, it cannot be used.
        answer["client_secret"] = json!(7);
        runs_out(&new, LIFE);
        comes_with(&new, answer);
        assert_eq!(looked(&new).await, first);
        assert_eq!((new.registrations().len(), deletions(&new)), (2, 0), "{client_id}");
        assert!(new.sandbox.client_ids().contains(&first), "{client_id}");
        assert!(says_that_one_is_left(&logs, &new), "{client_id}: {}", logs.text());
    }
}

#[actix_web::test]
async fn a_former_client_that_launches_may_still_use_is_not_deleted_either() {
    let new = New::start();
    comes_to_its_end_after(&new, LIFE, json!({}));
    let first = looked(&new).await;
    let of_first = kept(&new).await;
    runs_out(&new, LIFE);
    comes_to_its_end_after(&new, 4 * 3600, json!({}));
    assert_eq!(looked(&new).await, first, "nobody waits while it works");
    let second = kept(&new).await.client_id().to_owned();
    assert_ne!(second, first);
    runs_out(&new, 4 * 3600);
    for (number, answer) in [
        names(&of_first, &Value::Null),
        json!({ "client_id": first, "client_secret": 7 }),
    ]
    .into_iter()
    .enumerate()
    {
        comes_with(&new, answer);
        assert_eq!(looked(&new).await, second);
        assert_eq!((new.registrations().len(), deletions(&new)), (3 + number, 0));
        new.clock.advance(Duration::from_secs(61));
    }
    assert!(new.sandbox.client_ids().contains(&first));
}

#[actix_web::test]
async fn a_client_that_is_another_one_for_sure_is_deleted_while_one_is_in_use() {
    for answer in [json!({ "client_id": null }), json!({ "client_secret": 7 })] {
        let new = New::start();
        comes_to_its_end_after(&new, LIFE, json!({}));
        let first = looked(&new).await;
        runs_out(&new, LIFE);
        comes_with(&new, answer);
        assert_eq!(looked(&new).await, first);
        assert_eq!((new.registrations().len(), deletions(&new)), (2, 1));
        assert_eq!(new.sandbox.client_ids(), [first]);
    }
}

#[actix_web::test]
async fn where_the_client_in_use_has_no_address_one_without_an_id_is_not_deleted() {
    let logs = Logs::collect();
    let new = New::start();
    comes_to_its_end_after(&new, LIFE, json!({ "registration_client_uri": null }));
    let first = looked(&new).await;
    runs_out(&new, LIFE);
    comes_with(&new, json!({ "client_id": null }));
    assert_eq!(looked(&new).await, first);
    assert_eq!((new.registrations().len(), deletions(&new)), (2, 0));
    assert!(says_that_one_is_left(&logs, &new), "{}", logs.text());
}

/// It has remembered the former client all the time.
#[actix_web::test]
async fn a_process_deletes_a_former_client_that_it_used_itself() {
    let logs = Logs::collect();
    let new = New::start();
    comes_to_its_end_after(&new, LIFE, json!({}));
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
    comes_to_its_end_after(new, LIFE, json!({}));
    let first = looked(new).await;
    runs_out(new, LIFE);
    assert_eq!(looked(new).await, first);
    assert_eq!(new.sandbox.client_ids().len(), 2);
    new.clock.advance(Duration::from_secs(12 * 3600));
    kept(new).await.client_id().to_owned()
}

#[actix_web::test]
async fn a_former_client_is_deleted_also_where_the_store_does_not_say_that_it_is_out() {
    let new = New::start();
    let second = with_former_one(&new).await;
    new.store.trouble(Op::SwapValue, Trouble::LoseAnswer);
    assert_eq!(looked(&new).await, second);
    assert_eq!(new.sandbox.client_ids(), [second]);
}

#[actix_web::test]
async fn a_former_client_that_is_in_the_store_still_is_deleted_when_the_next_one_looks() {
    let new = New::start();
    let second = with_former_one(&new).await;
    new.store.trouble(Op::SwapValue, Trouble::Fail);
    assert_eq!(looked(&new).await, second);
    assert_eq!(deletions(&new), 0);
    new.store.heal();
    assert_eq!(looked(&new).await, second);
    assert_eq!(new.sandbox.client_ids(), [second]);
}

#[actix_web::test]
async fn former_clients_that_an_ehr_does_not_delete_are_each_named_in_the_log_and_one_that_is_away_is_asked_once() {
    for (fault, asked) in [(Fault::Status(503), 2), (Fault::Reset, 1)] {
        let logs = Logs::collect();
        let new = New::start();
        comes_to_its_end_after(&new, 4 * 3600, json!({}));
        let first = looked(&new).await;
        runs_out(&new, 4 * 3600);
        comes_to_its_end_after(&new, 4 * 3600, json!({}));
        looked(&new).await;
        let second = kept(&new).await.client_id().to_owned();
        runs_out(&new, 4 * 3600);
        assert_eq!(looked(&new).await, second);
        new.sandbox.inject(
            FaultPoint::RegistrationManagement,
            When::Before,
            fault.clone(),
            Times::Always,
        );
        new.clock.advance(Duration::from_secs(12 * 3600));
        looked(&new).await;
        assert_eq!(deletions(&new), asked, "{fault:?}");
        for client_id in [first, second] {
            let is_named = |line: &str| line.contains("delete it at the EHR") && line.contains(&client_id);
            assert!(logs.text().lines().any(is_named), "{fault:?}: {}", logs.text());
        }
    }
}

/// One process takes long to register, and its note runs out; another one deletes the former client meanwhile.
#[actix_web::test]
async fn a_former_client_that_another_process_has_deleted_does_not_come_back() {
    let new = New::start();
    let life = 12 * 3600 + 600;
    comes_to_its_end_after(&new, LIFE, json!({}));
    let first = looked(&new).await;
    runs_out(&new, LIFE);
    comes_to_its_end_after(&new, life, json!({}));
    looked(&new).await;
    // Ten seconds before the former one is deleted.
    new.clock.advance(Duration::from_secs(12 * 3600 - 10));
    let slow = Fault::Delay(Duration::from_millis(1500));
    new.sandbox
        .inject(FaultPoint::Registration, When::After, slow, Times::Once);
    let late = new.process();
    let second = used(&late, &new.base()).await.unwrap();
    eventually("it is registered", || new.registrations().len() == 3).await;
    new.clock.advance(Duration::from_secs(16));
    new.sandbox
        .inject(FaultPoint::Registration, When::Before, Fault::Status(503), Times::Once);
    assert_eq!(looked(&new).await, second);
    assert_eq!((new.registrations().len(), deletions(&new)), (4, 1));
    assert_eq!(late.shutdown(Duration::from_secs(30)).await.cut_off, 0);
    assert_ne!(looked(&new).await, second);
    assert_eq!(deletions(&new), 1);
    assert!(!new.sandbox.client_ids().contains(&first));
}
