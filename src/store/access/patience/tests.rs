use super::*;

#[tokio::test(start_paused = true)]
async fn it_ends_after_the_time_that_was_given() {
    let began = Instant::now();
    let mut patience = Patience::of(Duration::from_secs(10));
    while patience.allows_another().await {}
    let took = began.elapsed();
    assert!((9_500..=10_000).contains(&took.as_millis()), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_process_that_was_stopped_for_long_goes_on_trying() {
    let mut patience = Patience::of(Duration::from_secs(300));
    tokio::time::advance(Duration::from_secs(3600)).await;
    assert!(patience.allows_another().await);
}

#[tokio::test(start_paused = true)]
async fn it_tries_at_least_every_quarter_of_a_second() {
    let mut patience = Patience::of(Duration::from_secs(10));
    for _ in 0..20 {
        let before = Instant::now();
        assert!(patience.allows_another().await);
        assert!(before.elapsed() <= Duration::from_millis(250));
    }
}
