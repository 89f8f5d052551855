//! What many open launches cost: memory for each, and how much slower a request becomes.

use std::{fs, time::Duration};

use actix_smart_auth::store::TokenStore;
use actix_web::rt::SystemRunner;

use crate::{
    application::{Application, Browser, config},
    cpu,
};

/// Of so many launches one browser is kept, to ask again.
const KEPT_OF: usize = 20;
const REQUESTS: u32 = 20_000;

/// Opens so many launches in the memory store, each in a browser of its own, and prints the figures.
pub(crate) fn print(system: &SystemRunner, fhir_base_url: &str, launches: usize) {
    let app = system.block_on(Application::with(config(fhir_base_url, TokenStore::memory())));
    let one = [system.block_on(Browser::launched(&app))];
    let (alone, before) = (request(system, &app, &one), resident());
    let mut browsers = Vec::new();
    for number in 0..launches {
        let browser = system.block_on(Browser::launched(&app));
        if number % KEPT_OF == 0 {
            browsers.push(browser);
        }
    }
    let grown = resident() - before;
    // The same memory of one, once more: what the machine did meanwhile counts for both.
    let (many, alone) = (request(system, &app, &browsers), alone.min(request(system, &app, &one)));
    println!(
        "{launches} launches in memory: {} bytes each, with what is noted of their sign-ins; a request {:.2} µs, with one launch {:.2} µs",
        grown / launches,
        many.as_secs_f64() * 1e6,
        alone.as_secs_f64() * 1e6,
    );
}

/// What one request costs, of browsers in turn.
fn request(system: &SystemRunner, app: &Application, browsers: &[Browser]) -> Duration {
    system.block_on(async {
        let before = cpu::used();
        for browser in browsers.iter().cycle().take(REQUESTS as usize) {
            let answer = app
                .ask(&format!("{}launch", browser.launch_path), &browser.cookies)
                .await;
            assert_eq!(answer.status(), 200);
        }
        (cpu::used() - before) / REQUESTS
    })
}

/// Memory of this process, in bytes.
pub(crate) fn resident() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").expect("Linux says how much memory it is");
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.expect("a number of pages") * rustix::param::page_size()
}
