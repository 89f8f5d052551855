//! Secrets that run out.

use std::time::Duration;

use actix_smart_auth::sandbox::{Fault, FaultPoint, Times, When};
use serde_json::{Map, Value, json};

use super::{New, launched, retry_after, used};
use crate::support::{Logs, eventually};

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

/// What a process works with that has just started, and ends when it has done what it has begun.
async fn client_id(new: &New) -> String {
    let config = new.process();
    let client_id = used(&config, &new.base()).await.unwrap();
    assert_eq!(config.shutdown(Duration::from_secs(30)).await.cut_off, 0);
    client_id
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
    assert_eq!(client_id(&new).await, first, "nobody waits while it works");
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
async fn while_a_secret_works_nobody_waits_for_another_one() {
    let new = New::start();
    new.sandbox.inject(
        FaultPoint::Registration,
        When::Before,
        expires_at(&new, LIFE),
        Times::Once,
    );
    let first = client_id(&new).await;
    let hanging = Fault::Hang(Duration::from_secs(20));
    for (point, pause) in [
        (FaultPoint::RegistrationManagement, LIFE * 7 / 8),
        (FaultPoint::Registration, LIFE / 8 - 60),
    ] {
        new.sandbox.inject(point, When::Before, hanging.clone(), Times::Always);
        new.clock.advance(Duration::from_secs(pause));
        assert_eq!(used(&new.process(), &new.base()).await, Ok(first.clone()), "{point:?}");
    }
}

#[actix_web::test]
async fn no_process_works_longer_with_what_it_remembers_than_the_secret() {
    let new = New::start();
    // In seconds. Another client is registered in the last 16th.
    let life = 2_400;
    new.sandbox.inject(
        FaultPoint::Registration,
        When::Before,
        expires_at(&new, life),
        Times::Once,
    );
    let config = new.builder().resolver_ttl(Duration::from_secs(3_600)).build().unwrap();
    let first = used(&config, &new.base()).await.unwrap();
    new.sandbox.inject(
        FaultPoint::RegistrationManagement,
        When::Before,
        Fault::Status(503),
        Times::Always,
    );
    new.clock.advance(Duration::from_secs(life * 3 / 4 - 1));
    assert_eq!(used(&config, &new.base()).await.unwrap(), first);
    assert_eq!(managed(&new), 0);
    new.clock.advance(Duration::from_secs(1));
    assert_eq!(used(&config, &new.base()).await.unwrap(), first);
    eventually("it is read", || managed(&new) == 1).await;
    new.clock.advance(Duration::from_secs(life * 3 / 16));
    for _ in 0..100 {
        if used(&config, &new.base()).await.unwrap() != first {
            break;
        }
        new.clock.advance(Duration::from_secs(1));
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(new.registrations().len(), 2);
    assert_ne!(used(&config, &new.base()).await.unwrap(), first);
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
    retry_after(used(&new.process(), &new.base()).await);
}

/// Five minutes, and no other one when it is read.
#[actix_web::test]
async fn where_secrets_live_for_minutes_clients_are_registered_seldom_and_those_of_before_deleted() {
    const HOURS: u64 = 26;
    let logs = Logs::collect();
    let new = New::start();
    let config = new.process();
    let (mut launches, mut most) = (0, 0);
    for _ in 0..HOURS * 6 {
        new.sandbox.clear_faults();
        new.sandbox.inject(
            FaultPoint::Registration,
            When::Before,
            expires_at(&new, 300),
            Times::Always,
        );
        launches += usize::from(used(&config, &new.base()).await.is_ok());
        most = most.max(new.sandbox.client_ids().len());
        new.clock.advance(Duration::from_secs(600));
    }
    let registered = new.registrations().len();
    assert!((50..=60).contains(&registered), "{registered}");
    assert!(launches >= 50, "{launches}");
    // Those of twelve hours, and the first ones.
    assert!(most <= 30, "{most}");
    let (log, base) = (logs.text(), new.base());
    let said = log.lines().any(|line| {
        line.contains("WARN")
            && line.contains(&base)
            && line.contains("EHR's secrets live for")
            && line.contains("Ask the EHR")
    });
    assert!(said, "{log}");
    let waiting = log
        .lines()
        .any(|line| line.contains("ERROR") && line.contains(&base) && line.contains("live for less than half an hour"));
    assert!(waiting, "{log}");
}

/// A launch works on with its access token, which is the former client's.
#[actix_web::test]
async fn a_former_client_is_deleted_when_launches_of_it_have_ended_and_not_before() {
    let new = New::start();
    let dead = expires_at(&new, LIFE);
    new.sandbox
        .inject(FaultPoint::Registration, When::Before, dead.clone(), Times::Once);
    let first = client_id(&new).await;
    new.sandbox
        .inject(FaultPoint::RegistrationManagement, When::Before, dead, Times::Always);
    new.clock.advance(Duration::from_secs(LIFE - 60));
    assert_eq!(client_id(&new).await, first);
    let second = client_id(&new).await;
    assert_ne!(second, first);
    new.clock.advance(Duration::from_secs(12 * 3600 - 1));
    assert_eq!(client_id(&new).await, second);
    assert_eq!(new.sandbox.client_ids().len(), 2);
    new.clock.advance(Duration::from_secs(1));
    assert_eq!(client_id(&new).await, second);
    assert_eq!(new.sandbox.client_ids(), [second]);
}
