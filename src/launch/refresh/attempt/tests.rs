use super::*;
use crate::{
    config::Quirks,
    launch::refresh::test_launch::{NOW, Next, TestLaunch, sent_until},
    protocol::token::PatientOnRefresh,
    runtime::single_flight::{Joined, SingleFlight, Waiter},
    store::{LeaseOwner, testing::Operation},
    time::Timestamp,
    transport::captured_logs::capture_logs,
};

/// A launch whose access token has run out, after a process sent its refresh token that may have an answer until then.
async fn sent_and_unusable(answer_until: Timestamp) -> TestLaunch {
    TestLaunch::open(|record| {
        record.tokens.expires_at = NOW;
        record.refresh.sent = Some(sent_until(answer_until));
    })
    .await
}

/// What a refresh comes to, and how long it took.
async fn refreshed(launch: &TestLaunch, wanted: Wanted) -> (RefreshOutcome, Duration) {
    let (outcome, took, _) = refreshed_beside(launch, wanted, async |_| ()).await;
    (outcome, took)
}

/// The same, beside somebody who waits for it.
async fn refreshed_beside<T>(
    launch: &TestLaunch,
    wanted: Wanted,
    beside: impl AsyncFnOnce(&Waiter<RefreshOutcome, RefreshFailure>) -> T,
) -> (RefreshOutcome, Duration, T) {
    let running = SingleFlight::default();
    let Joined::Leader(leader, waiter) = running.join(launch.key) else {
        panic!("nobody else is there");
    };
    let began = Instant::now();
    let refreshing = run(Work {
        runtime: Arc::clone(launch.runtime()),
        revoker: launch.config.revoker().clone(),
        key: launch.key,
        wanted,
        launch_use: LaunchUse::Counts,
        seen: launch.stored().await,
        progress: leader.progress(),
    });
    let timed = async { (refreshing.await, began.elapsed()) };
    let ((outcome, took), seen) = tokio::join!(timed, beside(&waiter));
    (outcome, took, seen)
}

/// What somebody is told whose patience ends after a second, where this becomes of the next writes of the launch.
async fn told_after_a_second(launch: &TestLaunch, writes: &[Next]) -> (Option<RefreshFailure>, RefreshOutcome) {
    launch.troubles.next(Operation::ReplaceLaunch, writes.iter().copied());
    let patience = Duration::from_secs(1);
    let (outcome, took, told) = refreshed_beside(launch, Wanted::WhenDue, async |waiter| {
        sleep(patience).await;
        waiter.so_far()
    })
    .await;
    assert!(took > patience, "{took:?}");
    (told, outcome)
}

const SLOW: Next = Next::TakesSeconds(3);
const AT_ONCE: Next = Next::TakesSeconds(0);

