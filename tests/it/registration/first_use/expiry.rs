//! Secrets that run out.

use std::time::Duration;

use super::{New, launched, retry_after, used};
use crate::support::{Logs, eventually};
use actix_smart_auth::sandbox::{Fault, FaultPoint, Times, When};

/// In seconds.
const LIFE: u64 = 16 * 3600;

/// A client whose secret runs out, at an EHR that gives no other one when it is asked.
async fn with_client_that_is_not_renewed(new: &New) -> String {
    let dead = new.runs_out_after(LIFE);
    let client_id = new.with_client_for(LIFE).await;
    new.answers_with(FaultPoint::RegistrationManagement, &dead, Times::Always);
    client_id
}

#[actix_web::test]
async fn a_secret_that_runs_out_is_read_anew_in_time() {
    let new = New::start();
    let first = new.with_client_for(LIFE).await;
    // A quarter of its life before its end.
    new.clock.advance(Duration::from_secs(LIFE * 3 / 4 - 1));
    assert_eq!((new.looked().await, new.managed("GET")), (first.clone(), 0));
    new.clock.advance(Duration::from_secs(1));
    let longer = new.runs_out_after(LIFE);
    new.answers_with(FaultPoint::RegistrationManagement, &longer, Times::Once);
    assert_eq!((new.looked().await, new.managed("GET")), (first.clone(), 1));
    assert_eq!(new.looked().await, first);
    assert_eq!((new.registrations().len(), new.managed("GET")), (1, 1));
    new.clock.advance(Duration::from_secs(LIFE / 2));
    launched(&new.process(), &new.base()).await;
    assert_eq!(new.registrations().len(), 1);
}

#[actix_web::test]
async fn where_the_ehr_gives_no_other_one_another_client_is_registered_before_the_end() {
    let logs = Logs::collect();
    let new = New::start();
    let first = with_client_that_is_not_renewed(&new).await;
    new.clock.advance(Duration::from_secs(LIFE * 3 / 4));
    // Asked for once in a while.
    for (pause, asked) in [(0, 1), (3599, 1), (1, 2)] {
        new.clock.advance(Duration::from_secs(pause));
        assert_eq!((new.looked().await, new.managed("GET")), (first.clone(), asked));
    }
    new.clock.advance(Duration::from_secs(LIFE / 4 - 3600 - 15 * 60));
    assert_eq!(new.looked().await, first, "nobody waits while it works");
    let second = new.looked().await;
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
    let first = new.with_client_for(LIFE).await;
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
    new.registers_with(&new.runs_out_after(life));
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
    assert_eq!(new.managed("GET"), 0);
    new.clock.advance(Duration::from_secs(1));
    assert_eq!(used(&config, &new.base()).await.unwrap(), first);
    eventually("it is read", || new.managed("GET") == 1).await;
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
    let first = new.with_client_for(LIFE).await;
    for point in [FaultPoint::Registration, FaultPoint::RegistrationManagement] {
        new.sandbox
            .inject(point, When::Before, Fault::Status(503), Times::Always);
    }
    new.clock.advance(Duration::from_secs(LIFE - 1));
    assert_eq!(new.looked().await, first);
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
        new.answers_with(FaultPoint::Registration, &new.runs_out_after(300), Times::Always);
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
    let first = with_client_that_is_not_renewed(&new).await;
    new.clock.advance(Duration::from_secs(LIFE - 60));
    assert_eq!(new.looked().await, first);
    let second = new.looked().await;
    assert_ne!(second, first);
    new.clock.advance(Duration::from_secs(12 * 3600 - 1));
    assert_eq!(new.looked().await, second);
    assert_eq!(new.sandbox.client_ids().len(), 2);
    new.clock.advance(Duration::from_secs(1));
    assert_eq!(new.looked().await, second);
    assert_eq!(new.sandbox.client_ids(), [second]);
}
