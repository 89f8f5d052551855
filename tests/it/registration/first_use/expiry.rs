//! Secrets that run out.

use std::time::Duration;

use actix_smart_auth::{
    error::EhrLookupError,
    sandbox::{Fault, FaultPoint, Times, When},
};
use serde_json::{Map, Value, json};

use super::{New, launched, used};
use crate::support::Logs;

/// In seconds.
const LIFE: u64 = 16 * 3600;

fn expires_at(new: &New, seconds: u64) -> Fault {
    use actix_smart_auth::time::Clock as _;
    let at = new.clock.now().as_millis() / 1000 + seconds;
    let members: Map<String, Value> = [("client_secret_expires_at".to_owned(), json!(at))]
        .into_iter()
        .collect();
    Fault::SetFields(members)
}

async fn client_id(new: &New) -> String {
    used(&new.process(), &new.base()).await.unwrap()
}

fn managed(new: &New) -> usize {
    let all = new.sandbox.received_requests();
    all.iter()
        .filter(|request| request.method == "GET" && request.path.contains("/register"))
        .count()
}

#[actix_web::test]
async fn a_secret_that_runs_out_is_read_anew_in_time() {
    let new = New::start();
    new.sandbox.inject(
        FaultPoint::Registration,
        When::Before,
        expires_at(&new, LIFE),
        Times::Once,
    );
    let first = client_id(&new).await;
    // A quarter of its life before its end.
    new.clock.advance(Duration::from_secs(LIFE * 3 / 4 - 1));
    assert_eq!((client_id(&new).await, managed(&new)), (first.clone(), 0));
    new.clock.advance(Duration::from_secs(1));
    let longer = expires_at(&new, LIFE);
    new.sandbox
        .inject(FaultPoint::RegistrationManagement, When::Before, longer, Times::Once);
    assert_eq!((client_id(&new).await, managed(&new)), (first.clone(), 1));
    assert_eq!(client_id(&new).await, first);
    assert_eq!((new.registrations().len(), managed(&new)), (1, 1));
    new.clock.advance(Duration::from_secs(LIFE / 2));
    launched(&new.process(), &new.base()).await;
    assert_eq!(new.registrations().len(), 1);
}

#[actix_web::test]
async fn where_the_ehr_gives_no_other_one_another_client_is_registered_before_the_end() {
    let logs = Logs::collect();
    let new = New::start();
    let dead = expires_at(&new, LIFE);
    new.sandbox
        .inject(FaultPoint::Registration, When::Before, dead.clone(), Times::Once);
    let first = client_id(&new).await;
    new.sandbox
        .inject(FaultPoint::RegistrationManagement, When::Before, dead, Times::Always);
    new.clock.advance(Duration::from_secs(LIFE * 3 / 4));
    // Asked for once in a while.
    for (pause, asked) in [(0, 1), (3599, 1), (1, 2)] {
        new.clock.advance(Duration::from_secs(pause));
        assert_eq!((client_id(&new).await, managed(&new)), (first.clone(), asked));
    }
    new.clock.advance(Duration::from_secs(LIFE / 4 - 3600 - 15 * 60));
    let second = client_id(&new).await;
    assert_ne!(second, first);
    assert_eq!(new.registrations().len(), 2);
    let told = logs
        .text()
        .lines()
        .any(|line| line.contains("another client was registered in its place") && line.contains(&first));
    assert!(told, "{}", logs.text());
    launched(&new.process(), &new.base()).await;
    assert_eq!(new.registrations().len(), 2);
}

#[actix_web::test]
async fn one_that_the_ehr_registers_no_successor_for_is_used_to_its_end() {
    let new = New::start();
    new.sandbox.inject(
        FaultPoint::Registration,
        When::Before,
        expires_at(&new, LIFE),
        Times::Once,
    );
    let first = client_id(&new).await;
    for point in [FaultPoint::Registration, FaultPoint::RegistrationManagement] {
        new.sandbox
            .inject(point, When::Before, Fault::Status(503), Times::Always);
    }
    new.clock.advance(Duration::from_secs(LIFE - 1));
    assert_eq!(client_id(&new).await, first);
    new.clock.advance(Duration::from_secs(1));
    let error = used(&new.process(), &new.base()).await.unwrap_err();
    assert_eq!(error, EhrLookupError::Unavailable);
}
