use tokio::time::Instant as TokioInstant;

use super::*;
use crate::{launch::refresh::test_launch::TestLaunch, runtime::places::PlaceKind};

#[tokio::test(start_paused = true)]
async fn tokens_that_nothing_renews_are_not_sent_anywhere() {
    let launch = TestLaunch::open(|record| record.tokens.refresh_token = None).await;
    let (runtime, began) = (launch.runtime(), TokioInstant::now());
    let (record, _) = launch.stored().await;
    let ehr = runtime.ehr_of_record(&record.origin.ehr).await.unwrap();
    let place = runtime.places.take(ehr.desk(), PlaceKind::Refresh).await.unwrap();
    let grant = Grant {
        endpoints: &record.origin.endpoints,
        held: Held::With(&record.tokens),
        requested: &record.origin.requested,
        scopes: None,
        launch_use: LaunchUse::Counts,
        identity: None,
        client: None,
        requested_at: runtime.now(),
        signed: SignedAhead::default(),
        not_after: None,
    };
    let granted = grant.ask(runtime, &ehr, place).await;
    assert!(matches!(granted, Err(NotGranted::NoRefreshToken)));
    assert!(launch.asked_after(began).is_empty());
}
