//! What is over is freed, and nothing else.

use std::time::{Duration, Instant};

use actix_smart_auth::{
    EndReason,
    store::{LoadedLaunch, Memo, ValueKey, acceptance::sample},
    time::Timestamp,
};

use crate::support::{NOW, Rows, builder, connect, is_open, migrated, open, postgres_url, rules, store, timed};

/// Memory is freed that much later than something ends.
const SLACK: Duration = Duration::from_secs(60);

fn millis(at: Timestamp) -> i64 {
    i64::try_from(at.as_millis()).unwrap()
}

#[tokio::test]
async fn what_is_over_is_freed_at_its_time_and_what_is_in_use_stays() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let store = store(&url, &schema);
    let browser = sample::browser();
    let [unused, used, ended] = [
        open(&store, browser).await.unwrap(),
        open(&store, browser).await.unwrap(),
        open(&store, browser).await.unwrap(),
    ];
    let lifetimes = rules().lifetimes;
    let half = NOW.saturating_add(lifetimes.launch_idle / 2);
    let load = store.load_launch(used, actix_smart_auth::LaunchUse::Counts, rules(), half);
    load.await.unwrap();
    store
        .end_launch(ended, EndReason::LoggedOut, rules(), NOW)
        .await
        .unwrap();
    let (callback, until) = (sample::callback_key(), NOW.saturating_add(lifetimes.pending));
    store
        .claim_pending(sample::pending_key(), callback, until, NOW)
        .await
        .unwrap();
    store
        .remember(browser, Memo::SignedOut, vec![1], 1, rules(), NOW)
        .await
        .unwrap();
    let value = ValueKey::from_bytes([9; 32]);
    store.swap_value(value, None, Some(vec![1]), until, NOW).await.unwrap();

    let rows = Rows::of(&url, &schema).await;
    let sweep = async |at: Timestamp| -> Option<i64> {
        let swept = rows.one("SELECT S.sweep($1, 500)", &[&millis(at)]).await;
        swept.get(0)
    };
    let left = async || {
        let counts = rows.one(
            "SELECT (SELECT count(*) FROM S.launch), (SELECT count(*) FROM S.launch WHERE record IS NOT NULL), \
             (SELECT count(*) FROM S.claim), (SELECT count(*) FROM S.memo), (SELECT count(*) FROM S.value)",
            &[],
        );
        let counts = counts.await;
        [0, 1, 2, 3, 4].map(|column| counts.get::<_, i64>(column))
    };
    assert_eq!(sweep(NOW).await, Some(0));
    assert_eq!(left().await, [3, 2, 1, 1, 1]);
    let one = Duration::from_millis(1);
    for (ends, before, after) in [
        (until, [3, 2, 1, 1, 1], [3, 2, 0, 1, 0]),
        (NOW.saturating_add(lifetimes.ended), [3, 2, 0, 1, 0], [2, 2, 0, 1, 0]),
        // The tokens of a launch that ran out go first, then the memory of it.
        (
            NOW.saturating_add(lifetimes.launch_idle),
            [2, 2, 0, 1, 0],
            [2, 1, 0, 1, 0],
        ),
        (
            NOW.saturating_add(lifetimes.launch_idle + lifetimes.ended),
            [2, 1, 0, 1, 0],
            [1, 1, 0, 1, 0],
        ),
    ] {
        let due = ends.saturating_add(SLACK);
        sweep(due.saturating_sub(one)).await;
        assert_eq!(left().await, before, "before {due:?}");
        sweep(due).await;
        assert_eq!(left().await, after, "at {due:?}");
    }
    let just_before = half.saturating_add(lifetimes.launch_idle).saturating_sub(one);
    let look = actix_smart_auth::LaunchUse::DoesNotCount;
    let in_use = store.load_launch(used, look, rules(), just_before).await;
    assert!(matches!(in_use, Ok(LoadedLaunch::Open { .. })), "{in_use:?}");
    assert!(matches!(
        store.load_launch(unused, look, rules(), just_before).await,
        Ok(LoadedLaunch::NotFound)
    ));
    sweep(NOW.saturating_add(lifetimes.launch_absolute * 2)).await;
    assert_eq!(left().await, [0; 5]);
}

