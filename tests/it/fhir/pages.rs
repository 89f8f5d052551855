//! A search over pages: complete, without duplicates, and with a token for nobody else.

use actix_smart_auth::{
    error::FhirAddressError,
    fhir::{FhirError, FhirPages},
    sandbox::{Fault, FaultPoint, Times, When},
    transport::HttpClient,
};
use serde_json::{Value, json};

use super::{CLIENTS, ids, inject, observations, raw, received, session, with};
use crate::support::RawServer;

async fn all_in_one(session: &actix_smart_auth::SmartSession) -> Vec<String> {
    let found = session.fhir().search("Observation").param("patient", "amber-testwood");
    let all: Vec<Value> = found.count(1_000).all(1_000).await.unwrap();
    all.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn pages_have_what_one_large_page_has_in_the_same_order() {
    for client in CLIENTS {
        let app = with(client).start();
        let session = session(&app).await;
        let all = all_in_one(&session).await;
        assert!(all.len() > 4, "{all:?}");
        let before = received(&app).len();
        assert_eq!(ids(observations(&session)).await, all, "{client:?}");
        assert_eq!(received(&app).len() - before, all.len().div_ceil(2), "two on a page");
        let found = session.fhir().search("Observation").param("patient", "amber-testwood");
        let three: Vec<Value> = found.count(2).all(3).await.unwrap();
        assert_eq!(three.len(), 3, "at most three were wanted");
    }
}

#[actix_web::test]
async fn a_token_that_runs_out_between_pages_costs_one_refresh_and_no_resource() {
    for client in CLIENTS {
        let app = with(client).start();
        let session = session(&app).await;
        let all = all_in_one(&session).await;
        app.advance(100);
        let mut pages = observations(&session);
        let mut read = Vec::new();
        while let Some(resource) = pages.next().await.unwrap() {
            read.push(resource["id"].as_str().unwrap().to_owned());
            if read.len() == 3 {
                app.sandbox.expire_access_tokens();
            }
        }
        assert_eq!(read, all, "{client:?}");
        assert_eq!(app.refreshes(), 1, "{client:?}");
    }
}

fn page(next: &str) -> Value {
    json!({
        "resourceType": "Bundle",
        "total": 9,
        "link": [{ "relation": "next", "url": next }],
        "entry": [{ "resource": { "resourceType": "Observation", "id": "first" } }],
    })
}

async fn after_the_first(mut pages: FhirPages<Value>) -> Result<Option<Value>, FhirError> {
    let first = pages.next().await.unwrap().unwrap();
    assert_eq!((first["id"].as_str(), pages.total()), (Some("first"), Some(9)));
    let second = pages.next().await;
    if second.is_err() {
        assert_eq!(pages.next().await.unwrap(), None, "an error is the end");
    }
    second
}

/// The protocol's unit tests have more of them.
#[actix_web::test]
async fn a_link_to_the_next_page_elsewhere_gets_no_token_and_no_request() {
    let other = RawServer::canary();
    for client in CLIENTS {
        let app = with(client).start();
        let session = session(&app).await;
        let base = session.fhir_base_url();
        let (host, port) = app
            .sandbox
            .origin()
            .trim_start_matches("http://")
            .split_once(':')
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .unwrap();
        let elsewhere = [
            format!("{}/fhir/Observation", other.origin),
            format!("http://{host}:{port}0/fhir/Observation"),
            format!("http://{host}.evil.example:{port}/fhir/Observation"),
            format!("http://user@{host}:{port}/fhir/Observation"),
            format!("http://user:secret@{host}:{port}/fhir/Observation"),
            format!(
                "http://{host}:{port}@{}/fhir/Observation",
                other.origin.trim_start_matches("http://")
            ),
            format!("https://{host}:{port}/fhir/Observation"),
            format!("ftp://{host}:{port}/fhir/Observation"),
            format!("http://localhost:{port}/fhir/Observation"),
            format!("{base}evil/Observation"),
            format!("{base}/../token"),
            format!("{base}/%2e%2e/token"),
            format!("{base}/..%2ftoken"),
            format!("{base}/Observation/..%5c..%5ctoken"),
            format!("{base}/Observation/%252e%252e/token"),
            format!("{base}\\..\\token"),
            format!("//{}/fhir/Observation", other.origin.trim_start_matches("http://")),
            "/token".to_owned(),
            "../token".to_owned(),
            "/".to_owned(),
            "javascript:alert(1)".to_owned(),
            "data:application/json,{}".to_owned(),
            "file:///etc/passwd".to_owned(),
            "http://".to_owned(),
            format!("{base}/Observation?x=1\u{a}Host: evil"),
        ];
        for next in elsewhere {
            inject(&app, raw(200, &page(&next)));
            let before = app.sandbox.received_requests().len();
            let error = after_the_first(observations(&session)).await.unwrap_err();
            assert!(matches!(error, FhirError::Address(_)), "{next}: {error:?}");
            assert_eq!(app.sandbox.received_requests().len(), before + 1, "{next}");
        }
    }
    assert_eq!(other.connections(), 0);
}

#[actix_web::test]
async fn a_link_may_be_seen_from_the_base_or_be_the_base_with_a_query() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    let last = json!({
        "resourceType": "Bundle",
        "entry": [{ "resource": { "resourceType": "Observation", "id": "last" } }],
    });
    for (next, path) in [
        ("Observation?page=2".to_owned(), "/fhir/Observation"),
        (format!("{}?_getpages=2", session.fhir_base_url()), "/fhir"),
    ] {
        inject(&app, raw(200, &page(&next)));
        inject(&app, raw(200, &last));
        let second = after_the_first(observations(&session)).await.unwrap().unwrap();
        assert_eq!(second["id"], "last");
        assert_eq!(received(&app).last().unwrap().path, path);
    }
}

