use std::sync::atomic::AtomicUsize;

use super::*;
use crate::{
    config::tests::logged,
    store::redis::{
        credentials::{CredentialProvider, NoRedisCredentials},
        tls::Tls,
    },
};

const LIMIT: Duration = Duration::from_secs(2);

/// One whose provider of credentials says for each attempt why there are none: nobody is connected to. And how often it was asked.
fn without_credentials(why: fn(usize) -> &'static str) -> (Link, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let provider = CredentialProvider::new(move || {
        let attempt = counted.fetch_add(1, Ordering::Relaxed);
        async move { Err(NoRedisCredentials::because(why(attempt))) }
    });
    let endpoint = Endpoint::parse("redis://127.0.0.1:1", &Tls::default()).unwrap();
    let options = LinkOptions {
        connect_timeout: LIMIT,
        command_timeout: LIMIT,
        max_in_flight: 1,
        connections: RedisConnections::OnePerProcess,
    };
    let server = Server::At(endpoint.with_credentials(Some(provider)));
    let link = Link::new(server, options, Arc::default(), Arc::new(Alarms::of("Redis")));
    (link, asked)
}

#[tokio::test(start_paused = true)]
async fn credentials_that_are_not_there_are_asked_for_more_and_more_seldom_down_to_once_a_second() {
    let (link, asked) = without_credentials(|_| "a test says so");
    let mut line = link.shared.line.subscribe();
    let looking = tokio::spawn(supervise(Arc::clone(&link.shared)));
    let mut times = Vec::new();
    for attempt in 1..9 {
        line.changed().await.unwrap();
        times.push(tokio::time::Instant::now());
        assert_eq!(asked.load(Ordering::Relaxed), attempt);
    }
    looking.abort();
    // The timer has a step of a millisecond.
    let pauses = times
        .windows(2)
        .map(|two| two[1].duration_since(two[0]).as_millis() / 10 * 10);
    assert_eq!(pauses.collect::<Vec<_>>(), [50, 100, 200, 400, 800, 1000, 1000]);
}

/// Whoever has mended the first one would look for it in vain.
#[test]
fn another_cause_of_the_same_outage_is_said_too_and_each_once() {
    let ((), log) = logged(|| {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (link, _) = without_credentials(|attempt| match attempt {
                0..4 => "the vault is sealed",
                _ => "the lease has ended",
            });
            let mut line = link.shared.line.subscribe();
            let looking = tokio::spawn(supervise(Arc::clone(&link.shared)));
            for _ in 0..8 {
                line.changed().await.unwrap();
            }
            looking.abort();
        });
    });
    let said: Vec<_> = log
        .lines()
        .filter(|line| line.contains("no connection to Redis"))
        .collect();
    assert_eq!(said.len(), 2, "{log}");
    assert!(
        said[0].contains("the vault is sealed") && said[1].contains("the lease has ended"),
        "{log}"
    );
}
