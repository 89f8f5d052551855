//! Clients that an EHR registers, and with which nothing can be done.

use std::time::Duration;

use actix_smart_auth::{
    ClientAuth, Ehr,
    sandbox::{Fault, FaultPoint, Times, When},
};
use serde_json::json;

use super::{CALLBACK, New, retry_after, used};
use crate::support::{Logs, eventually};

/// What the log has of its EHR.
fn about(logs: &Logs, new: &New) -> String {
    let (text, base) = (logs.text(), new.base());
    let lines: Vec<_> = text.lines().filter(|line| line.contains(&base)).collect();
    lines.join("\n")
}

#[actix_web::test]
async fn a_secret_that_is_over_on_arrival_is_a_failure_and_its_client_is_deleted_and_not_registered_again_at_each_look()
{
    let logs = Logs::collect();
    let new = New::start();
    new.answers_with(
        FaultPoint::Registration,
        &json!({ "client_secret_expires_at": 1 }),
        Times::Always,
    );
    let config = new.process();
    for _ in 0..3 {
        retry_after(used(&config, &new.base()).await);
        new.clock.advance(Duration::from_secs(10));
    }
    assert_eq!(new.registrations().len(), 1);
    eventually("it is deleted", || {
        new.managed("DELETE") == 1 && new.sandbox.client_ids().is_empty()
    })
    .await;
    assert!(logs.text().contains("client_secret_expires_at"), "{}", logs.text());
    new.sandbox.clear_faults();
    new.clock.advance(Duration::from_secs(31));
    used(&config, &new.base()).await.unwrap();
    assert_eq!(new.registrations().len(), 2);
}

/// Some servers give one client to several of their FHIR servers.
#[actix_web::test]
async fn a_useless_client_that_the_registration_of_another_ehr_has_is_not_deleted() {
    let logs = Logs::collect();
    let new = New::start();
    let answer = json!({ "client_id": "shared", "client_secret_expires_at": 1 });
    new.answers_with(FaultPoint::Registration, &answer, Times::Always);
    let config = new.process();
    let sister = Ehr::builder("https://sister.example/fhir")
        .client_id("shared")
        .client_auth(ClientAuth::client_secret("its secret"))
        .redirect_uri(CALLBACK)
        .scopes("launch/patient");
    config.put_ehr(sister).unwrap();
    retry_after(used(&config, &new.base()).await);
    eventually("it is told", || about(&logs, &new).contains("client_id=\"shared\"")).await;
    assert_eq!(new.managed("DELETE"), 0);
    config.shutdown(Duration::from_secs(5)).await;
    assert_eq!(new.managed("DELETE"), 0);
}

#[actix_web::test]
async fn a_secret_has_to_live_longer_than_a_minute() {
    for (life, is_kept) in [(60, false), (61, true)] {
        let new = New::start();
        new.registers_with(&new.runs_out_after(life));
        assert_eq!(used(&new.process(), &new.base()).await.is_ok(), is_kept, "{life}");
    }
}

#[actix_web::test]
async fn a_client_that_cannot_launch_is_a_failure_that_says_what_was_asked_and_what_was_registered() {
    let changes = [
        (
            json!({ "redirect_uris": ["https://elsewhere.example/callback"] }),
            [CALLBACK, "https://elsewhere.example/callback"],
        ),
        (
            json!({ "token_endpoint_auth_method": "tls_client_auth" }),
            ["client_secret_basic", "tls_client_auth"],
        ),
        (
            json!({ "token_endpoint_auth_method": "private_key_jwt" }),
            ["client_secret_basic", "private_key_jwt"],
        ),
        (
            json!({ "client_secret": null }),
            ["client_secret_basic", "no `client_secret`"],
        ),
        (
            json!({ "grant_types": ["implicit"] }),
            ["authorization_code", "implicit"],
        ),
    ];
    for (members, said) in changes {
        let logs = Logs::collect();
        let new = New::start();
        new.answers_with(FaultPoint::Registration, &members, Times::Always);
        let config = new.process();
        for _ in 0..2 {
            retry_after(used(&config, &new.base()).await);
            new.clock.advance(Duration::from_secs(10));
        }
        assert_eq!(new.registrations().len(), 1, "{members}");
        eventually("it is deleted", || new.sandbox.client_ids().is_empty()).await;
        let (text, base) = (logs.text(), new.base());
        let line = text
            .lines()
            .find(|line| line.contains("ERROR") && line.contains("could not register itself") && line.contains(&base));
        assert!(
            line.is_some_and(|line| said.iter().all(|it| line.contains(it))),
            "{text}"
        );
    }
}

#[actix_web::test]
async fn other_differences_are_used_and_stand_in_the_log_with_both_values() {
    let logs = Logs::collect();
    let new = New::start();
    new.registers_with(
        &json!({ "scope": "openid launch/patient", "redirect_uris": [CALLBACK, "https://more.example/"] }),
    );
    used(&new.process(), &new.base()).await.unwrap();
    let text = logs.text();
    let line = text.lines().find(|line| line.contains("not as it was asked to"));
    for said in [
        super::LAUNCH_SCOPES,
        "openid launch/patient",
        "https://more.example/",
        "WARN",
    ] {
        assert!(line.is_some_and(|line| line.contains(said)), "{said}: {text}");
    }
}