#[actix_web::test]
async fn pages_that_go_round_in_a_circle_come_to_an_end() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    let next = format!("{}/Observation?page=2", session.fhir_base_url());
    app.sandbox
        .inject(FaultPoint::Fhir, When::Before, raw(200, &page(&next)), Times::Always);
    let mut pages = observations(&session);
    assert!(pages.next().await.unwrap().is_some() && pages.next().await.unwrap().is_some());
    assert_eq!(pages.next().await, Err(FhirError::Circle));
}

#[actix_web::test]
async fn empty_pages_are_passed_over_and_a_hundred_of_them_are_enough() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    let empty = |number: u32| json!({ "resourceType": "Bundle", "link": [{ "relation": "next", "url": format!("Observation?page={number}") }] });
    for (pages, found) in [(100, true), (101, false)] {
        for number in 0..pages {
            inject(&app, raw(200, &empty(number)));
        }
        inject(
            &app,
            raw(
                200,
                &json!({
                    "resourceType": "Bundle",
                    "entry": [{ "resource": { "resourceType": "Observation", "id": "last" } }],
                }),
            ),
        );
        let next = observations(&session).next().await;
        assert_eq!(
            next.map(|resource| resource.is_some()),
            if found { Ok(true) } else { Err(FhirError::Circle) }
        );
        app.sandbox.clear_faults();
    }
}

#[actix_web::test]
async fn a_page_that_cannot_be_read_gives_nothing_and_is_the_end() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    let page = json!({
        "resourceType": "Bundle",
        "entry": [{ "resource": { "id": "a" } }, { "resource": { "id": 7 } }],
    });
    #[derive(Debug, serde::Deserialize)]
    struct Named {
        #[expect(dead_code, reason = "it is read: that is the test")]
        id: String,
    }
    inject(&app, raw(200, &page));
    let mut pages = session.fhir().search("Observation").pages::<Named>();
    assert!(matches!(pages.next().await, Err(FhirError::Unreadable { .. })));
    assert!(pages.next().await.unwrap().is_none());
}

#[actix_web::test]
async fn what_was_not_searched_for_is_left_out_unless_it_is_wanted_and_remarks_are_told() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    let found = json!({
        "resourceType": "Bundle",
        "entry": [
            { "resource": { "resourceType": "Observation", "id": "o" }, "search": { "mode": "match" } },
            { "resource": { "resourceType": "Patient", "id": "p" }, "search": { "mode": "include" } },
            {
                "resource": {
                    "resourceType": "OperationOutcome",
                    "issue": [{ "severity": "warning", "code": "not-supported" }],
                },
                "search": { "mode": "outcome" },
            },
        ],
    });
    for (with_included, expected) in [(false, &["o"][..]), (true, &["o", "p"])] {
        inject(&app, raw(200, &found));
        let search = session.fhir().search("Observation");
        let mut pages = if with_included {
            search.with_included().pages::<Value>()
        } else {
            search.pages()
        };
        let mut read = Vec::new();
        while let Some(resource) = pages.next().await.unwrap() {
            read.push(resource["id"].as_str().unwrap().to_owned());
        }
        assert_eq!(read, expected);
        assert_eq!(pages.remarks().len(), 1);
        assert_eq!(pages.remarks()[0].to_string(), "warning not-supported");
    }
}

#[actix_web::test]
async fn a_search_by_post_has_its_parameters_in_the_body() {
    for client in CLIENTS {
        let app = with(client).start();
        let session = session(&app).await;
        let found = session.fhir().search("Observation").param("patient", "amber-testwood");
        let all: Vec<Value> = found.by_post().all(100).await.unwrap();
        assert!(!all.is_empty());
        let sent = received(&app).pop().unwrap();
        assert_eq!(
            (sent.method.as_str(), sent.path.as_str()),
            ("POST", "/fhir/Observation/_search")
        );
        assert_eq!((sent.query.len(), sent.body.as_str()), (0, "patient=amber-testwood"));
    }
}

#[actix_web::test]
async fn an_answer_that_is_no_page_or_has_other_resources_is_unreadable_and_tells_nothing_of_them() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    for fault in [
        raw(200, &json!({ "resourceType": "Patient", "id": "secret-1" })),
        raw(200, &json!("secret-1")),
        Fault::EmptyBody,
        Fault::HtmlBody { status: 200 },
    ] {
        inject(&app, fault);
        let error = observations(&session).next().await.unwrap_err();
        assert!(matches!(error, FhirError::Unreadable { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("secret-1"));
    }
    inject(&app, raw(200, &page("Observation?page=2")));
    let error = session
        .fhir()
        .search("Observation")
        .pages::<u8>()
        .next()
        .await
        .unwrap_err();
    assert!(matches!(error, FhirError::Unreadable { .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("first"));
    assert_eq!(
        session.fhir().follow::<Value>("#contained").await,
        Err(FhirError::Address(FhirAddressError::Contained))
    );
}
