//! One token for all who ask, for as long as it lives.

use std::{collections::BTreeSet, time::Duration};

use actix_smart_auth::{
    backend::BackendRenewal,
    sandbox::{Fault, Times},
};

use super::{Job, LIFE, registration, text};
use crate::support::{Logs, Op, eventually};

/// A minute is more than a tenth of the token's life.
const DUE: u64 = LIFE - 60;
const UNUSABLE: u64 = LIFE - 30;

#[actix_web::test]
async fn a_token_is_asked_for_once_and_handed_out_until_it_is_due() {
    let job = Job::start();
    let first = job.token().await;
    job.advance(DUE - 1);
    assert_eq!(text(&job.token().await), text(&first));
    assert_eq!(job.requests(), 1);
}

#[actix_web::test]
async fn a_token_that_is_due_is_handed_out_at_once_and_renewed_meanwhile() {
    let job = Job::start();
    let first = job.token().await;
    job.advance(DUE);
    job.inject(Fault::Delay(Duration::from_millis(300)), Times::Once);
    assert_eq!(text(&job.token().await), text(&first));
    eventually("the new one is there", || job.requests() == 2).await;
    let mut newest = job.token().await;
    for _ in 0..1_000 {
        if text(&newest) != text(&first) {
            break;
        }
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        newest = job.token().await;
    }
    assert_ne!(text(&newest), text(&first));
    assert_eq!(job.requests(), 2);
}

#[actix_web::test]
async fn a_token_that_is_nearly_over_is_waited_for() {
    let job = Job::start();
    let first = job.token().await;
    job.advance(UNUSABLE);
    assert_ne!(text(&job.token().await), text(&first));
    assert_eq!(job.requests(), 2);
}

#[actix_web::test]
async fn a_hundred_who_ask_at_once_make_one_request() {
    let job = Job::start();
    job.inject(Fault::Delay(Duration::from_millis(200)), Times::Always);
    let client = job.client();
    let asking: Vec<_> = (0..100)
        .map(|_| {
            let client = client.clone();
            actix_web::rt::spawn(async move { client.token().await.unwrap() })
        })
        .collect();
    let mut tokens = BTreeSet::new();
    for one in asking {
        tokens.insert(text(&one.await.unwrap()).to_owned());
    }
    assert_eq!((tokens.len(), job.requests()), (1, 1));
}

#[actix_web::test]
async fn each_list_of_scopes_has_a_token_of_its_own_whatever_its_order() {
    let job = Job::start();
    let both = job.token().await;
    let turned = job.client().with_scopes("system/Patient.rs  system/Observation.rs");
    assert_eq!(text(&turned.token().await.unwrap()), text(&both));
    let one = job.client().with_scopes("system/Patient.rs").token().await.unwrap();
    assert_ne!(text(&one), text(&both));
    assert_eq!(one.granted_scopes().to_string(), "system/Patient.rs");
    assert_eq!(job.requests(), 2);
}

#[actix_web::test]
async fn another_client_id_has_a_token_of_its_own() {
    let job = Job::start();
    let first = job.token().await;
    let jwks = serde_json::from_str(&job.config.jwks().unwrap()).unwrap();
    job.sandbox.register(actix_smart_auth::sandbox::SandboxClient::backend(
        "other",
        actix_smart_auth::sandbox::Jwks::Value(jwks),
    ));
    job.config
        .put_ehr(registration(job.sandbox.fhir_base_url()).client_id("other"))
        .unwrap();
    assert_ne!(text(&job.token().await), text(&first));
}

#[actix_web::test]
async fn a_refused_token_is_replaced_once_and_a_new_one_is_not() {
    let job = Job::start();
    let first = job.token().await;
    let client = job.client();
    assert!(client.other_than(&first).await.unwrap().is_none(), "it is too new");
    assert_eq!(job.requests(), 1);
    job.advance(10);
    let second = client.other_than(&first).await.unwrap().unwrap();
    assert_ne!(text(&second), text(&first));
    assert_eq!(job.requests(), 2);
    // Whoever saw the first refused as well needs no third.
    assert_eq!(text(&client.other_than(&first).await.unwrap().unwrap()), text(&second));
    assert_eq!(job.requests(), 2);
}

#[actix_web::test]
async fn a_search_whose_token_is_revoked_on_the_way_goes_on_with_another_one() {
    let job = Job::start();
    let fhir = job.client().fhir();
    let mut pages = fhir.search("Observation").count(5).pages::<serde_json::Value>();
    let mut ids = BTreeSet::new();
    let mut read = 0;
    while let Some(entry) = pages.next().await.unwrap() {
        read += 1;
        ids.insert(entry["id"].as_str().unwrap().to_owned());
        if read == 5 {
            job.advance(11);
            job.sandbox.revoke_everything();
        }
    }
    assert!(read > 10, "{read}");
    assert_eq!(read, ids.len());
    assert_eq!(job.requests(), 2);
}

#[actix_web::test]
async fn a_token_is_renewed_in_the_background_where_that_is_wanted() {
    let job = Job::with(|ehr| ehr.backend_renewal(BackendRenewal::InBackground));
    job.token().await;
    // It is looked every five seconds of real time.
    job.advance(DUE);
    for _ in 0..120 {
        if job.requests() == 2 {
            break;
        }
        actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(job.requests(), 2);
    let report = job.config.shutdown(Duration::from_secs(5)).await;
    assert_eq!(report.cut_off, 0, "a renewal that waits keeps nobody from going");
}

#[actix_web::test]
async fn the_token_is_in_no_line_of_the_log_and_in_the_store_only_sealed() {
    let logs = Logs::collect();
    let job = Job::start();
    let token = job.token().await;
    assert!(logs.text().contains("a backend token was obtained"));
    assert!(!logs.text().contains(text(&token)));
    assert!(!format!("{token:?}").contains(text(&token)));
    assert!(job.store.calls(Op::SwapValue) >= 2);
    for value in job.store.values() {
        let found = value
            .windows(text(&token).len())
            .any(|piece| piece == text(&token).as_bytes());
        assert!(!found, "the token stands in the store as it is");
    }
}
