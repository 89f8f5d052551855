//! Several processes with one token store.

use std::{collections::BTreeSet, time::Duration};

use actix_smart_auth::{
    backend::BackendError,
    sandbox::{Fault, Times},
};

use super::{Job, LIFE, text};
use crate::support::eventually;

#[actix_web::test]
async fn a_hundred_callers_in_four_processes_make_one_request_for_each_life() {
    let job = Job::start();
    job.inject(Fault::Delay(Duration::from_millis(150)), Times::Always);
    let processes: Vec<_> = (0..4).map(|_| job.other_process()).collect();
    for period in 1..=3 {
        let asking: Vec<_> = (0..100)
            .map(|number| {
                let client = processes[number % 4].backend(&job.sandbox.fhir_base_url());
                actix_web::rt::spawn(async move { client.token().await.unwrap() })
            })
            .collect();
        let mut tokens = BTreeSet::new();
        for one in asking {
            tokens.insert(text(&one.await.unwrap()).to_owned());
        }
        assert_eq!((tokens.len(), job.requests()), (1, period));
        job.advance(LIFE);
    }
}

#[actix_web::test]
async fn a_failure_is_known_in_all_processes() {
    let job = Job::start();
    job.inject(Fault::InvalidClient, Times::Once);
    let other = job.other_process();
    let error = job.client().token().await.unwrap_err();
    assert_eq!(
        other.backend(&job.sandbox.fhir_base_url()).token().await.unwrap_err(),
        error
    );
    assert_eq!(job.requests(), 1);
}

#[actix_web::test]
async fn a_token_that_another_process_has_renewed_is_taken_over() {
    let job = Job::start();
    let other = job.other_process().backend(&job.sandbox.fhir_base_url());
    let first = job.token().await;
    assert_eq!(text(&other.token().await.unwrap()), text(&first));
    job.advance(11);
    let second = other.other_than(&first).await.unwrap().unwrap();
    let here = job.client().other_than(&first).await.unwrap().unwrap();
    assert_eq!(text(&here), text(&second));
    assert_eq!(job.requests(), 2);
}

/// One that was killed renews its note no more.
#[actix_web::test]
async fn when_the_process_that_asks_dies_another_one_asks_after_fifteen_seconds() {
    let job = Job::start();
    job.inject(Fault::Hang(Duration::from_secs(2)), Times::Once);
    let dying = job.client();
    let asking = actix_web::rt::spawn(async move { dying.token().await });
    eventually("the EHR is asked", || job.requests() == 1).await;
    let other = job.other_process().backend(&job.sandbox.fhir_base_url());
    let waiting = actix_web::rt::spawn(async move { other.token().await });
    job.clock.advance(Duration::from_millis(14_900));
    actix_web::rt::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(job.requests(), 1, "nobody else asks meanwhile");
    job.clock.advance(Duration::from_millis(200));
    let token = waiting.await.unwrap().unwrap();
    assert_eq!(job.requests(), 2);
    // The one that was too slow takes what is there.
    assert!(matches!(
        asking.await.unwrap(),
        Ok(_) | Err(BackendError::NoToken { .. })
    ));
    assert_eq!(text(&job.token().await), text(&token));
    assert_eq!(job.requests(), 2);
}

#[actix_web::test]
async fn a_value_that_this_process_cannot_read_is_replaced() {
    let job = Job::start();
    job.token().await;
    let keys =
        actix_smart_auth::store::SealingKeys::from_bytes([std::array::from_fn(|at| u8::try_from(7 * at + 3).unwrap())])
            .unwrap();
    let other = super::builder(&job.clock, &job.store)
        .sealing_keys(keys)
        .ehr(super::registration(job.sandbox.fhir_base_url()))
        .build()
        .unwrap();
    other.backend(&job.sandbox.fhir_base_url()).token().await.unwrap();
    assert_eq!(job.requests(), 2);
}