/// What a sweep has closed is remembered as if nobody had noticed.
#[tokio::test]
async fn a_launch_that_was_swept_up_ended_when_it_ran_out() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let store = store(&url, &schema);
    let key = open(&store, sample::browser()).await.unwrap();
    let ran_out = NOW.saturating_add(rules().lifetimes.launch_idle);
    let rows = Rows::of(&url, &schema).await;
    let later = ran_out.saturating_add(2 * SLACK);
    rows.one("SELECT S.sweep($1, 500)", &[&millis(later)]).await;
    let loaded = store.load_launch(key, actix_smart_auth::LaunchUse::Counts, rules(), later);
    let ended = match loaded.await.unwrap() {
        LoadedLaunch::Ended(ended) => Some((ended.reason, ended.ended_at)),
        _ => None,
    };
    assert_eq!(ended, Some((EndReason::Idle, ran_out)));
    // Opening it again brings nothing back.
    let record = sample::launch(sample::browser(), NOW);
    let open = store.open_launch(key, record, actix_smart_auth::store::OthersOnOpen::Keep, rules(), later);
    open.await.unwrap();
    assert!(!is_open(&store, key).await);
}

#[tokio::test]
async fn a_sweep_waits_for_nobody_and_is_done_by_one_at_a_time() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let store = store(&url, &schema);
    let browser = sample::browser();
    let held = open(&store, browser).await.unwrap();
    open(&store, browser).await.unwrap();
    let mut holder = connect(&url).await;
    let holding = holder.transaction().await.unwrap();
    let lock = format!("SELECT FROM {schema}.launch WHERE key = $1 FOR UPDATE");
    holding.query(&lock, &[&held.as_bytes().as_slice()]).await.unwrap();
    let rows = Rows::of(&url, &schema).await;
    let far = millis(NOW.saturating_add(rules().lifetimes.launch_absolute * 2));
    let swept = rows.one("SELECT S.sweep($1, 500)", &[&far]).await;
    assert_eq!(swept.get::<_, Option<i64>>(0), Some(1), "all but the one that is held");
    holding.rollback().await.unwrap();
    let sweeping = holder.transaction().await.unwrap();
    let sweep = format!("SELECT {schema}.sweep($1, 500)");
    sweeping.query_one(&sweep, &[&far]).await.unwrap();
    let beside = rows.one("SELECT S.sweep($1, 500)", &[&far]).await;
    assert_eq!(beside.get::<_, Option<i64>>(0), None);
}

#[tokio::test]
async fn a_process_sweeps_by_itself() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let store = timed(builder(&url, &schema).sweeping_every(Duration::from_millis(20)));
    let key = open(&store, sample::browser()).await.unwrap();
    assert!(is_open(&store, key).await);
    store.set_time(NOW.saturating_add(rules().lifetimes.launch_absolute * 2));
    let rows = Rows::of(&url, &schema).await;
    let began = Instant::now();
    while rows.one("SELECT count(*) FROM S.launch", &[]).await.get::<_, i64>(0) > 0 {
        assert!(began.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What the server says when a statement takes too long, said at once.
#[tokio::test]
async fn a_sweep_that_is_too_slow_is_tried_with_half_as_many_rows_until_it_is_not_and_then_with_more_again() {
    let Some(url) = postgres_url() else { return };
    let schema = migrated(&url).await;
    let rows = Rows::of(&url, &schema).await;
    let slow_beyond = async |most: i64| {
        rows.batch(&format!(
            "CREATE OR REPLACE FUNCTION S.sweep(p_now bigint, p_batch bigint) RETURNS bigint LANGUAGE plpgsql AS $$
             BEGIN
               IF p_batch > {most} THEN
                 RAISE EXCEPTION USING ERRCODE = 'query_canceled';
               END IF;
               INSERT INTO S.batch (rows) VALUES (p_batch);
               RETURN 0;
             END $$"
        ))
        .await;
    };
    rows.batch("CREATE TABLE S.batch (number bigserial, rows bigint)").await;
    slow_beyond(100).await;
    let store = timed(
        builder(&url, &schema)
            .sweeping_every(Duration::from_millis(10))
            .command_timeout(Duration::from_secs(20)),
    );
    // The first operation starts the thread that sweeps.
    open(&store, sample::browser()).await.unwrap();
    let swept = async |least: i64| {
        let began = Instant::now();
        while rows.one("SELECT count(*) FROM S.batch", &[]).await.get::<_, i64>(0) < least {
            assert!(began.elapsed() < Duration::from_secs(20));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let swept = "SELECT array_agg(rows ORDER BY number) FROM S.batch";
        rows.one(swept, &[]).await.get::<_, Vec<i64>>(0)
    };
    // 500, 250 and 125 were too many; and so is twice as many as went well.
    let first = swept(3).await;
    assert!(first.iter().all(|batch| *batch == 62), "{first:?}");
    slow_beyond(100_000).await;
    rows.batch("TRUNCATE S.batch").await;
    let then = swept(8).await;
    let grown = then.iter().position(|batch| *batch == 500).unwrap();
    assert!(
        then[..grown].is_sorted() && then[grown..].iter().all(|batch| *batch == 500),
        "{then:?}"
    );
}
