//! What very many EHRs of a resolver cost: memory for each registration and document that is kept, and a request of a launch at one of
//! few and at one of all.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_smart_auth::{SmartClient, SmartConfig, store::TokenStore};
use actix_web::rt::SystemRunner;

use crate::{
    application::{Application, Browser, Jar, launch_from},
    cpu,
    ehr_process::REDIRECT_URI,
    made_up_ehrs::{Answers, Registry, base_url, reaching},
    many::resident,
};

const ANSWERS: Answers = Answers { scopes: 5, token: 600 };
/// So many of the EHRs have a launch. A launch looks through all EHRs that are known, so that one at each would take hours.
const LAUNCHES: usize = 1000;

/// Prints the figures for one EHR, for as many as are remembered, and for so many.
pub(crate) fn print(system: &SystemRunner, most: usize) {
    for ehrs in [1, 10_000, most] {
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
    let builder = SmartConfig::builder()
        .ehr_resolver(registry.clone())
        .redirect_uri(REDIRECT_URI)
        .store(TokenStore::memory());
    let config = reaching(builder, ANSWERS).build().expect("a configuration");
    let asked = || registry.asked.load(Ordering::Relaxed);
    let app = Application::with(config.clone()).await;

    let launches = ehrs.min(LAUNCHES);
    let mut browsers = Vec::with_capacity(launches);
    let before = cpu::used();
    for number in 0..launches {
        let mut jar = Jar::default();
        let launch_path = launch_from(&app, &mut jar, &base_url(number)).await;
        let cookies = jar.header();
        browsers.push(Browser { launch_path, cookies });
    }
    println!("{ehrs} EHRs; a launch at the first of them: {}", each(before, launches));

    let (memory, before) = (resident(), cpu::used());
    for number in launches..ehrs {
        let client = SmartClient::for_ehr(&config, &base_url(number)).await;
        client.expect("the resolver knows it");
    }
    if ehrs > launches {
        println!(
            "  a registration is found in {}; the process has {} kB more",
            each(before, ehrs - launches),
            resident().saturating_sub(memory) / 1000,
        );
    }
    for (page, time) in [("launch", "the first"), ("fhir", "the first"), ("fhir", "the second")] {
        let (before, questions) = (cpu::used(), asked());
        for browser in &browsers {
            let path = format!("{}{page}", browser.launch_path);
            assert_eq!(app.ask(&path, &browser.cookies).await.status(), 200);
        }
        println!(
            "  {time} request of each launch, {page}: {}, the resolver is asked in {} of {launches}",
            each(before, launches),
            asked() - questions,
        );
    }
}

/// What each of so many took since then.
fn each(before: Duration, count: usize) -> String {
    format!("{:.1} µs", (cpu::used() - before).as_secs_f64() * 1e6 / count as f64)
}