#[tokio::test(start_paused = true)]
async fn a_store_that_is_slow_is_not_told_as_away_neither_before_the_token_is_sent_nor_after_it_has_brought_another() {
    for writes in [&[SLOW, AT_ONCE], &[AT_ONCE, SLOW]] {
        let launch = TestLaunch::open(|record| record.tokens.expires_at = NOW).await;
        let (told, outcome) = told_after_a_second(&launch, writes).await;
        assert_eq!(told, Some(RefreshFailure::Unanswered), "{writes:?}");
        assert!(matches!(outcome, RefreshOutcome::Current(_)), "{outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_has_refused_to_save_is_told_as_away_also_where_it_takes_the_new_token_in_the_end() {
    let launch = TestLaunch::open(|record| record.tokens.expires_at = NOW).await;
    let (told, outcome) = told_after_a_second(&launch, &[AT_ONCE, Next::Fails, SLOW]).await;
    assert_eq!(told, Some(RefreshFailure::StoreUnavailable));
    assert!(matches!(outcome, RefreshOutcome::Current(_)), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn what_an_ehr_in_trouble_has_said_is_told_while_that_is_noted() {
    let launch = TestLaunch::open(|record| record.tokens.expires_at = NOW).await;
    launch.trouble_ehr();
    let (told, outcome) = told_after_a_second(&launch, &[AT_ONCE, SLOW]).await;
    assert_eq!(told, Some(RefreshFailure::EhrTroubled));
    let told_in_the_end = matches!(
        outcome,
        RefreshOutcome::Failed {
            cause: RefreshFailure::EhrTroubled,
            ..
        }
    );
    assert!(told_in_the_end, "{outcome:?}");
}

/// The lines of a refresh whose first attempts to save fail.
fn lines_of(failures: usize) -> String {
    capture_logs(tracing::Level::INFO, || {
        let paused = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        paused.unwrap().block_on(async {
            let launch = TestLaunch::open(|record| record.tokens.expires_at = NOW).await;
            let failing = std::iter::repeat_n(Next::Fails, failures);
            launch
                .troubles
                .next(Operation::ReplaceLaunch, std::iter::once(AT_ONCE).chain(failing));
            refreshed(&launch, Wanted::WhenDue).await;
        });
    })
}

#[test]
fn the_log_says_that_a_token_was_refreshed_when_it_is_saved_and_that_it_was_late() {
    for (failures, is_refreshed) in [(0, true), (5, true), (10_000, false)] {
        let lines = lines_of(failures);
        let is_late = is_refreshed && failures > 0;
        assert_eq!(lines.contains("access token refreshed"), is_refreshed, "{lines}");
        assert_eq!(
            lines.contains("what a refresh brought is saved now"),
            is_late,
            "{lines}"
        );
        assert_eq!(lines.contains("could not be saved yet"), failures > 0, "{lines}");
    }
}

const fn is_unanswered(outcome: &RefreshOutcome) -> bool {
    matches!(
        outcome,
        RefreshOutcome::Failed {
            cause: RefreshFailure::Unanswered,
            ..
        }
    )
}

/// Signing, the answer, saving it, and a lease that nobody gives up: 10, 5 + 60 + 5, 5 and 15 seconds.
#[tokio::test(start_paused = true)]
async fn another_process_is_waited_for_as_long_as_all_that_it_may_be_at_takes() {
    let longest = Duration::from_secs(100);
    let launch = sent_and_unusable(NOW.saturating_add(Duration::from_secs(3600))).await;
    let (outcome, took) = refreshed(&launch, Wanted::WhenDue).await;
    assert!(is_unanswered(&outcome), "{outcome:?}");
    assert!(took >= longest && took <= longest + 2 * LOOK, "{took:?}");
    assert!(launch.asked_after(Instant::now()).is_empty());
}

#[tokio::test(start_paused = true)]
async fn whoever_has_a_usable_token_does_not_wait_for_what_another_process_has_sent() {
    let launch = TestLaunch::open(|record| {
        record.tokens.requested_at = NOW.saturating_sub(Duration::from_secs(3600));
        record.tokens.expires_at = NOW.saturating_add(Duration::from_secs(100));
        record.refresh.sent = Some(sent_until(NOW.saturating_add(Duration::from_secs(3600))));
    })
    .await;
    assert!(launch.stored().await.0.tokens.is_usable(NOW));
    let (outcome, took) = refreshed(&launch, Wanted::WhenDue).await;
    assert!(matches!(outcome, RefreshOutcome::Current(_)), "{outcome:?}");
    assert!(took < LOOK, "{took:?}");
    // The EHR has refused the token, whatever its lifetime says.
    let (outcome, took) = refreshed(&launch, Wanted::Now).await;
    assert!(is_unanswered(&outcome) && took >= LEASE, "{outcome:?} {took:?}");
    assert!(launch.asked_after(Instant::now()).is_empty());
}

/// The last moment at which it may come, and the first at which it cannot.
#[tokio::test(start_paused = true)]
async fn a_token_that_was_sent_is_not_sent_again_while_its_answer_may_come_and_is_from_then_on() {
    let launch = sent_and_unusable(NOW).await;
    let (record, version) = launch.stored().await;
    let longest = sent::longest(launch.runtime());
    let mut noted = (*record).clone();
    noted.refresh.sent = Some(sent_until(NOW.saturating_add(longest)));
    launch.write(version, noted).await;
    launch.clock.advance(longest - Duration::from_millis(1));
    let (outcome, _) = refreshed(&launch, Wanted::WhenDue).await;
    assert!(is_unanswered(&outcome), "{outcome:?}");
    assert!(launch.asked_after(Instant::now()).is_empty());
    launch.clock.advance(Duration::from_millis(1));
    let (outcome, _) = refreshed(&launch, Wanted::WhenDue).await;
    assert!(matches!(outcome, RefreshOutcome::Current(_)), "{outcome:?}");
    assert_eq!(launch.asked_after(Instant::now()).len(), 1);
}

/// The answer may be with a process that cannot reach the store yet: sending a spent token could cost the launch.
#[tokio::test(start_paused = true)]
async fn an_answer_that_came_in_time_is_given_five_seconds_to_be_saved_before_the_token_is_sent_again() {
    let launch = sent_and_unusable(NOW).await;
    let began = Instant::now();
    let (outcome, _) = refreshed(&launch, Wanted::WhenDue).await;
    assert!(
        matches!(outcome, RefreshOutcome::Current(record) if record.tokens.access_token().expose_secret() == "new")
    );
    let asked = launch.asked_after(began);
    assert_eq!(asked.len(), 1);
    assert!(
        asked[0] >= FOR_ANOTHER_TO_SAVE && asked[0] <= FOR_ANOTHER_TO_SAVE + 2 * LOOK,
        "{asked:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_may_be_saved_for_five_minutes_after_it_could_come_and_then_nobody_waits_for_it() {
    for (given_up_in, waits) in [(1, true), (0, false)] {
        let until = NOW
            .saturating_add(Duration::from_millis(given_up_in))
            .saturating_sub(save::UNTIL_SAVED);
        let launch = sent_and_unusable(until).await;
        let began = Instant::now();
        let (outcome, _) = refreshed(&launch, Wanted::WhenDue).await;
        assert!(matches!(outcome, RefreshOutcome::Current(_)), "{outcome:?}");
        let asked = launch.asked_after(began);
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0] >= FOR_ANOTHER_TO_SAVE, waits, "{asked:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_nobody_is_at_is_refreshed_at_once() {
    let launch = TestLaunch::open(|record| record.tokens.expires_at = NOW).await;
    let (outcome, took) = refreshed(&launch, Wanted::WhenDue).await;
    assert!(matches!(outcome, RefreshOutcome::Current(record) if record.refresh.sent.is_none()));
    assert!(took < LOOK, "{took:?}");
}

/// A launch whose access token has run out, and whose lease another process has.
async fn leased_elsewhere() -> TestLaunch {
    let launch = TestLaunch::open(|record| record.tokens.expires_at = NOW).await;
    let (store, other) = (&launch.runtime().store, LeaseOwner([7; 16]));
    assert!(store.acquire_lease(launch.key, other, LEASE).await.unwrap());
    launch
}

#[tokio::test(start_paused = true)]
async fn without_the_lease_nothing_is_sent() {
    let launch = leased_elsewhere().await;
    let (outcome, took) = refreshed(&launch, Wanted::WhenDue).await;
    assert!(is_unanswered(&outcome) && took >= LEASE, "{outcome:?} {took:?}");
    assert!(launch.asked_after(Instant::now()).is_empty());
}

#[cfg(feature = "metrics")]
#[tokio::test(start_paused = true)]
async fn whoever_finds_another_process_at_it_is_counted_once_however_often_it_looks() {
    for (launch, counted) in [
        (leased_elsewhere().await, true),
        (TestLaunch::open(|record| record.tokens.expires_at = NOW).await, false),
    ] {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let metrics = recorder.handle();
        let recording = metrics::set_default_local_recorder(&recorder);
        let (outcome, took) = refreshed(&launch, Wanted::WhenDue).await;
        drop(recording);
        assert_eq!(took >= 10 * LOOK, counted, "{outcome:?}");
        let lines = metrics.render();
        let role = format!("role=\"{OTHER_PROCESS}\"");
        let counts: Vec<_> = lines.lines().filter(|line| line.contains(&role)).collect();
        let expected = format!("smart_refresh_asked_total{{ehr=\"https://ehr.example/fhir\",{role}}} 1");
        assert_eq!(
            counts,
            if counted { vec![expected.as_str()] } else { vec![] },
            "{lines}"
        );
    }
}

/// An EHR may know the patient only now. Whatever the launch is asked for later is about that one.
#[tokio::test(start_paused = true)]
async fn a_patient_that_is_taken_over_with_a_refresh_is_the_one_of_the_record() {
    let quirks = Quirks::default().patient_on_refresh(PatientOnRefresh::TakenOver);
    let launch = TestLaunch::open_with(quirks, |record| {
        record.tokens.expires_at = NOW;
        (record.patient, record.tokens.context.patient) = (None, None);
    })
    .await;
    let (outcome, _) = refreshed(&launch, Wanted::WhenDue).await;
    assert!(matches!(outcome, RefreshOutcome::Current(_)), "{outcome:?}");
    let (record, _) = launch.stored().await;
    assert_eq!(record.tokens.context().patient(), Some("p1"));
    let digest = launch.runtime().patient_digest(&record.origin.ehr, &record.tokens);
    assert!(digest.is_some());
    assert_eq!(record.patient, digest);
}
