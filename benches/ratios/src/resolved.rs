//! What very many EHRs of a resolver cost: memory for each registration and document that is kept, and a request of a launch at one of
//! few and at one of all.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_smart_auth::{
    SmartClient, SmartConfig,
    store::{MemoryStore, MemoryStoreLimits, TokenStore},
};
use actix_web::rt::SystemRunner;

use crate::{
    application::{Application, Browser, Jar, launch_from},
    cpu,
    ehr_process::REDIRECT_URI,
    made_up_ehrs::{Answers, Registry, base_url, reaching},
    many::resident,
};

const ANSWERS: Answers = Answers { scopes: 5, token: 600 };
const REQUESTS: usize = 20_000;
/// So many launches are opened, one EHR after the other; more where there are more EHRs.
const LAUNCHES: usize = 20_000;

/// Prints the figures for one EHR, for some, and for so many.
pub(crate) fn print(system: &SystemRunner, most: usize) {
    for ehrs in [1, 1000, 4000, 10_000, 20_000, most] {
        if ehrs <= most {
            system.block_on(with(ehrs));
        }
    }
}

async fn with(ehrs: usize) {
    let registry = Registry {
        answers: ANSWERS,
        asked: Arc::new(AtomicUsize::new(0)),
    };
    let limits = MemoryStoreLimits::default().launches(ehrs.max(LAUNCHES) * 2);
    let builder = SmartConfig::builder()
        .ehr_resolver(registry.clone())
        .redirect_uri(REDIRECT_URI)
        .store(TokenStore::new(MemoryStore::with_limits(limits)));
    let config = reaching(builder, ANSWERS).build().expect("a configuration");
    let asked = || registry.asked.load(Ordering::Relaxed);

    let (memory, before) = (resident(), cpu::used());
    for number in 0..ehrs {
        client(&config, number).await;
    }
    let (took, grown) = (cpu::used() - before, resident().saturating_sub(memory));
    println!(
        "{ehrs} EHRs: {} kB for their registrations, {} to find one",
        grown / 1000,
        each(took, ehrs)
    );

    let app = Application::with(config.clone()).await;
    let launches = ehrs.max(LAUNCHES);
    let mut browsers = Vec::with_capacity(launches);
    let (memory, before, questions) = (resident(), cpu::used(), asked());
    for number in 0..launches {
        let mut jar = Jar::default();
        let launch_path = launch_from(&app, &mut jar, &base_url(number % ehrs)).await;
        let cookies = jar.header();
        browsers.push(Browser { launch_path, cookies });
    }
    let took = cpu::used() - before;
    let kept: usize = browsers.iter().map(kept_by).sum();
    println!(
        "  {launches} launches: {} and {} bytes each; the resolver is asked in {} of 1,000",
        each(took, launches),
        resident().saturating_sub(memory + kept) / launches,
        (asked() - questions) * 1000 / launches,
    );
    for page in ["launch", "fhir"] {
        let mut rounds: Vec<Duration> = Vec::new();
        let questions = asked();
        for _ in 0..5 {
            let before = cpu::used();
            for _ in 0..REQUESTS / 5 {
                let browser = &browsers[rand::random_range(0..launches)];
                let answer = app
                    .ask(&format!("{}{page}", browser.launch_path), &browser.cookies)
                    .await;
                assert_eq!(answer.status(), 200);
            }
            rounds.push(cpu::used() - before);
        }
        rounds.sort_unstable();
        println!(
            "  a request of any of them, {page}: {}, the resolver is asked in {} of 1,000",
            each(rounds[2], REQUESTS / 5),
            (asked() - questions) * 1000 / REQUESTS,
        );
    }
}

/// The bytes that this program keeps of a browser.
fn kept_by(browser: &Browser) -> usize {
    size_of::<Browser>() + browser.launch_path.capacity() + browser.cookies.capacity()
}

async fn client(config: &SmartConfig, number: usize) -> SmartClient {
    let client = SmartClient::for_ehr(config, &base_url(number)).await;
    client.expect("the resolver knows it")
}

fn each(time: Duration, count: usize) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6 / count as f64)
}
