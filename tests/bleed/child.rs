//! A process of the application. It says on its output where it listens, and on its input it learns how much time passes.
//! When the input ends, so does the process: it never outlives the test.

use std::{
    io::{BufRead as _, Write as _, stderr, stdin},
    net::TcpListener,
    process::exit,
    thread,
    time::Duration,
};

use actix_smart_auth::time::{ManualClock, Timestamp};

use crate::{app, setup::Setup};

/// The environment variable with the set-up.
pub(crate) const SETUP: &str = "BLEED_SETUP";

pub(crate) fn run() {
    let Ok(text) = std::env::var(SETUP) else { return };
    let setup: Setup = serde_json::from_str(&text).unwrap();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .with_ansi(false)
        .with_writer(stderr)
        .init();
    let clock = ManualClock::new(Timestamp::from_millis(setup.now_ms));
    let config = setup.config(clock.clone());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    say(&format!("port={}", listener.local_addr().unwrap().port()));
    thread::spawn(move || follow(&clock));
    actix_web::rt::System::new()
        .block_on(app::serve(listener, config, &setup.session_key, setup.workers))
        .unwrap();
}

fn follow(clock: &ManualClock) {
    for line in stdin().lock().lines() {
        let Ok(line) = line else { break };
        let millis = line.strip_prefix("advance ").unwrap().parse().unwrap();
        clock.advance(Duration::from_millis(millis));
        say("advanced");
    }
    exit(0);
}

/// A line of its own: the test harness leaves one unfinished.
fn say(what: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{what}").unwrap();
    out.flush().unwrap();
}
