//! What a request costs as the numbers grow that an application may have many of: launches of a browser, workers, EHRs, scopes, and
//! the characters of a token.

use actix_smart_auth::{SmartClient, SmartConfig, store::TokenStore};
use actix_web::rt::SystemRunner;

use crate::{
    application::{Application, Browser, Jar, cost_of_launch_from, launch_from, redis_store},
    made_up_ehrs::{Answers, base_url, reaching, registration},
    rounds::{Table, Variant, measure},
    workers::Workers,
};

const REQUESTS: u32 = 400;
const LAUNCHES: u32 = 10;

/// How many there are of each.
#[derive(Clone, Copy)]
struct Shape {
    launches: usize,
    workers: usize,
    ehrs: usize,
    answers: Answers,
}

const BASE: Shape = Shape {
    launches: 1,
    workers: 1,
    ehrs: 1,
    answers: Answers { scopes: 5, token: 100 },
};
const ONE_OF_EACH: &str = "one launch, worker and EHR, 5 scopes, 0.1 kB token";

fn shapes() -> Vec<(&'static str, Shape)> {
    let granted = |scopes, token| Shape {
        answers: Answers { scopes, token },
        ..BASE
    };
    vec![
        (ONE_OF_EACH, BASE),
        ("4 launches in the browser", Shape { launches: 4, ..BASE }),
        ("16 launches in the browser", Shape { launches: 16, ..BASE }),
        ("2 workers", Shape { workers: 2, ..BASE }),
        ("100 registrations", Shape { ehrs: 100, ..BASE }),
        ("10,000 registrations", Shape { ehrs: 10_000, ..BASE }),
        ("50 scopes", granted(50, 100)),
        ("200 scopes", granted(200, 100)),
        ("1 kB token", granted(5, 1000)),
        ("4 kB token", granted(5, 4000)),
    ]
}

/// Prints the tables, with launches in memory and, with a server, in Redis.
pub(crate) fn print(system: &SystemRunner, redis: Option<&str>, rounds: usize) {
    println!("launch and patient, launches in memory\n");
    requests(system, TokenStore::memory, "launch", rounds);
    println!("launch, patient and a read of the FHIR server, launches in memory\n");
    requests(system, TokenStore::memory, "fhir", rounds);
    if let Some(url) = redis {
        println!("launch and patient, launches in Redis\n");
        requests(system, || redis_store(url), "launch", rounds);
    }
    println!("a launch, launches in memory\n");
    launches(system, rounds);
}

fn requests(system: &SystemRunner, store: impl Fn() -> TokenStore, page: &str, rounds: usize) {
    let variants: Vec<_> = shapes()
        .into_iter()
        .map(|(name, shape)| {
            let config = config(shape, store());
            let browser = system.block_on(browser_with(&config, shape));
            let workers = Workers::start(shape.workers, &config, &browser, page);
            Variant {
                name,
                floor: (name != ONE_OF_EACH).then_some(ONE_OF_EACH),
                each_round: REQUESTS,
                run: Box::new(move |times| workers.ask(times)),
            }
        })
        .collect();
    println!("{}", Table(&measure(&variants, rounds)));
}

/// What launches cost as registrations grow: each looks up its EHR, and whether another one claims the same sign-in.
fn launches(system: &SystemRunner, rounds: usize) {
    let with = |name, ehrs, known: usize| {
        let config = config(Shape { ehrs, ..BASE }, TokenStore::memory());
        let app = system.block_on(async {
            for number in 0..known {
                let client = SmartClient::for_ehr(&config, &base_url(number))
                    .await
                    .expect("it is registered");
                client.server_metadata().await.expect("the EHR answers");
            }
            Application::with(config).await
        });
        let iss = base_url(ehrs - 1);
        Variant {
            name,
            floor: (ehrs > 1).then_some("a launch, 1 registration"),
            each_round: LAUNCHES,
            run: Box::new(move |times| {
                (0..times)
                    .map(|_| system.block_on(cost_of_launch_from(&app, &iss)))
                    .sum()
            }),
        }
    };
    let variants = [
        with("a launch, 1 registration", 1, 1),
        with("100 registrations", 100, 1),
        with("10,000 registrations", 10_000, 1),
        with("the same, metadata of 4,000 fetched", 10_000, 4000),
    ];
    println!("{}", Table(&measure(&variants, rounds)));
}

fn config(shape: Shape, store: TokenStore) -> SmartConfig {
    let ehrs = (0..shape.ehrs).map(|number| registration(&base_url(number), shape.answers));
    let builder = ehrs.fold(SmartConfig::builder(), |builder, ehr| builder.ehr(ehr));
    reaching(builder, shape.answers)
        .store(store)
        .build()
        .expect("a configuration")
}

/// One browser, once for each of its launches: the path of that launch, and the cookies that are sent there.
async fn browser_with(config: &SmartConfig, shape: Shape) -> Vec<Browser> {
    let (app, mut jar, mut paths) = (Application::with(config.clone()).await, Jar::default(), Vec::new());
    let iss = base_url(shape.ehrs - 1);
    for _ in 0..shape.launches {
        paths.push(launch_from(&app, &mut jar, &iss).await);
    }
    let browser = |launch_path: String| Browser {
        cookies: jar.header_at(&launch_path),
        launch_path,
    };
    paths.into_iter().map(browser).collect()
}
