use std::sync::atomic::AtomicUsize;

use super::*;
use crate::store::redis::{
    credentials::{CredentialProvider, NoRedisCredentials},
    tls::Tls,
};

const LIMIT: Duration = Duration::from_secs(2);

/// Where the provider of credentials fails, nobody is connected to.
#[tokio::test(start_paused = true)]
async fn credentials_that_are_not_there_are_asked_for_more_and_more_seldom_down_to_once_a_second() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let provider = CredentialProvider::new(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Err(NoRedisCredentials::because("a test says so")) }
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
