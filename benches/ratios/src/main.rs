//! What the crate costs beside what an application pays anyway, in processor time: prints a table of medians and ratios.
//!
//! All variants run in turn in this process, without sockets to a browser; the EHR runs in a process of its own. With a
//! Redis server in `REDIS_URL` launches in Redis are measured too, beside actix-session's Redis store; with a PostgreSQL server in
//! `POSTGRES_URL` those in PostgreSQL. `ROUNDS` says how often
//! all take their turn (default 40), `ONLY` names the one variant that is wanted. With a number in `LAUNCHES` so many are opened
//! instead, and what they cost is printed; `OPEN` opens so many at the store itself,
//! in Redis where there is a `REDIS_URL`, and there with `LIFE` for so many seconds. `GROWTH=1` prints what a request costs as the
//! numbers grow that an application may have many of, `RESOLVED` what so many EHRs of a resolver cost. `OPERATIONS=1` prints what
//! single operations cost. `PEER` is the command of a
//! server that others wrote, to compare with over sockets. With `HANDSHAKES` it says what TLS with an EHR costs.

mod application;
mod cpu;
mod ehr_process;
mod growth;
mod handshakes;
mod made_up_ehrs;
mod many;
mod million;
mod million_in_redis;
mod operations;
mod peers;
mod resolved;
mod rounds;
mod token_request;
mod workers;

use std::env;

use actix_smart_auth::store::TokenStore;
use actix_web::rt::{System, SystemRunner};

use crate::{
    application::{Application, Browser, config, cost_of_launch, postgres_store, redis_store},
    ehr_process::EhrProcess,
    rounds::{Table, Variant, measure},
    token_request::Connections,
};

const PLAIN: &str = "a route that uses nothing of it, without the crate";
const VALUE: &str = "one value of a cookie session, without the crate";
const REDIS_VALUE: &str = "one value of a Redis session, without the crate";

/// How often a request is made in one round. A round takes some hundredths of a second.
const REQUESTS: u32 = 400;
const LAUNCHES_A_ROUND: u32 = 10;

