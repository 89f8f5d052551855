//! A key set that is out of reach for a moment: the codes of those who sign in meanwhile are spent, so they wait for it.

use std::time::{Duration, Instant};

use actix_smart_auth::sandbox::{Endpoint, Fault, FaultPoint, KeyRotation, Times, When};

use super::{Watched, launches};
use crate::support::on_a_thread;

/// Launches while seconds pass, three of them in one.
async fn launches_meanwhile(watched: &Watched, count: usize) -> Vec<u16> {
    let passing = async {
        loop {
            actix_web::rt::time::sleep(Duration::from_millis(330)).await;
            watched.app.advance(1);
        }
    };
    tokio::select! {
        statuses = launches(&watched.app, count) => statuses,
        () = passing => unreachable!("it does not end"),
    }
}

#[actix_web::test]
async fn one_broken_answer_costs_no_sign_in_its_code_whether_keys_are_new_or_were_never_there() {
    let one = |was_there, fault: Fault| async move {
        let watched = Watched::start();
        if was_there {
            assert_eq!(watched.launch().await.status, 200);
            watched.app.sandbox.rotate_id_token_key(KeyRotation::KeepOld);
        }
        watched
            .app
            .sandbox
            .inject(FaultPoint::Jwks, When::Before, fault.clone(), Times::Once);
        assert_eq!(
            launches_meanwhile(&watched, 4).await,
            [200; 4],
            "{fault:?}, was there: {was_there}"
        );
    };
    let all = [true, false]
        .map(|was_there| [Fault::Status(503), Fault::Reset].map(|fault| on_a_thread(move || one(was_there, fault))));
    for one in all.into_iter().flatten() {
        one.join().unwrap();
    }
}

#[actix_web::test]
async fn a_page_in_place_of_keys_that_were_good_before_is_waited_out() {
    let watched = Watched::start();
    assert_eq!(watched.launch().await.status, 200);
    watched.app.sandbox.rotate_id_token_key(KeyRotation::KeepOld);
    let page = Fault::HtmlBody { status: 200 };
    watched
        .app
        .sandbox
        .inject(FaultPoint::Jwks, When::Before, page, Times::Once);
    assert_eq!(launches_meanwhile(&watched, 4).await, [200; 4]);
}

#[actix_web::test]
async fn documents_that_hang_delay_nobody_while_there_are_earlier_ones() {
    let watched = Watched::start();
    assert_eq!(watched.launch().await.status, 200);
    for point in [FaultPoint::Jwks, FaultPoint::Metadata] {
        let hangs = Fault::Delay(Duration::from_secs(60));
        watched.app.sandbox.inject(point, When::Before, hangs, Times::Always);
    }
    watched.app.advance(3601);
    let began = Instant::now();
    assert_eq!(launches(&watched.app, 3).await, [200; 3]);
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    assert_eq!(watched.asked(Endpoint::Jwks), 2, "they were asked for again");
}
