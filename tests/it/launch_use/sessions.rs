//! Handlers that go on asking, jobs, and what the crate itself looks at.

use actix_smart_auth::{EndReason, LaunchUse, SmartSession, error::LaunchError};
use actix_web::web;

use super::{IDLE, ask, opened};
use crate::support::Op;

async fn current(session: SmartSession) -> Result<String, LaunchError> {
    session.current_token().await?;
    session.refresh_now().await?;
    Ok(format!("{:?}", session.reload().await?.launch_use()))
}

fn routes(app: &mut web::ServiceConfig) {
    app.service(
        web::resource("/~{smart_launch}/stream")
            .app_data(LaunchUse::DoesNotCount)
            .get(current),
    );
}

#[actix_web::test]
async fn a_session_that_does_not_count_does_not_count_when_it_is_loaded_again() {
    let opened = opened(routes).await;
    opened.app.advance(IDLE - 1);
    let loads = opened.store.calls(Op::Load);
    let answer = opened.browser.api(&opened.url("/stream")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "DoesNotCount"));
    assert!(
        opened.store.calls(Op::Load) > loads + 3,
        "it was loaded again and again"
    );
    opened.app.advance(1);
    assert_eq!(ask(&opened.browser, &opened.url("/stream")).await, 401);
    assert_eq!(opened.end_reason().await, EndReason::Idle);
}

#[actix_web::test]
async fn a_session_that_counts_and_a_resumed_launch_count_each_time() {
    let opened = opened(routes).await;
    let session = opened.app.config.resume(&opened.handle()).await.unwrap();
    assert_eq!(session.launch_use(), LaunchUse::Counts);
    for _ in 0..3 {
        opened.app.advance(IDLE - 1);
        session.current_token().await.unwrap();
    }
    opened.app.advance(IDLE - 1);
    opened.app.config.resume(&opened.handle()).await.unwrap();
    opened.app.advance(IDLE - 1);
    assert_eq!(ask(&opened.browser, &opened.url("/patient")).await, 200);
    opened.app.advance(IDLE);
    assert_eq!(
        session.current_token().await.err(),
        Some(LaunchError::Ended(EndReason::Idle))
    );
}

/// The link of the page of another tab, or of this one, names the launch.
#[actix_web::test]
async fn a_launch_that_names_an_earlier_one_does_not_use_it() {
    let opened = opened(routes).await;
    opened.app.advance(IDLE - 1);
    let begun = opened.app.url(&format!("/auth/launch?after={}", opened.id().as_str()));
    assert_eq!(opened.browser.get(&begun).await.status, 303);
    opened.record().await;
    opened.app.advance(1);
    assert_eq!(opened.end_reason().await, EndReason::Idle);
}