fn main() {
    if env::args().nth(1).as_deref() == Some(ehr_process::ARGUMENT) {
        ehr_process::run().expect("the EHR runs");
        return;
    }
    if let Some([port, fhir_base_url]) = arguments_of(peers::ARGUMENT) {
        peers::run(port.parse().expect("a port"), &fhir_base_url).expect("the application runs");
        return;
    }
    if env::var_os("HANDSHAKES").is_some() {
        handshakes::print();
        return;
    }
    let rounds = env::var("ROUNDS").map_or(40, |rounds| rounds.parse().expect("ROUNDS is a number"));
    let redis = env::var("REDIS_URL").ok();
    if let Ok(open) = env::var("OPEN") {
        let launches = open.parse().expect("OPEN is a number");
        System::new().block_on(async {
            match &redis {
                Some(url) => million_in_redis::print(url, launches).await,
                None => million::print(launches).await,
            }
        });
        return;
    }
    let system = System::new();
    if env::var_os("GROWTH").is_some() {
        growth::print(&system, redis.as_deref(), rounds);
        return;
    }
    if env::var_os("OPERATIONS").is_some() {
        operations::print(&system, rounds);
        return;
    }
    if let Ok(ehrs) = env::var("RESOLVED") {
        resolved::print(&system, ehrs.parse().expect("RESOLVED is a number"));
        return;
    }
    if let Ok(command) = env::var("PEER") {
        peers::print(&system, &command, rounds);
        return;
    }
    let ehr = EhrProcess::start();
    let base = &ehr.fhir_base_url;
    if let Ok(launches) = env::var("LAUNCHES") {
        many::print(&system, base, launches.parse().expect("LAUNCHES is a number"));
        return;
    }

    let memory = system.block_on(Application::with(config(base, TokenStore::memory())));
    let launched = system.block_on(Browser::launched(&memory));
    let without = system.block_on(Application::without());
    let on_redis = redis.as_deref().map(|url| {
        let with = system.block_on(Application::with(config(base, redis_store(url))));
        let launched = system.block_on(Browser::launched(&with));
        let without = system.block_on(Application::without_on_redis(url));
        let not_launched = system.block_on(Browser::without_launch(&without, &launched));
        (with, launched, without, not_launched)
    });
    let on_postgres = env::var("POSTGRES_URL").ok().map(|url| {
        let store = system.block_on(postgres_store(&url));
        let with = system.block_on(Application::with(config(base, store)));
        let launched = system.block_on(Browser::launched(&with));
        (with, launched)
    });
    let request = |name, floor, app, browser, page| requests(&system, name, floor, app, browser, page);
    // What a session holds stands in its cookie, so that both applications read the same ones.
    let mut variants = vec![
        request(PLAIN, None, &without, &launched, Page::Plain),
        request("the same, with the crate", Some(PLAIN), &memory, &launched, Page::Plain),
        request(VALUE, None, &without, &launched, Page::OfLaunch("value")),
        request(
            "the same, with the crate",
            Some(VALUE),
            &memory,
            &launched,
            Page::OfLaunch("value"),
        ),
        request(
            "launch and patient",
            Some(VALUE),
            &memory,
            &launched,
            Page::OfLaunch("launch"),
        ),
        request(
            "one value, launch and patient",
            Some(VALUE),
            &memory,
            &launched,
            Page::OfLaunch("all"),
        ),
        request(
            "the same, behind a guard",
            Some(VALUE),
            &memory,
            &launched,
            Page::OfLaunch("guarded/all"),
        ),
        token_request::variant(
            &system,
            "a token request by awc alone, over a connection of its own",
            ehr.token_endpoint(),
            Connections::Fresh,
        ),
        token_request::variant(
            &system,
            "the same, over a connection that is kept",
            ehr.token_endpoint(),
            Connections::Kept,
        ),
        launches(&system, "a launch, public client", &memory),
    ];
    if let Some((with, launched, without, not_launched)) = &on_redis {
        variants.extend([
            request(REDIS_VALUE, None, without, not_launched, Page::OfLaunch("value")),
            request(
                "launch and patient, in Redis",
                Some(REDIS_VALUE),
                with,
                launched,
                Page::OfLaunch("launch"),
            ),
            request(
                "one value, launch and patient, in Redis",
                Some(REDIS_VALUE),
                with,
                launched,
                Page::OfLaunch("all"),
            ),
            launches(&system, "a launch, public client, in Redis", with),
        ]);
    }
    if let Some((with, launched)) = &on_postgres {
        variants.extend([
            request(
                "launch and patient, in PostgreSQL",
                Some(VALUE),
                with,
                launched,
                Page::OfLaunch("launch"),
            ),
            launches(&system, "a launch, public client, in PostgreSQL", with),
        ]);
    }
    if let Ok(only) = env::var("ONLY") {
        variants.retain(|variant| variant.name == only);
    }
    let figures = measure(&variants, rounds);
    println!(
        "{rounds} rounds of {REQUESTS} requests or {LAUNCHES_A_ROUND} launches each, processor time of the process\n\n{}",
        Table(&figures)
    );
}

/// The two arguments behind this one.
fn arguments_of(first: &str) -> Option<[String; 2]> {
    let mut arguments = env::args().skip(1);
    (arguments.next()? == first).then_some([arguments.next()?, arguments.next()?])
}

/// What a browser asks for.
#[derive(Clone, Copy)]
enum Page {
    Plain,
    /// Below the path of its launch.
    OfLaunch(&'static str),
}

fn requests<'a>(
    system: &'a SystemRunner,
    name: &'static str,
    floor: Option<&'static str>,
    app: &'a Application,
    browser: &'a Browser,
    page: Page,
) -> Variant<'a> {
    let path = match page {
        Page::Plain => "/plain".to_owned(),
        Page::OfLaunch(page) => format!("{}{page}", browser.launch_path),
    };
    let ask = move |times| {
        system.block_on(async {
            let before = cpu::used();
            for _ in 0..times {
                let answer = app.ask(&path, &browser.cookies).await;
                assert_eq!(answer.status(), 200);
            }
            cpu::used() - before
        })
    };
    Variant {
        name,
        floor,
        each_round: REQUESTS,
        run: Box::new(ask),
    }
}

fn launches<'a>(system: &'a SystemRunner, name: &'static str, app: &'a Application) -> Variant<'a> {
    Variant {
        name,
        floor: None,
        each_round: LAUNCHES_A_ROUND,
        run: Box::new(move |times| (0..times).map(|_| system.block_on(cost_of_launch(app))).sum()),
    }
}
