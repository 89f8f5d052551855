//! The primary is found by sentinels, and found again.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use actix_smart_auth::store::{
    RedisCredentials, RedisSentinels, RedisStore, StoreError, TokenStoreBackend as _,
    acceptance::{self, Subject, sample},
};

use crate::support::{PRIMARY, RedisServer, SentinelSet, is_open, keys, open, prefix, until_open};

/// A store behind these sentinels.
fn store(sentinels: RedisSentinels) -> Subject {
    patient(sentinels, Duration::from_secs(2))
}

/// The same, whose operations may take so long.
fn patient(sentinels: RedisSentinels, command_timeout: Duration) -> Subject {
    Subject::new(|clock| {
        RedisStore::builder(sentinels)
            .command_timeout(command_timeout)
            .sealing_keys(keys(&[1]))
            .prefix(prefix())
            .timed_by(clock)
            .checking_keys()
            .build()
            .unwrap()
    })
}

/// A sentinel that says always the same of the primary.
pub(crate) fn liar(port: u16) -> String {
    sentinel_that_says(&Arc::new(AtomicU16::new(port)))
}

/// A sentinel that says what it is told to say.
fn sentinel_that_says(port: &Arc<AtomicU16>) -> String {
    let port = Arc::clone(port);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let port = Arc::clone(&port);
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                while let Ok(length @ 1..) = client.read(&mut bytes) {
                    let asked = String::from_utf8_lossy(&bytes[..length]).to_uppercase();
                    let mut answers = String::new();
                    for _ in 0..asked.matches("SETINFO").count() {
                        answers.push_str("+OK\r\n");
                    }
                    if asked.contains("HELLO") {
                        answers.insert_str(0, "*2\r\n$5\r\nproto\r\n:2\r\n");
                    }
                    if asked.contains("GET-MASTER") {
                        let text = port.load(SeqCst).to_string();
                        answers.push_str(&format!("*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{text}\r\n", text.len()));
                        answers.push_str("*2\r\n$12\r\nconfig-epoch\r\n$6\r\n999999\r\n");
                    }
                    if client.write_all(answers.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    url
}

/// Somebody who takes connections and never says a word.
fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// The same one, each of whose answers is heard a tenth of a second later.
fn slow(url: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let slow = format!("redis://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect(url.trim_start_matches("redis://")).unwrap();
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut from, &mut to));
            let (mut from, mut to) = (server, client);
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                while let Ok(length @ 1..) = from.read(&mut bytes) {
                    thread::sleep(Duration::from_millis(100));
                    if to.write_all(&bytes[..length]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    slow
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_primary_is_found_again_after_a_fail_over_and_launches_are_there() {
    let Some(mut set) = SentinelSet::start(1, &[], "") else {
        return;
    };
    let store = store(RedisSentinels::new(PRIMARY, set.urls()));
    let key = open(&store, sample::browser()).await.unwrap();
    set.servers[0].kill();
    set.until_primary_is_not(0);
    until_open(&store, key).await;
    open(&store, sample::browser()).await.unwrap();
    // The former primary comes back, and becomes a replica: nobody goes there.
    set.servers[0].run();
    assert!(is_open(&store, key).await);
    open(&store, sample::browser()).await.unwrap();
}

#[tokio::test]
async fn a_primary_that_hands_over_is_left_by_shared_and_own_connections() {
    let Some(set) = SentinelSet::start(1, &[], "") else {
        return;
    };
    let store = store(RedisSentinels::new(PRIMARY, set.urls()));
    let key = open(&store, sample::browser()).await.unwrap();
    assert!(is_open(&store, key).await);
    set.sentinels[0].cli(&["SENTINEL", "FAILOVER", PRIMARY]);
    set.until_primary_is_not(0);
    until_open(&store, key).await;
    for _ in 0..20 {
        open(&store, sample::browser()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// As when it is cut off from the sentinels and not from the application.
#[tokio::test]
async fn a_primary_that_was_replaced_and_does_not_know_it_is_left() {
    let Some(former) = RedisServer::start(&[]) else { return };
    let Some(new) = RedisServer::start(&[]) else { return };
    let said = [(); 3].map(|()| Arc::new(AtomicU16::new(former.port)));
    let store = store(RedisSentinels::new(PRIMARY, said.iter().map(sentinel_that_says)));
    let key = open(&store, sample::browser()).await.unwrap();
    let size = || -> usize { redis::cmd("DBSIZE").query(&mut new.connection()).unwrap() };
    // One alone does not know better than the others.
    said[0].store(new.port, SeqCst);
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert!(is_open(&store, key).await && size() == 0);
    said[1].store(new.port, SeqCst);
    let began = Instant::now();
    while size() == 0 {
        assert!(began.elapsed() < Duration::from_secs(10), "still at the former primary");
        open(&store, sample::browser()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(
        !is_open(&store, key).await,
        "no connection is left at the former primary"
    );
}

#[tokio::test]
async fn sentinels_that_hang_or_are_gone_or_lie_are_outvoted_in_time() {
    let Some(mut set) = SentinelSet::start(1, &[], "") else {
        return;
    };
    set.sentinels[0].pause();
    let (_silent, hangs) = silent();
    let urls = [set.urls(), vec![liar(set.servers[1].port), hangs]].concat();
    // Two of five say the truth; one lies of a replica, two hang.
    let (time_out, soon) = (Duration::from_secs(10), Duration::from_secs(6));
    let both = patient(RedisSentinels::new(PRIMARY, urls), time_out);
    let began = Instant::now();
    let key = open(&both, sample::browser()).await.unwrap();
    assert!(began.elapsed() < soon, "{:?}", began.elapsed());
    assert!(is_open(&both, key).await);
    // One of three is gone, one hangs, and the last one is enough.
    set.sentinels[1].kill();
    let last = patient(RedisSentinels::new(PRIMARY, set.urls()), time_out);
    let began = Instant::now();
    open(&last, sample::browser()).await.unwrap();
    assert!(began.elapsed() < soon, "{:?}", began.elapsed());
}

/// Half of the time to connect would be a minute.
#[tokio::test]
async fn a_sentinel_that_hangs_is_not_waited_for_where_it_could_make_no_other_server_win() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let (_silent, hangs) = silent();
    let gone = ["redis://127.0.0.1:1", "redis://127.0.0.1:2"].map(str::to_owned);
    let told = [liar(server.port), liar(server.port), hangs];
    let store = Subject::new(|clock| {
        RedisStore::builder(RedisSentinels::new(PRIMARY, gone.into_iter().chain(told)))
            .connect_timeout(Duration::from_secs(120))
            .command_timeout(Duration::from_secs(30))
            .sealing_keys(keys(&[1]))
            .prefix(prefix())
            .timed_by(clock)
            .checking_keys()
            .build()
            .unwrap()
    });
    open(&store, sample::browser()).await.unwrap();
}

/// Two of five name a server that is away; the one that hangs for a while knows of another one, and so does the last.
#[tokio::test]
async fn a_sentinel_that_is_slow_is_heard_where_the_server_that_most_name_is_away() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let gone = Arc::new(AtomicU16::new(1));
    let urls = [
        sentinel_that_says(&gone),
        sentinel_that_says(&gone),
        "redis://127.0.0.1:2".to_owned(),
        "redis://127.0.0.1:3".to_owned(),
        slow(liar(server.port)),
    ];
    let store = patient(RedisSentinels::new(PRIMARY, urls), Duration::from_secs(30));
    open(&store, sample::browser()).await.unwrap();
}

#[tokio::test]
async fn a_server_that_a_minority_names_is_not_used_while_that_of_the_majority_is_away() {
    let Some(set) = SentinelSet::start(0, &[], "") else {
        return;
    };
    let (gone, there) = (Arc::new(AtomicU16::new(1)), set.servers[0].port);
    let urls = [sentinel_that_says(&gone), sentinel_that_says(&gone), liar(there)];
    let store = store(RedisSentinels::new(PRIMARY, urls));
    assert_eq!(open(&store, sample::browser()).await, Err(StoreError::Unavailable));
    gone.store(there, SeqCst);
    let began = Instant::now();
    while open(&store, sample::browser()).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(10), "not found after ten seconds");
    }
}

#[tokio::test]
async fn a_server_that_is_a_replica_is_not_used_whatever_a_sentinel_says() {
    let Some(set) = SentinelSet::start(1, &[], "") else {
        return;
    };
    let store = store(RedisSentinels::new(PRIMARY, [liar(set.servers[1].port)]));
    let began = Instant::now();
    assert_eq!(open(&store, sample::browser()).await, Err(StoreError::Unavailable));
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
}

#[tokio::test]
async fn without_any_sentinel_operations_fail_in_time_and_after_that_at_once() {
    if RedisServer::start(&[]).is_none() {
        return;
    }
    let (_silent, hangs) = silent();
    let store = store(RedisSentinels::new(PRIMARY, [hangs, "redis://127.0.0.1:1".to_owned()]));
    let began = Instant::now();
    assert_eq!(open(&store, sample::browser()).await, Err(StoreError::Unavailable));
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    tokio::time::sleep(Duration::from_secs(2)).await;
    let began = Instant::now();
    assert_eq!(open(&store, sample::browser()).await, Err(StoreError::Unavailable));
    // Who waited would have waited for the time-out.
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test]
async fn sentinels_and_servers_have_credentials_of_their_own() {
    let servers = ["--requirepass", "of-servers", "--masterauth", "of-servers"];
    let sentinels = format!(
        "requirepass of-sentinels\nsentinel auth-pass {PRIMARY} of-servers\nsentinel sentinel-pass of-sentinels"
    );
    let Some(set) = SentinelSet::start_with_passwords(0, &servers, &sentinels, "of-servers", "of-sentinels") else {
        return;
    };
    let with = |password: &str| {
        set.urls()
            .into_iter()
            .map(|url| url.replace("//", &format!("//:{password}@")))
            .collect::<Vec<_>>()
    };
    let login = RedisCredentials::password("of-servers");
    let right = store(RedisSentinels::new(PRIMARY, with("of-sentinels")).login(login.clone()));
    let key = open(&right, sample::browser()).await.unwrap();
    assert!(is_open(&right, key).await);
    let asked = RedisSentinels::new(PRIMARY, set.urls())
        .sentinel_credentials(|| async { Ok(RedisCredentials::password("of-sentinels")) });
    open(&store(asked.login(login.clone())), sample::browser())
        .await
        .unwrap();
    let wrong_sentinel = store(RedisSentinels::new(PRIMARY, with("wrong")).login(login));
    assert_eq!(
        open(&wrong_sentinel, sample::browser()).await,
        Err(StoreError::Unavailable)
    );
    let wrong_server =
        store(RedisSentinels::new(PRIMARY, with("of-sentinels")).login(RedisCredentials::password("wrong")));
    assert_eq!(open(&wrong_server, sample::browser()).await, Err(StoreError::Refused));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_store_keeps_every_promise_behind_sentinels() {
    let Some(set) = SentinelSet::start(1, &[], "") else {
        return;
    };
    let sentinels = RedisSentinels::new(PRIMARY, set.urls()).database(3);
    let store = |clock| {
        RedisStore::builder(sentinels.clone())
            .sealing_keys(keys(&[1]))
            .prefix(prefix())
            .timed_by(clock)
            .checking_keys()
            .uses_noted_every(Duration::ZERO)
            .build()
            .unwrap()
    };
    acceptance::run(store).await;
}

#[tokio::test]
async fn what_is_dangerous_about_a_fail_over_is_said() {
    use actix_smart_auth::store::{SetupSubject, SetupVerdict};
    let Some(set) = SentinelSet::start(1, &[], "") else {
        return;
    };
    let store = RedisStore::builder(RedisSentinels::new(PRIMARY, set.urls()))
        .sealing_keys(keys(&[1]))
        .build()
        .unwrap();
    for (replicas, verdict) in [("0", SetupVerdict::Risky), ("1", SetupVerdict::Good)] {
        set.servers[0].command(&["CONFIG", "SET", "min-replicas-to-write", replicas]);
        let findings = store.look_at_setup().await;
        let found = findings
            .iter()
            .find(|finding| finding.subject == SetupSubject::FailOver);
        assert_eq!(found.map(|finding| finding.verdict), Some(verdict), "{findings:?}");
    }
}
