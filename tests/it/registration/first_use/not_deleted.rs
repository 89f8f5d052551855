//! Clients in use that an EHR names again, with answers that cannot be used; and former ones, which are deleted.

use std::time::Duration;

use actix_smart_auth::{
    registration::ClientRegistration,
    sandbox::{Fault, FaultPoint, Times, When},
};
use serde_json::{Value, json};

use super::{New, used};
use crate::support::{Logs, eventually};

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
