//! Answers that are lost: nothing is spent by signing again.

use std::time::Duration;

use actix_smart_auth::sandbox::{Fault, FaultPoint, Times, When};

use super::{JWT_BEARER, ec, opened};
use crate::support::{DUE, UNUSABLE};

#[actix_web::test]
async fn a_renewal_whose_answer_is_lost_is_tried_again_while_the_token_still_works() {
    let opened = opened(ec()).await;
    let first = opened.token().await.body;
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::After, Fault::Reset, Times::Once);
    opened.app.advance(DUE);
    assert_eq!(opened.token().await.status, 200);
    let renewals = || opened.app.sandbox.token_requests_of(JWT_BEARER).len();
    crate::support::eventually("it was sent", || renewals() == 1).await;
    // What a refresh token must not be: sent again before the access token is over.
    opened.app.advance(90);
    assert_eq!(opened.token().await.status, 200);
    opened.saved_other_than(&first).await;
    assert_eq!(renewals(), 2);
}

#[actix_web::test]
async fn an_ehr_that_is_away_for_a_while_costs_no_launch() {
    let opened = opened(ec()).await;
    let away = Fault::Unavailable { retry_after: None };
    opened
        .app
        .sandbox
        .inject(FaultPoint::Refresh, When::Before, away, Times::Always);
    opened.app.advance(UNUSABLE);
    assert_eq!(opened.token().await.status, 503);
    opened.app.sandbox.clear_faults();
    opened.app.clock.advance(Duration::from_secs(120));
    assert_eq!(opened.token().await.status, 200);
}

#[actix_web::test]
async fn a_refusal_after_a_lost_answer_ends_no_launch_whose_token_still_works() {
    let opened = opened(ec()).await;
    let sandbox = &opened.app.sandbox;
    let refused = Fault::OAuthError {
        status: 400,
        error: "invalid_scope".to_owned(),
        description: None,
    };
    sandbox.inject(FaultPoint::Refresh, When::After, Fault::Reset, Times::Once);
    opened.app.advance(DUE);
    assert_eq!(opened.token().await.status, 200);
    let renewals = || sandbox.token_requests_of(JWT_BEARER).len();
    crate::support::eventually("it was sent", || renewals() == 1).await;
    sandbox.inject(FaultPoint::Refresh, When::Before, refused, Times::Once);
    opened.app.advance(90);
    assert_eq!(opened.token().await.status, 200);
    crate::support::eventually("it was sent again", || renewals() == 2).await;
    assert_eq!(opened.token().await.status, 200);
}