#[actix_web::test]
async fn a_client_id_that_cannot_be_used_is_not_kept_and_its_client_deleted() {
    let logs = Logs::collect();
    for client_id in ["a\nb".to_owned(), " a".to_owned(), "a".repeat(4097)] {
        let new = New::start();
        new.registers_with(&json!({ "client_id": client_id }));
        let config = new.process();
        retry_after(used(&config, &new.base()).await);
        assert!(config.kept_registrations().of(&new.base()).await.unwrap().is_none());
        eventually("it is deleted", || {
            new.managed("DELETE") == 1 && new.sandbox.client_ids().is_empty()
        })
        .await;
        eventually("the log says so", || {
            about(&logs, &new).contains("was deleted at the EHR")
        })
        .await;
        new.clock.advance(Duration::from_secs(61));
        used(&config, &new.base()).await.unwrap();
    }
}

#[actix_web::test]
async fn an_answer_that_cannot_be_used_and_names_an_address_elsewhere_takes_no_token_there() {
    let elsewhere = crate::support::RawServer::canary();
    let logs = Logs::collect();
    let new = New::start();
    new.registers_with(
        &json!({ "client_id": 7, "registration_client_uri": format!("{}/register/x", elsewhere.origin) }),
    );
    used(&new.process(), &new.base()).await.unwrap_err();
    eventually("the log says what is left", || {
        about(&logs, &new).contains("EHR's list of clients")
    })
    .await;
    assert_eq!(new.managed("DELETE"), 0);
}

#[actix_web::test]
async fn a_client_that_cannot_be_deleted_after_an_unusable_answer_is_said_to_be_left() {
    let logs = Logs::collect();
    let new = New::start();
    new.registers_with(&json!({ "client_secret": 7 }));
    new.sandbox.inject(
        FaultPoint::RegistrationManagement,
        When::Before,
        Fault::Status(405),
        Times::Always,
    );
    used(&new.process(), &new.base()).await.unwrap_err();
    eventually("the log says what is left", || {
        about(&logs, &new)
            .lines()
            .any(|line| line.contains("WARN") && line.contains("EHR's list of clients"))
    })
    .await;
    assert_eq!(new.managed("DELETE"), 1);
}

#[actix_web::test]
async fn forgetting_stands_in_the_log_with_the_client_that_is_left_at_the_ehr() {
    let logs = Logs::collect();
    let new = New::start();
    let config = new.process();
    let client_id = used(&config, &new.base()).await.unwrap();
    let told = || {
        logs.text()
            .lines()
            .any(|line| line.contains("was forgotten") && line.contains(&client_id))
    };
    assert!(config.kept_registrations().forget(&new.base()).await.unwrap());
    assert!(told(), "{}", logs.text());
    assert_eq!(new.sandbox.client_ids(), [client_id]);
}

#[actix_web::test]
async fn a_failure_is_told_once_where_it_happens_and_speaks_of_no_resolver_and_of_nothing_that_is_not_used() {
    let logs = Logs::collect();
    let new = New::start();
    new.sandbox.inject(
        FaultPoint::Registration,
        When::Before,
        Fault::Status(401),
        Times::Always,
    );
    used(&new.process(), &new.base()).await.unwrap_err();
    let text = about(&logs, &new);
    let loud: Vec<_> = text.lines().filter(|line| line.contains("ERROR")).collect();
    assert_eq!(loud.len(), 1, "{text}");
    assert!(
        loud[0].contains("could not register itself") && loud[0].contains("status 401"),
        "{text}"
    );
    assert!(!text.contains("resolver") && !text.contains("Registrar::"), "{text}");
    // The next look says why nothing is tried.
    used(&new.process(), &new.base()).await.unwrap_err();
    let text = about(&logs, &new);
    let waiting = text.lines().find(|line| line.contains("next attempt"));
    assert!(waiting.is_some_and(|line| line.contains("status 401")), "{text}");
    assert!(!text.contains("resolver"), "{text}");
}

#[actix_web::test]
async fn an_ehr_that_takes_too_long_for_a_person_is_what_the_log_speaks_of() {
    let logs = Logs::collect();
    let new = New::start();
    let slow = Fault::Delay(Duration::from_secs(11));
    new.sandbox
        .inject(FaultPoint::Registration, When::After, slow, Times::Once);
    let config = new.process();
    retry_after(used(&config, &new.base()).await);
    let text = about(&logs, &new);
    assert!(
        text.contains("takes long to register") && !text.contains("resolver"),
        "{text}"
    );
    eventually("it is registered all the same", || new.sandbox.client_ids().len() == 1).await;
    let kept = config.kept_registrations();
    while kept.of(&new.base()).await.unwrap().is_none() {
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
    new.clock.advance(Duration::from_secs(3));
    used(&config, &new.base()).await.unwrap();
    assert_eq!(new.registrations().len(), 1);
}
