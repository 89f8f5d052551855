//! What very many open launches cost a Redis server: memory for each, and what it does when all of them run out.

use std::{
    env,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use actix_smart_auth::{
    LaunchUse,
    store::{LaunchKey, RedisStore, SealingKeys, StoreRules, TokenStoreBackend as _},
};
use actix_web::rt;

use crate::million::{Pauses, open, raw};

/// So many launches are opened at once.
const TOGETHER: usize = 32;

/// Opens so many launches in the server and prints the figures.
pub(crate) async fn print(url: &str, launches: usize) {
    let store = store(url);
    let rules = rules();
    // Its scripts and connections are there before anything is counted.
    let asked = open(&store, rules, &mut Pauses::default()).await;
    let (before, begun) = (Info::of(url), Instant::now());
    let opening = (0..TOGETHER).map(|_| {
        let store = store.clone();
        rt::spawn(async move {
            for _ in 0..launches / TOGETHER {
                open(&store, rules, &mut Pauses::default()).await;
            }
        })
    });
    for opening in opening.collect::<Vec<_>>() {
        opening.await.expect("launches are opened");
    }
    let (full, took) = (Info::of(url), begun.elapsed());
    println!(
        "{launches} launches in Redis, opened in {took:?}: {} bytes each, of which {} are tokens and context; {} keys, the server takes {} MB",
        (full.memory - before.memory) / launches,
        raw(),
        full.keys,
        full.resident / 1_000_000,
    );
    let look_up = longest_of(&store, asked, Duration::from_secs(2)).await;
    println!("a look-up takes {look_up}");
    if env::var_os("LIFE").is_some() {
        let begun = Instant::now();
        while Info::of(url).keys > before.keys {
            let look_up = longest_of(&store, asked, Duration::from_secs(5)).await;
            let info = Info::of(url);
            println!(
                "after {:>3} s: {} keys, {} MB used; a look-up takes {look_up}",
                begun.elapsed().as_secs(),
                info.keys,
                info.memory / 1_000_000
            );
        }
    }
}

fn store(url: &str) -> RedisStore {
    let keys = SealingKeys::from_bytes([rand::random()]).expect("a key");
    let builder = RedisStore::builder(url).sealing_keys(keys);
    builder.build().expect("a Redis store")
}

/// With `LIFE` all launches and their lists are gone after so many seconds.
fn rules() -> StoreRules {
    let mut rules = StoreRules::default();
    if let Ok(life) = env::var("LIFE") {
        let life = Duration::from_secs(life.parse().expect("LIFE is a number"));
        rules.lifetimes.launch_absolute = life;
        rules.lifetimes.launch_idle = life;
        rules.lifetimes.ended = Duration::from_secs(1);
    }
    rules
}

/// Asks for one launch again and again: the median and the longest, by the clock.
async fn longest_of(store: &RedisStore, key: LaunchKey, time: Duration) -> String {
    let (begun, mut took) = (Instant::now(), Vec::new());
    while begun.elapsed() < time {
        let asked = Instant::now();
        let loaded = store.load_launch(key, LaunchUse::DoesNotCount, StoreRules::default());
        loaded.await.expect("the server answers");
        took.push(asked.elapsed());
    }
    took.sort_unstable();
    let middle = took.get(took.len() / 2).copied().unwrap_or_default();
    let longest = took.last().copied().unwrap_or_default();
    format!("{middle:?} in the middle, {longest:?} at the longest")
}

/// What the server says of itself.
struct Info {
    memory: usize,
    resident: usize,
    keys: usize,
}

impl Info {
    fn of(url: &str) -> Self {
        let address = url.trim_start_matches("redis://").trim_end_matches('/');
        let mut stream = TcpStream::connect(address).expect("REDIS_URL is redis://host:port");
        stream.write_all(b"INFO\r\n").expect("the server listens");
        let (mut reader, mut length) = (BufReader::new(stream), String::new());
        reader.read_line(&mut length).expect("the server answers");
        let length = length.trim().trim_start_matches('$').parse().expect("a length");
        let mut text = vec![0; length];
        reader.read_exact(&mut text).expect("all of the answer");
        let text = String::from_utf8(text).expect("a text");
        let number = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            let digits = line.and_then(|line| line.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty()));
            digits.map_or(0, |digits| digits.parse().expect("a number"))
        };
        Self {
            memory: number("used_memory:"),
            resident: number("used_memory_rss:"),
            keys: number("db0:keys="),
        }
    }
}
