//! A registration that fails for a moment: it is tried again while somebody waits for the page.

use std::time::{Duration, Instant};

use actix_smart_auth::{
    EndReason,
    sandbox::{Fault, FaultPoint, Times, When},
};

use super::{JWT_BEARER, builder, ec, makes_clients, registrations};
use crate::support::{DUE, Opened, UNUSABLE};

async fn opened(fault: Fault, times: Times) -> Opened {
    Opened::with_gate(builder(ec()), move |app| {
        makes_clients(app);
        app.sandbox.inject(FaultPoint::Registration, When::Before, fault, times);
    })
    .await
}

fn busy_for(seconds: u32) -> Fault {
    Fault::Unavailable {
        retry_after: Some(seconds.to_string()),
    }
}

#[actix_web::test]
async fn an_ehr_that_is_busy_for_a_moment_makes_the_client_at_the_next_attempt() {
    let without_a_time = Fault::TooManyRequests { retry_after: None };
    for (fault, at_least) in [(busy_for(1), 1000), (without_a_time, 250)] {
        let began = Instant::now();
        let opened = opened(fault.clone(), Times::Once).await;
        assert!(began.elapsed() >= Duration::from_millis(at_least), "{fault:?}");
        let first = opened.token().await.body;
        assert_eq!(registrations(&opened.app).len(), 2, "{fault:?}");
        opened.app.advance(DUE);
        assert_eq!(opened.token().await.status, 200);
        opened.saved_other_than(&first).await;
        assert_eq!(opened.app.sandbox.token_requests_of(JWT_BEARER).len(), 1, "{fault:?}");
    }
}

#[actix_web::test]
async fn an_ehr_that_is_busy_for_longer_than_the_callback_has_is_asked_once() {
    let opened = opened(busy_for(3_600), Times::Always).await;
    assert_eq!(registrations(&opened.app).len(), 1);
    opened.app.advance(UNUSABLE);
    assert_eq!(opened.token().await.status, 401);
    assert_eq!(opened.end_reason().await, EndReason::TokenExpired);
}

#[actix_web::test]
async fn an_ehr_that_stays_busy_is_asked_four_times() {
    let opened = opened(busy_for(0), Times::Always).await;
    assert_eq!(registrations(&opened.app).len(), 4);
    assert_eq!(opened.token().await.status, 200, "the launch is open all the same");
}
