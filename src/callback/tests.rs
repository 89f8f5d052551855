use super::*;
use crate::{
    store::{MemoryStore, TokenStore},
    time::ManualClock,
};

const QUERY: &str = "code=abc&state=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

struct Scene {
    config: SmartConfig,
    clock: ManualClock,
    query: CallbackQuery,
}

/// A callback that another process has claimed just now.
async fn claimed_elsewhere() -> Scene {
    let clock = ManualClock::default();
    let ehr = Ehr::builder("https://ehr.example/fhir")
        .client_id("app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient");
    let config = SmartConfig::builder()
        .ehr(ehr)
        .clock(clock.clone())
        .store(TokenStore::new(MemoryStore::new().timed_by(clock.clone())))
        .build()
        .unwrap();
    let query = CallbackQuery::parse(QUERY).unwrap();
    let (key, callback) = (PendingKey::of(&query.state), key_of(&query.answer));
    let now = config.shared().now();
    let until = now.saturating_add(Duration::from_secs(600));
    let store = &config.shared().store;
    let claim = store.claim_pending(key, callback, until).await.unwrap();
    assert!(matches!(claim.value, Claim::Fresh));
    Scene { config, clock, query }
}

fn outcome(reply: &CallbackReply) -> &'static str {
    match reply {
        CallbackReply::TryAgain {
            why: NotYet::StillExchanging,
            retry_after,
        } if retry_after.as_secs() == 5 => "try again",
        CallbackReply::Finished {
            outcome: CallbackOutcome::Failed(failed),
            opened: None,
        } if failed.kind == FailedCallbackKind::AnswerLost => "lost",
        CallbackReply::Used { outcome: None } => "used",
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn another_process_is_waited_for_ten_seconds() {
    let scene = claimed_elsewhere().await;
    let began = Instant::now();
    let reply = answer_again(&scene.config, &scene.query).await;
    assert_eq!(outcome(&reply), "try again");
    assert_eq!(began.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_lost_when_the_deadline_of_its_exchange_and_ten_seconds_have_passed() {
    for (millis, expected) in [
        (70_000, "try again"),
        (70_001, "lost"),
        (599_999, "lost"),
        (600_000, "used"),
    ] {
        let scene = claimed_elsewhere().await;
        scene.clock.advance(Duration::from_millis(millis));
        let reply = answer_again(&scene.config, &scene.query).await;
        assert_eq!(outcome(&reply), expected, "{millis} ms");
    }
}
