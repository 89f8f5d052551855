//! What a launch in memory costs: `cargo test --release --lib measure -- --ignored --nocapture --test-threads 1`.

use std::time::Instant;

use super::*;

#[test]
#[ignore = "a measurement"]
fn measure_memory_per_open_launch() {
    const LAUNCHES: usize = 200_000;
    let resident = || {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    };
    let mut kept = Vec::new();
    for token_length in [0, 1000] {
        let store = MemoryStore::new();
        let before = resident();
        for _ in 0..LAUNCHES {
            let mut record = sample::launch(browser(), at(0));
            if token_length > 0 {
                let text = "x".repeat(token_length);
                record.tokens.access_token = crate::protocol::secret::AccessToken::new(text.clone());
                record.tokens.id_token = Some(crate::protocol::secret::RawIdToken::new(text));
            }
            store
                .shared
                .open_launch(launch_key(), record, OthersOnOpen::Keep, rules(), at(0));
        }
        let each = (resident() - before) / LAUNCHES;
        println!("{each} bytes per open launch, access and id token of {token_length} bytes each; {store:?}");
        // Kept, so that the next figure is not about memory that was used before.
        kept.push(store);
    }
}

#[test]
#[ignore = "a measurement"]
fn measure_memory_of_what_is_noted_of_one_name() {
    const NAMES: usize = 400_000;
    let resident = || {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    };
    let mut kept = Vec::new();
    for (what, noted) in [
        ("of a session or a sign-in", &[(Memo::SameBrowser, 32)][..]),
        (
            "of a browser cookie",
            &[(Memo::SameBrowser, 32), (Memo::LaunchCookies, 96)],
        ),
    ] {
        let store = MemoryStore::new();
        let before = resident();
        for _ in 0..NAMES {
            let name = browser();
            for (memo, length) in noted {
                store.shared.remember(name, *memo, vec![1; *length], 8, rules(), at(0));
            }
        }
        println!("{} bytes for a name {what}", (resident() - before) / NAMES);
        // Kept, so that the next figure is not about memory that was used before.
        kept.push(store);
    }
}

#[tokio::test]
#[ignore = "a measurement"]
async fn measure_loading() {
    let store = MemoryStore::new();
    let keys: Vec<_> = (0..200_000).map(|_| store.open(browser(), at(0))).collect();
    for (what, keys) in [("one launch", &keys[..1]), ("200,000 launches", &keys[..])] {
        let begun = Instant::now();
        for n in 0..1_000_000 {
            let key = keys[n % keys.len()];
            let loaded = store.load_launch(key, LaunchUse::Counts, rules()).await.unwrap().value;
            assert!(matches!(loaded, LoadedLaunch::Open { .. }));
        }
        println!("loading {what}: {} ns each", begun.elapsed().as_nanos() / 1_000_000);
    }
}

/// A shard of a store with a million launches, filled and over-filled. What the scheduler adds is taken out
/// by repeating: a pause of ours comes at the same opening every time.
#[test]
#[ignore = "a measurement"]
fn measure_the_longest_pause_of_an_opening() {
    const SHARE: usize = 15_625;
    let mut shortest = vec![Duration::MAX; SHARE * 2];
    for _ in 0..7 {
        let mut shard = launches::Launches::new(SHARE);
        for (n, shortest) in shortest.iter_mut().enumerate() {
            let (key, record) = (launch_key(), sample::launch(browser(), at(0)));
            let now = at(0).saturating_add(Duration::from_millis(n as u64 / 100));
            let begun = Instant::now();
            shard.insert(key, record, &rules().lifetimes, now, (&mut Vec::new(), &mut Vec::new()));
            *shortest = (*shortest).min(begun.elapsed());
        }
    }
    shortest.sort_unstable();
    println!(
        "an opening takes {:?} in the middle, at the longest {:?}",
        shortest[SHARE],
        shortest[SHARE * 2 - 1]
    );
}
