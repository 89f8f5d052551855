//! What the process says of its health.

use std::time::Duration;

use actix_smart_auth::{
    health::{EngineHealth, HealthDetail, StoreHealth, health_check},
    launch_scope,
};
use actix_web::{App, body::to_bytes, test, web};

use crate::support::{Op, Opened};

#[actix_web::test]
async fn a_process_is_ready_while_its_store_answers_and_its_thread_runs() {
    let opened = Opened::start().await;
    opened.app.advance(100);
    let health = opened.app.config.health().await;
    assert!(health.is_ready(), "{health:?}");
    assert_eq!(health.ehrs.len(), 1);
    assert_eq!(health.ehrs[0].ehr, opened.app.sandbox.fhir_base_url());
    assert_eq!(
        (health.ehrs[0].metadata_age.as_secs(), health.ehrs[0].is_failing),
        (100, false)
    );
    assert_eq!(health.audit, None);
    opened.store.set_away(true);
    let health = opened.app.config.health().await;
    assert_eq!((health.store, health.is_ready()), (StoreHealth::Failing, false));
    opened.store.set_away(false);
    assert!(opened.app.config.health().await.is_ready());
    opened.app.config.shutdown(Duration::from_secs(1)).await;
    let health = opened.app.config.health().await;
    assert_eq!(
        (health.engine, health.store),
        (EngineHealth::ShutDown, StoreHealth::NotAsked)
    );
    assert!(!health.is_ready());
}

#[actix_web::test]
async fn the_route_says_no_more_than_it_is_allowed_to() {
    let opened = Opened::start().await;
    let config = opened.app.config.clone();
    let routes = move |app: &mut web::ServiceConfig| {
        app.route("/health", health_check(&config, HealthDetail::StatusOnly))
            .route("/internal/health", health_check(&config, HealthDetail::Everything))
            .service(launch_scope());
    };
    let app = test::init_service(App::new().configure(routes)).await;
    let ask = async |path: &str| {
        let answer = test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
        let status = answer.status().as_u16();
        assert_eq!(answer.headers().get("cache-control").unwrap(), "no-store");
        let body = to_bytes(answer.into_body()).await.unwrap();
        (status, serde_json::from_slice::<serde_json::Value>(&body).unwrap())
    };
    assert_eq!(ask("/health").await, (200, serde_json::json!({ "status": "ready" })));
    let (status, all) = ask("/internal/health").await;
    assert_eq!(
        (status, &all["health"]["store"]),
        (200, &serde_json::json!("reachable"))
    );
    assert_eq!(all["health"]["ehrs"][0]["ehr"], opened.app.sandbox.fhir_base_url());
    opened.store.set_away(true);
    opened.app.advance(1);
    assert_eq!(
        ask("/health").await,
        (503, serde_json::json!({ "status": "not_ready" }))
    );
}

#[actix_web::test]
async fn however_many_ask_the_store_is_asked_once_a_second() {
    let opened = Opened::start().await;
    let config = opened.app.config.clone();
    let route = move |app: &mut web::ServiceConfig| {
        app.route("/health", health_check(&config, HealthDetail::StatusOnly));
    };
    let app = test::init_service(App::new().configure(route)).await;
    let asked = async |millis: u64| {
        opened.app.clock.advance(Duration::from_millis(millis));
        let before = opened.store.calls(Op::Time);
        for _ in 0..20 {
            let answer = test::call_service(&app, test::TestRequest::get().uri("/health").to_request()).await;
            assert_eq!(answer.status().as_u16(), 200);
        }
        opened.store.calls(Op::Time) - before
    };
    assert_eq!(asked(0).await, 1);
    assert_eq!(asked(999).await, 0);
    assert_eq!(asked(1).await, 1);
}
