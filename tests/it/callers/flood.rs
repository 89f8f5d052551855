//! Invented tokens in numbers: neither the server nor those who have good ones suffer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_smart_auth::{
    AccessToken,
    resource_server::{CallerTokenErrorKind as Kind, NotChecked},
    sandbox::{Fault, Times},
};
use actix_web::rt;
use serde_json::json;

use super::Api;
use crate::support::eventually;

async fn kind(api: &Api, token: String) -> Kind {
    let error = api.server().check(&AccessToken::new(token)).await.unwrap_err();
    error.kind().clone()
}

fn is_of(kind: &Kind, expected: NotChecked) -> bool {
    matches!(kind, Kind::NotChecked { cause, .. } if *cause == expected)
}

#[actix_web::test]
async fn invented_tokens_are_asked_about_twenty_times_a_second_and_good_ones_are_not_in_their_way() {
    let api = Api::start();
    let token = api.token().await;
    assert_eq!(api.call(&token).await.status, 200);
    for number in 0..20 {
        assert_eq!(kind(&api, format!("invented-{number}")).await, Kind::Inactive);
    }
    for number in 20..2_000 {
        let kind = kind(&api, format!("invented-{number}")).await;
        assert!(is_of(&kind, NotChecked::Flood), "{number}: {kind:?}");
    }
    assert_eq!(api.asked().len(), 21);
    let answer = api.call("invented-x").await;
    assert_eq!((answer.status, answer.retry_after.as_deref()), (503, Some("1")));
    // One that was good before is asked about all the same.
    api.advance_millis(30_000);
    for number in 0..20 {
        assert_eq!(kind(&api, format!("other-{number}")).await, Kind::Inactive);
    }
    assert_eq!(api.call("invented-y").await.status, 503);
    assert_eq!(api.call(&token).await.status, 200);
    assert_eq!(api.asked().len(), 42);
    // A second later there is room again, for a new one as well.
    let new = api.token().await;
    api.advance_millis(999);
    assert_eq!(api.call(&new).await.status, 503);
    api.advance_millis(1);
    assert_eq!(api.call(&new).await.status, 200);
}

#[actix_web::test]
async fn at_a_slow_server_strangers_take_no_place_from_those_who_were_good_before() {
    let api = Api::start();
    let token = api.token().await;
    assert_eq!(api.call(&token).await.status, 200);
    api.advance_millis(30_000);
    // Eight are under way, 256 wait, and the others are refused at once.
    api.inject(Fault::Hang(Duration::from_secs(4)), Times::N(8));
    let busy = Arc::new(AtomicUsize::new(0));
    let strangers: Vec<_> = (0..300)
        .map(|number| {
            let (server, busy) = (api.server(), Arc::clone(&busy));
            rt::spawn(async move {
                let checked = server.check(&AccessToken::new(format!("invented-{number}"))).await;
                if checked
                    .as_ref()
                    .is_err_and(|error| is_of(error.kind(), NotChecked::Busy))
                {
                    busy.fetch_add(1, Ordering::SeqCst);
                }
                checked.is_ok()
            })
        })
        .collect();
    eventually("eight have come to the server", || api.asked().len() == 9).await;
    eventually("as many are refused as there is no room for", || {
        busy.load(Ordering::SeqCst) == 300 - 264
    })
    .await;
    assert_eq!(api.call(&token).await.status, 200);
    for stranger in strangers {
        assert!(!stranger.await.unwrap());
    }
}

#[actix_web::test]
async fn invented_tokens_that_come_all_at_once_are_not_all_asked_about() {
    let api = Api::start();
    let strangers: Vec<_> = (0..200)
        .map(|number| {
            let server = api.server();
            rt::spawn(async move {
                let checked = server.check(&AccessToken::new(format!("invented-{number}"))).await;
                checked.unwrap_err().kind().clone()
            })
        })
        .collect();
    for stranger in strangers {
        let kind = stranger.await.unwrap();
        assert!(kind == Kind::Inactive || is_of(&kind, NotChecked::Flood), "{kind:?}");
    }
    // Seven may be under way when the twentieth is refused.
    let asked = api.asked().len();
    assert!((20..=27).contains(&asked), "{asked}");
}

#[actix_web::test]
async fn two_hundred_good_callers_are_let_in_after_a_start_and_when_their_kept_answers_run_out_together() {
    let api = Api::start();
    api.says(&json!({ "active": true }), Times::Always);
    for _ in ["strangers", "known"] {
        let callers: Vec<_> = (0..200)
            .map(|number| {
                let server = api.server();
                rt::spawn(async move { server.check(&AccessToken::new(format!("token-{number}"))).await })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap().unwrap();
        }
        api.advance_millis(30_000);
    }
    assert_eq!(api.asked().len(), 400);
}

#[actix_web::test]
async fn invented_tokens_push_no_good_one_out() {
    let api = Api::start();
    let token = api.token().await;
    assert_eq!(api.call(&token).await.status, 200);
    for second in 0..25 {
        for number in 0..20 {
            kind(&api, format!("invented-{second}-{number}")).await;
        }
        api.advance_millis(1_000);
    }
    assert_eq!(api.asked().len(), 501);
    assert_eq!(api.call(&token).await.status, 200);
    assert_eq!(api.asked().len(), 501);
}
