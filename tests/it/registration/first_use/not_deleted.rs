//! Clients in use that an EHR names again, with answers that are of no use, and what else is not deleted there.

use std::time::Duration;

use actix_smart_auth::{
    registration::ClientRegistration,
    sandbox::{FaultPoint, Times},
    time::Clock as _,
};
use serde_json::{Value, json};

use super::{New, ended, retry_after, used};
use crate::support::{Logs, Op, Trouble, eventually};

/// In seconds.
const LIFE: u64 = 16 * 3600;

/// It is time to register another client.
pub(super) fn runs_out(new: &New, life: u64) {
    new.clock.advance(Duration::from_secs(life - 300));
}

/// Address and token of a client, and what stands in the place of its id.
fn names(client: &ClientRegistration, client_id: &Value) -> Value {
    json!({
        "client_id": client_id,
        "registration_client_uri": client.registration_client_uri().unwrap().expose_secret(),
        "registration_access_token": client.registration_access_token().unwrap().expose_secret(),
    })
}

fn says_that_one_is_left(logs: &Logs, new: &New) -> bool {
    let (text, base) = (logs.text(), new.base());
    text.lines().any(|line| {
        line.contains("WARN") && line.contains(&base) && line.contains("Look into the EHR's list of clients")
    })
}

#[actix_web::test]
async fn a_client_in_use_is_not_deleted_where_an_unusable_answer_has_its_address() {
    for client_id in [Value::Null, json!(7), json!(""), json!(" a"), json!("another")] {
        let logs = Logs::collect();
        let new = New::start();
        let first = new.with_client_for(LIFE).await;
        let mut answer = names(&new.kept().await.unwrap(), &client_id);
        // Whatever the id is, it cannot be used.
        answer["client_secret"] = json!(7);
        runs_out(&new, LIFE);
        new.registers_with(&answer);
        assert_eq!(new.looked().await, first);
        assert_eq!(
            (new.registrations().len(), new.managed("DELETE")),
            (2, 0),
            "{client_id}"
        );
        assert!(new.sandbox.client_ids().contains(&first), "{client_id}");
        assert!(says_that_one_is_left(&logs, &new), "{client_id}: {}", logs.text());
    }
}

#[actix_web::test]
async fn a_former_client_that_launches_may_still_use_is_not_deleted_either() {
    let new = New::start();
    let first = new.with_client_for(LIFE).await;
    let of_first = new.kept().await.unwrap();
    runs_out(&new, LIFE);
    new.registers_with(&new.runs_out_after(4 * 3600));
    assert_eq!(new.looked().await, first, "nobody waits while it works");
    let second = new.kept().await.unwrap().client_id().to_owned();
    assert_ne!(second, first);
    runs_out(&new, 4 * 3600);
    for (number, answer) in [
        names(&of_first, &Value::Null),
        json!({ "client_id": first, "client_secret": 7 }),
    ]
    .into_iter()
    .enumerate()
    {
        new.registers_with(&answer);
        assert_eq!(new.looked().await, second);
        assert_eq!((new.registrations().len(), new.managed("DELETE")), (3 + number, 0));
        new.clock.advance(Duration::from_secs(61));
    }
    assert!(new.sandbox.client_ids().contains(&first));
}

#[actix_web::test]
async fn a_client_that_is_another_one_for_sure_is_deleted_while_one_is_in_use() {
    for answer in [json!({ "client_id": null }), json!({ "client_secret": 7 })] {
        let new = New::start();
        let first = new.with_client_for(LIFE).await;
        runs_out(&new, LIFE);
        new.registers_with(&answer);
        assert_eq!(new.looked().await, first);
        assert_eq!((new.registrations().len(), new.managed("DELETE")), (2, 1));
        assert_eq!(new.sandbox.client_ids(), [first]);
    }
}

#[actix_web::test]
async fn where_the_client_in_use_has_no_address_one_without_an_id_is_not_deleted() {
    let logs = Logs::collect();
    let new = New::start();
    let mut answer = new.runs_out_after(LIFE);
    answer["registration_client_uri"] = Value::Null;
    new.registers_with(&answer);
    let first = new.looked().await;
    runs_out(&new, LIFE);
    new.registers_with(&json!({ "client_id": null }));
    assert_eq!(new.looked().await, first);
    assert_eq!((new.registrations().len(), new.managed("DELETE")), (2, 0));
    assert!(says_that_one_is_left(&logs, &new), "{}", logs.text());
}

/// What the EHR says of a client that comes with an answer of no use, how long it has been there in seconds, and whether it is deleted.
async fn is_deleted(answer: &Value, age: Option<i64>) -> bool {
    let logs = Logs::collect();
    let new = New::start();
    let mut answer = answer.clone();
    answer["client_id_issued_at"] = match age {
        Some(age) => json!(i64::try_from(new.clock.now().as_secs()).unwrap() - age),
        None => Value::Null,
    };
    new.registers_with(&answer);
    let config = new.process();
    retry_after(used(&config, &new.base()).await);
    ended(&config).await;
    let is_deleted = new.sandbox.client_ids().is_empty();
    assert_eq!(is_deleted, new.managed("DELETE") == 1);
    assert_eq!(says_that_one_is_left(&logs, &new), !is_deleted, "{}", logs.text());
    is_deleted
}

/// An EHR may give one that it made for another FHIR server, or before it was forgotten here, and nobody here can know that.
#[actix_web::test]
async fn only_a_client_of_which_the_ehr_says_that_it_has_just_made_it_is_deleted() {
    for answer in [json!({ "client_secret": 7 }), json!({ "client_secret_expires_at": 1 })] {
        for (age, is_new) in [
            (Some(0), true),
            (Some(58), true),
            (Some(62), false),
            (Some(86_400), false),
            (Some(-58), true),
            (Some(-62), false),
            (None, false),
        ] {
            assert_eq!(is_deleted(&answer, age).await, is_new, "{answer} {age:?}");
        }
    }
}

/// A process whose client is not saved, as the store does not take it or another process was faster.
#[actix_web::test]
async fn a_client_that_was_not_saved_and_may_be_an_older_one_is_not_deleted() {
    for is_overtaken in [true, false] {
        let logs = Logs::collect();
        let new = New::start();
        let undated = json!({ "client_id_issued_at": null });
        new.answers_with(FaultPoint::Registration, &undated, Times::Always);
        let late = new.process();
        new.store.trouble(Op::SwapValue, Trouble::Hold);
        let asking = actix_web::rt::spawn({
            let (late, base) = (late.clone(), new.base());
            async move { used(&late, &base).await }
        });
        eventually("it is being noted", || new.store.calls(Op::SwapValue) == 1).await;
        let expected = if is_overtaken {
            new.store.let_go();
            eventually("it is being saved", || new.store.calls(Op::SwapValue) == 2).await;
            new.store.heal();
            new.clock.advance(Duration::from_secs(16));
            new.looked().await;
            2
        } else {
            new.store.trouble(Op::SwapValue, Trouble::Refuse);
            1
        };
        new.store.let_go();
        let _ = asking.await.unwrap();
        ended(&late).await;
        assert_eq!((new.sandbox.client_ids().len(), new.managed("DELETE")), (expected, 0));
        assert!(says_that_one_is_left(&logs, &new), "{is_overtaken}: {}", logs.text());
    }
}
