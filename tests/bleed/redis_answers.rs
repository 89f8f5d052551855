//! What a person gets while Redis refuses, hangs or is away: 503 in time, and later the launch as it was.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use redis::{Commands as _, Connection};

use crate::{
    bleed_redis::fresh,
    browser::{Answer, Ask, Browser, Held},
    fleet::Fleet,
    mix::{AMBER, BRUNO},
    setup::Redis,
    support::redis_server::RedisServer,
};

/// The store's own bound is two seconds; the rest is for a busy machine.
const BOUND: Duration = Duration::from_secs(6);

/// One process with an open launch, and the server that is to have a bad day.
struct Bench {
    // Before the server: the processes end first.
    fleet: Rc<Fleet>,
    browser: Browser,
    held: Held,
    redis: Redis,
    server: RedisServer,
}

impl Bench {
    async fn start(options: &[&str]) -> Option<Self> {
        let server = RedisServer::start(options)?;
        let redis = fresh(&server.url());
        let fleet = Rc::new(Fleet::processes(1, |setup| setup.redis = Some(redis.clone())));
        let browser = Browser::new(&fleet);
        let held = browser.launch(AMBER, "visit-101", &[0]).await;
        Some(Self {
            fleet,
            browser,
            held,
            redis,
            server,
        })
    }

    fn show(&self, process: usize) -> Ask {
        Ask::api(process, self.held.path("/show"))
    }

    /// Script, person and form get 503 in time, and so does a logout. A new launch is begun: its browser keeps it.
    async fn assert_unavailable(&self, advice: &str) {
        self.assert_unavailable_at(0, advice).await;
        let launch = self.browser.ask(&Ask::page(0, "/auth/launch")).await;
        assert_eq!(launch.status, 303, "{launch:?}");
        let one = Ask::form(0, self.held.path("/auth/logout"), "");
        for ask in [one, Ask::form(0, "/auth/logout", "")] {
            let began = Instant::now();
            let answer = self.browser.ask(&ask).await;
            assert_eq!(answer.status, 503, "{ask:?}: {answer:?}");
            assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
            assert!(began.elapsed() < BOUND, "{ask:?}: {:?}", began.elapsed());
        }
    }

    async fn assert_unavailable_at(&self, process: usize, advice: &str) {
        let path = self.held.path("/show");
        for ask in [
            self.show(process),
            Ask::page(process, path.clone()),
            Ask::form(process, path, ""),
        ] {
            let began = Instant::now();
            let answer = self.browser.ask(&ask).await;
            assert_eq!(answer.status, 503, "{ask:?}: {answer:?}");
            assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
            assert!(answer.body.contains("You are still signed in"), "{answer:?}");
            assert!(!answer.body.contains(AMBER), "{answer:?}");
            // How often the page has loaded itself again may be counted; nothing of the launch is touched.
            let cookie = answer.header("set-cookie");
            assert!(
                cookie.is_empty() || cookie.starts_with("smart_launch_reloads="),
                "{cookie}"
            );
            assert!(began.elapsed() < BOUND, "{ask:?}: {:?}", began.elapsed());
        }
        assert_eq!(self.browser.ask(&self.show(process)).await.code(), "store-unavailable");
        self.assert_logged(process, advice).await;
    }

