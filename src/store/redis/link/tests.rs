use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    sync::atomic::AtomicUsize,
    thread,
};

use super::*;
use crate::{
    config::tests::logged,
    store::redis::{
        credentials::{CredentialProvider, NoRedisCredentials},
        scripts::{Call, Script},
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
    (link_to(endpoint.with_credentials(Some(provider))), asked)
}

fn link_to(endpoint: Endpoint) -> Link {
    let options = LinkOptions {
        connect_timeout: LIMIT,
        command_timeout: LIMIT,
        max_in_flight: 1,
        connections: RedisConnections::OnePerProcess,
    };
    let alarms = Arc::new(Alarms::of("Redis"));
    Link::new(Server::At(endpoint), options, Arc::default(), alarms)
}

/// A server that answers what a connection begins with, and no script.
fn silent_about_scripts() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                while let Ok(length @ 1..) = client.read(&mut bytes) {
                    let asked = String::from_utf8_lossy(&bytes[..length]).to_uppercase();
                    let set = "+OK\r\n".repeat(asked.matches("SETINFO").count());
                    let pings = "+PONG\r\n".repeat(asked.matches("PING").count());
                    if client.write_all((set + &pings).as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
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

/// In less time a server that works may be silent too: it is only tried.
#[tokio::test]
async fn a_silent_server_is_given_up_by_whoever_had_half_of_the_time_out_for_it() {
    let url = format!("redis://{}", silent_about_scripts());
    for (time, is_given_up) in [(LIMIT / 8, false), (LIMIT, true)] {
        let link = link_to(Endpoint::parse(&url, &Tls::default()).unwrap());
        link.start().unwrap();
        let mut line = link.shared.line.subscribe();
        line.wait_for(|line| matches!(line, Line::Up(_))).await.unwrap();
        let deadline = tokio::time::Instant::now() + time;
        let answer = link.call_before(&Call::new(Script::Time), deadline).await;
        assert!(answer.is_err());
        let is_first = matches!(&*line.borrow(), Line::Up(up) if up.number == 1);
        assert_eq!(is_first, !is_given_up, "{time:?}");
    }
}
