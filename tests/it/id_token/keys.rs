//! The EHR's keys: rotation, floods, and days without them.

use actix_smart_auth::sandbox::{Endpoint, Fault, FaultPoint, KeyIds, KeyRotation, Times, When};

use super::{Watched, launches};

#[actix_web::test]
async fn no_launch_fails_while_the_ehr_changes_its_keys_again_and_again() {
    let watched = Watched::start();
    let app = &watched.app;
    assert_eq!(watched.launch().await.status, 200);
    for rotation in 1..=4 {
        // Keys change further apart than the interval of refetches.
        app.advance(11);
        let traffic = launches(app, 12);
        let change = async {
            actix_web::rt::time::sleep(std::time::Duration::from_millis(20)).await;
            app.sandbox.rotate_id_token_key(KeyRotation::KeepOld);
        };
        let (statuses, ()) = tokio::join!(traffic, change);
        assert_eq!(statuses, [200; 12], "rotation {rotation}");
        assert_eq!(watched.launch().await.status, 200, "rotation {rotation}");
        assert_eq!(watched.asked(Endpoint::Jwks), 1 + rotation, "one request per rotation");
    }
    assert_eq!(watched.opened(), 1 + 4 * 13);
}

#[actix_web::test]
async fn a_new_key_is_found_although_the_old_one_is_gone() {
    for key_ids in [KeyIds::Published, KeyIds::NotInTokens, KeyIds::Absent] {
        let watched = Watched::start();
        watched.app.sandbox.set_key_ids(key_ids.clone());
        assert_eq!(watched.launch().await.status, 200, "{key_ids:?}");
        watched.app.sandbox.rotate_id_token_key(KeyRotation::DropOld);
        assert_eq!(watched.launch().await.status, 200, "{key_ids:?}");
        assert_eq!(launches(&watched.app, 5).await, [200; 5], "{key_ids:?}");
        assert_eq!(watched.asked(Endpoint::Jwks), 2, "{key_ids:?}");
    }
}

#[actix_web::test]
async fn a_flood_of_unknown_keys_makes_one_request_per_ten_seconds() {
    let watched = Watched::start();
    let app = &watched.app;
    assert_eq!(watched.launch().await.status, 200);
    app.sandbox.set_key_ids(KeyIds::InTokens("invented".to_owned()));
    assert_eq!(launches(app, 25).await, [502; 25]);
    assert_eq!(watched.asked(Endpoint::Jwks), 2);
    app.advance(9);
    assert_eq!(launches(app, 10).await, [502; 10]);
    assert_eq!(watched.asked(Endpoint::Jwks), 2, "not again within ten seconds");
    app.advance(1);
    assert_eq!(launches(app, 10).await, [502; 10]);
    assert_eq!(watched.asked(Endpoint::Jwks), 3);
    app.sandbox.set_key_ids(KeyIds::Published);
    assert_eq!(
        watched.launch().await.status,
        200,
        "the keys that are known still serve"
    );
    assert_eq!(watched.asked(Endpoint::Jwks), 3);
}

#[actix_web::test]
async fn the_last_good_keys_serve_while_the_ehr_does_not_give_them() {
    let watched = Watched::impatient();
    assert_eq!(watched.launch().await.status, 200);
    let away = Fault::Status(503);
    watched
        .app
        .sandbox
        .inject(FaultPoint::Jwks, When::Before, away, Times::Always);
    watched.app.advance(3601);
    assert_eq!(watched.launch().await.status, 200);
    assert_eq!(watched.asked(Endpoint::Jwks), 2, "they were asked for again");
    // A key that is not among them cannot be checked, which is not the same as being wrong.
    watched.app.sandbox.rotate_id_token_key(KeyRotation::KeepOld);
    assert_eq!(watched.launch().await.status, 503);
    watched.app.sandbox.clear_faults();
    watched.app.advance(10);
    assert_eq!(watched.launch().await.status, 200);
}

#[actix_web::test]
async fn without_keys_no_launch_opens_and_the_next_one_does_when_they_are_back() {
    for (fault, status) in [
        (Fault::Status(500), 503),
        (Fault::EmptyBody, 502),
        (Fault::HtmlBody { status: 200 }, 502),
        (
            Fault::Redirect {
                status: 302,
                location: "https://elsewhere.example/keys".to_owned(),
            },
            502,
        ),
    ] {
        let watched = Watched::impatient();
        watched
            .app
            .sandbox
            .inject(FaultPoint::Jwks, When::Before, fault.clone(), Times::Once);
        let page = watched.launch().await;
        assert_eq!(
            (page.status, page.header("retry-after")),
            (status, ""),
            "{fault:?}: it is final"
        );
        assert_eq!(watched.opened(), 0, "{fault:?}: nothing opens unchecked");
        watched.app.advance(4);
        assert_eq!(
            watched.launch().await.status,
            status,
            "{fault:?}: the failure is remembered"
        );
        assert_eq!(watched.asked(Endpoint::Jwks), 1, "{fault:?}");
        watched.app.advance(1);
        assert_eq!(watched.launch().await.status, 200, "{fault:?}");
    }
}

#[actix_web::test]
async fn one_lost_connection_at_the_first_fetch_of_the_keys_costs_nobody_the_sign_in() {
    for (times, status, asked) in [(1, 200, 2), (2, 503, 2)] {
        let watched = Watched::impatient();
        watched
            .app
            .sandbox
            .inject(FaultPoint::Jwks, When::Before, Fault::Reset, Times::N(times));
        assert_eq!(watched.launch().await.status, status, "{times}");
        assert_eq!(watched.asked(Endpoint::Jwks), asked, "{times}");
        watched.app.advance(5);
        assert_eq!(watched.launch().await.status, 200, "{times}");
    }
}

#[actix_web::test]
async fn fifty_first_launches_at_once_ask_for_the_keys_once() {
    let watched = Watched::start();
    assert_eq!(launches(&watched.app, 50).await, [200; 50]);
    assert_eq!(watched.asked(Endpoint::Jwks), 1);
}