    async fn assert_logged(&self, process: usize, advice: &str) {
        let began = Instant::now();
        while !self.fleet.log(process).contains(advice) {
            assert!(began.elapsed() < BOUND, "no {advice:?} in {}", self.fleet.log(process));
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The same launch answers again, without anybody's doing.
    async fn assert_back(&self) {
        let began = Instant::now();
        let answer = loop {
            let answer = self.browser.ask(&self.show(0)).await;
            if answer.status != 503 {
                break answer;
            }
            assert!(began.elapsed() < BOUND, "not back: {answer:?}");
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        };
        assert_shows_amber(&answer);
    }

    fn record(&self) -> Record {
        let mut connection = self.server.connection();
        let names: Vec<String> = connection
            .scan_match(format!("{}*:launch:*", self.redis.prefix))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(names.len(), 1, "{names:?}");
        Record {
            sealed: connection.hget(&names[0], "r").unwrap(),
            name: names[0].clone(),
            connection,
        }
    }
}

#[track_caller]
fn assert_shows_amber(answer: &Answer) {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(
        answer.body.contains(AMBER) && answer.body.contains("visit-101"),
        "{answer:?}"
    );
}

/// The launch as it stands in Redis.
struct Record {
    connection: Connection,
    name: String,
    sealed: Vec<u8>,
}

impl Record {
    fn write(&mut self, bytes: &[u8]) {
        let _: () = self.connection.hset(&self.name, "r", bytes).unwrap();
    }

    fn now(&mut self) -> Vec<u8> {
        self.connection.hget(&self.name, "r").unwrap()
    }
}

#[actix_web::test]
async fn a_key_removed_too_early_answers_503_and_nothing_is_lost_when_it_comes_back() {
    let Some(bench) = Bench::start(&[]).await else { return };
    let too_early = bench.fleet.add(|setup| setup.redis.as_mut().unwrap().keys = vec![2]);
    bench
        .assert_unavailable_at(too_early, "put the removed key back, as the last one")
        .await;
    let mended = bench.fleet.add(|setup| setup.redis.as_mut().unwrap().keys = vec![2, 1]);
    assert_shows_amber(&bench.browser.ask(&bench.show(mended)).await);
    bench.assert_back().await;
    // The refresh writes the launch anew, under the first key.
    bench.fleet.advance(Duration::from_secs(3595));
    assert_shows_amber(&bench.browser.ask(&bench.show(mended)).await);
    assert_shows_amber(&bench.browser.ask(&bench.show(too_early)).await);
}

#[actix_web::test]
async fn a_damaged_truncated_or_pasted_record_answers_503_and_stays_for_whoever_mends_it() {
    let Some(bench) = Bench::start(&[]).await else { return };
    let mut record = bench.record();
    let sealed = record.sealed.clone();
    let mut changed = sealed.clone();
    *changed.last_mut().unwrap() ^= 1;
    let other = bench.browser.launch(BRUNO, "visit-201", &[0]).await;
    let names: Vec<String> = bench
        .server
        .connection()
        .scan_match(format!("{}*:launch:*", bench.redis.prefix))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let name_of_other = names.iter().find(|name| **name != record.name).unwrap();
    let of_other: Vec<u8> = record.connection.hget(name_of_other, "r").unwrap();
    for damage in [&changed, &sealed[..sealed.len() / 2], &of_other, b"{\"v\":1}", b""] {
        record.write(damage);
        bench
            .assert_unavailable_at(0, "a record in the token store cannot be read; it is kept")
            .await;
        assert_eq!(record.now(), damage, "it is kept as it is");
    }
    assert!(bench.fleet.log(0).contains(&record.name), "the log names the record");
    let answer = bench.browser.ask(&Ask::api(0, other.path("/show"))).await;
    assert!(
        answer.body.contains(BRUNO),
        "its neighbour is not concerned: {answer:?}"
    );
    record.write(&sealed);
    bench.assert_back().await;
}

#[actix_web::test]
async fn a_full_server_shows_open_launches_and_takes_no_new_ones_until_it_has_room() {
    let Some(bench) = Bench::start(&["--maxmemory-policy", "noeviction"]).await else {
        return;
    };
    let other = bench.browser.launch(BRUNO, "visit-201", &[0]).await;
    bench.server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    assert_shows_amber(&bench.browser.ask(&bench.show(0)).await);
    let url = bench.fleet.ehr_launch_url(AMBER, "visit-101");
    let callback = bench.browser.authorize(&url, 0).await;
    let (_, answer) = bench.browser.navigate(&callback, &[0]).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"), "{answer:?}");
    bench.assert_logged(0, "full; give it more memory").await;
    // What is open goes on, and is refreshed: new tokens take the place of old ones.
    bench.fleet.advance(Duration::from_secs(3400));
    assert_shows_amber(&bench.browser.ask(&bench.show(0)).await);
    bench.fleet.advance(Duration::from_secs(195));
    assert_shows_amber(&bench.browser.ask(&bench.show(0)).await);
    assert_eq!(bench.fleet.sandbox.token_requests_of("refresh_token").len(), 1);
    let logout = Ask::form(0, other.path("/auth/logout"), "");
    assert_eq!(bench.browser.ask(&logout).await.status, 303, "ending needs no room");
    bench.server.command(&["CONFIG", "SET", "maxmemory", "0"]);
    bench.assert_back().await;
    assert_eq!(bench.fleet.sandbox.token_requests_of("refresh_token").len(), 1);
    let answer = bench.browser.ask(&Ask::api(0, other.path("/show"))).await;
    assert_eq!(answer.status, 401, "{answer:?}");
}

#[actix_web::test]
async fn a_replica_answers_503_until_it_is_the_primary() {
    let Some(bench) = Bench::start(&[]).await else { return };
    // Nobody is there to copy from, so it keeps what it has.
    bench.server.command(&["REPLICAOF", "127.0.0.1", "1"]);
    bench.assert_unavailable("point the application at the primary").await;
    bench.server.command(&["REPLICAOF", "NO", "ONE"]);
    bench.assert_back().await;
}

#[actix_web::test]
async fn a_password_that_changed_answers_503_until_it_is_right_again() {
    let Some(bench) = Bench::start(&[]).await else { return };
    bench.server.command(&["CONFIG", "SET", "requirepass", "another"]);
    let kill = ["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"];
    let client = redis::Client::open(bench.server.url_with_password("another")).unwrap();
    let mut connection = client.get_connection().unwrap();
    let run = |connection: &mut Connection, words: &[&str]| {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.exec(connection).unwrap();
    };
    run(&mut connection, &kill);
    bench
        .assert_unavailable("check user name, password and permissions")
        .await;
    run(&mut connection, &["CONFIG", "SET", "requirepass", ""]);
    bench.assert_back().await;
}

#[actix_web::test]
async fn a_server_that_is_killed_and_started_again_has_every_launch() {
    let Some(mut bench) = Bench::start(&[]).await else {
        return;
    };
    bench.server.kill();
    bench
        .assert_unavailable("no connection to Redis; launches are kept")
        .await;
    bench.server.run();
    bench.assert_back().await;
    bench.assert_logged(0, "Redis is back").await;
}

#[actix_web::test]
async fn a_server_that_hangs_answers_503_in_time_to_many_at_once_and_goes_on_afterwards() {
    let Some(bench) = Bench::start(&[]).await else { return };
    bench.server.pause();
    let began = Instant::now();
    let asks: Vec<_> = (0..40).map(|_| bench.show(0)).collect();
    let answers = futures(asks.iter().map(|ask| bench.browser.ask(ask))).await;
    assert!(answers.iter().all(|answer| answer.status == 503));
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    bench
        .assert_unavailable("no connection to Redis; launches are kept")
        .await;
    bench.server.resume();
    bench.assert_back().await;
}

/// Waits for all of them at once.
async fn futures<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut all: Vec<_> = all.map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = all.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in all.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(context)
            {
                *done = Some(output);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[actix_web::test]
async fn a_callback_while_the_server_is_away_can_be_repeated_when_it_is_back() {
    let Some(mut bench) = Bench::start(&[]).await else {
        return;
    };
    let url = bench.fleet.ehr_launch_url(BRUNO, "visit-201");
    let callback = bench.browser.authorize(&url, 0).await;
    bench.server.kill();
    let began = Instant::now();
    let (_, answer) = bench.browser.navigate(&callback, &[0]).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    assert_eq!(
        bench.fleet.sandbox.token_requests_of("authorization_code").len(),
        1,
        "no code was sent"
    );
    bench.server.run();
    bench.assert_back().await;
    let (path, answer) = bench.browser.navigate(&callback, &[0]).await;
    assert!(
        answer.status == 200 && answer.body.contains(BRUNO),
        "{path}: {answer:?}"
    );
}
