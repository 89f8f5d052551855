//! What a request costs: a handler that reads one value of the session, the same with the launch's patient as well, and
//! a route that uses nothing of the crate. In one process without sockets, so that the differences stand out.
//!
//! Compare within one run: `cargo bench --bench request`. With a Redis server in `REDIS_URL` the launch is measured there too. With a
//! number in `COUNTED_LAUNCHES` so many launches ask the route that is named as the argument, five times each, and nothing is timed: for a
//! tool that counts instructions (`.ci/instructions`).

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot be set up has nothing to measure"
)]

use std::env;

use actix_session::{Session, SessionMiddleware, storage::CookieSessionStore};
use actix_smart_auth::{
    ClientAuth, Ehr, Patient, SmartAuth, SmartConfig, SmartGuard, SmartSession, launch_scope,
    sandbox::{SandboxClient, SandboxServer},
    store::{RedisStore, SealingKeys, TokenStore},
};
use actix_web::{
    App, HttpResponse,
    cookie::{Cookie, Key},
    dev::{Service, ServiceResponse},
    test, web,
};
use criterion::{Criterion, criterion_group};

const REDIRECT_URI: &str = "http://127.0.0.1:1/auth/callback";

async fn plain() -> &'static str {
    "plain"
}

async fn session_only(session: Session) -> String {
    format!("{:?}", session.get::<String>("smart_browser").unwrap().is_some())
}

async fn with_launch(session: Session, smart: SmartSession, patient: Patient) -> String {
    let known = session.get::<String>("smart_browser").unwrap().is_some();
    format!("{known:?} {} {}", patient.id(), smart.granted_scopes().is_empty())
}

fn requests(criterion: &mut Criterion) {
    let system = actix_web::rt::System::new();
    let sandbox = SandboxServer::start().unwrap();
    sandbox.register(SandboxClient::public("bench", REDIRECT_URI));
    let config = |store| {
        SmartConfig::builder()
            .ehr(
                Ehr::builder(sandbox.fhir_base_url())
                    .client_id("bench")
                    .client_auth(ClientAuth::public())
                    .redirect_uri(REDIRECT_URI)
                    .scopes("launch/patient patient/*.rs offline_access"),
            )
            .store(store)
            .build()
            .unwrap()
    };
    let key = Key::from(&[7; 64]);
    let session = || {
        SessionMiddleware::builder(CookieSessionStore::default(), key.clone())
            .cookie_secure(false)
            .build()
    };
    let routes = |app: &mut web::ServiceConfig| {
        app.route("/plain", web::get().to(plain)).service(
            launch_scope()
                .route("/session", web::get().to(session_only))
                .route("/launch", web::get().to(with_launch))
                .service(
                    web::scope("/guarded")
                        .wrap(SmartGuard::new())
                        .route("/launch", web::get().to(with_launch)),
                ),
        );
    };
    let app = |store| {
        system.block_on(test::init_service(
            App::new()
                .configure(routes)
                .wrap(SmartAuth::new(config(store)))
                .wrap(session()),
        ))
    };
    let with = app(TokenStore::memory());
    let redis = env::var("REDIS_URL").ok().map(|url| app(redis_store(&url)));
    let without = system.block_on(test::init_service(App::new().configure(routes).wrap(session())));

    let on_with = |request| system.block_on(with.call(request)).unwrap().status().as_u16();
    let on_redis = |request| {
        let redis = redis.as_ref().unwrap();
        system.block_on(redis.call(request)).unwrap().status().as_u16()
    };
    let on_without = |request| system.block_on(without.call(request)).unwrap().status().as_u16();
    let mut routes: Vec<Route<'_>> = vec![
        (
            "plain",
            "plain, without the middleware",
            |_| "/plain".to_owned(),
            &on_without,
        ),
        (
            "plain-with",
            "plain, with the middleware",
            |_| "/plain".to_owned(),
            &on_with,
        ),
        (
            "session",
            "one session value, without the middleware",
            |base| format!("{base}session"),
            &on_without,
        ),
        (
            "session-with",
            "one session value, with the middleware",
            |base| format!("{base}session"),
            &on_with,
        ),
        (
            "launch",
            "one session value, launch and patient",
            |base| format!("{base}launch"),
            &on_with,
        ),
        (
            "guarded",
            "one session value, launch and patient, behind a guard",
            |base| format!("{base}guarded/launch"),
            &on_with,
        ),
    ];
    if redis.is_some() {
        routes.push((
            REDIS,
            "one session value, launch and patient, launches in Redis",
            |base| format!("{base}launch"),
            &on_redis,
        ));
    }
    let launched = |route| {
        let of = redis.as_ref().filter(|_| route == REDIS).unwrap_or(&with);
        let (base, cookies) = system.block_on(launch(of));
        (base, cookies.join("; "))
    };
    let request_to = |path: &str, cookies: &str| {
        test::TestRequest::get()
            .uri(path)
            .insert_header(("cookie", cookies))
            .to_request()
    };
    if let Ok(count) = env::var("COUNTED_LAUNCHES") {
        let wanted = env::args().nth(1).unwrap();
        let (.., path, ask) = routes.iter().find(|(id, ..)| *id == wanted).unwrap();
        let count: usize = count.parse().unwrap();
        for number in 0..count {
            // What is random in cookies decides how long it takes to read them.
            let (base, cookies) = launched(wanted.as_str());
            let path = path(&base);
            if number == 0 {
                // What happens once, such as the first look at the clock.
                assert_eq!(ask(request_to(&path, &cookies)), 200);
            }
            for _ in 0..EACH {
                measured_request(ask, request_to(&path, &cookies));
            }
        }
        return;
    }
    let mut group = criterion.benchmark_group("request");
    for (id, name, path, ask) in routes {
        let (base, cookies) = launched(id);
        let path = path(&base);
        group.bench_function(name, |bencher| {
            bencher.iter_batched(|| request_to(&path, &cookies), ask, criterion::BatchSize::SmallInput);
        });
    }
    group.finish();
}

const REDIS: &str = "redis";

fn redis_store(url: &str) -> TokenStore {
    let store = RedisStore::builder(url).sealing_keys(SealingKeys::from_bytes([rand::random()]).unwrap());
    TokenStore::new(store.build().unwrap())
}

/// How many requests of each launch are counted.
const EACH: usize = 5;

/// Asks, and gives the status.
type Ask<'a> = &'a dyn Fn(actix_http::Request) -> u16;
/// Its short name, what it is, its path below a launch, and who is asked.
type Route<'a> = (&'static str, &'static str, fn(&str) -> String, Ask<'a>);

/// By this name a tool knows what to count.
#[inline(never)]
fn measured_request(ask: Ask<'_>, request: actix_http::Request) {
    assert_eq!(ask(std::hint::black_box(request)), 200);
}

/// Launches once; the path of the launch and the cookies.
async fn launch<S>(app: &S) -> (String, Vec<String>)
where
    S: Service<
            actix_http::Request,
            Response = ServiceResponse<actix_web::body::EitherBody<actix_web::body::BoxBody>>,
            Error = actix_web::Error,
        >,
{
    let begun = test::call_service(app, test::TestRequest::get().uri("/auth/launch").to_request()).await;
    let mut cookies = set_cookies(begun.response());
    let to_ehr = location(begun.response());
    let at_ehr = awc::ClientBuilder::new()
        .disable_redirects()
        .finish()
        .get(to_ehr)
        .send()
        .await
        .unwrap();
    let back = at_ehr.headers().get("location").unwrap().to_str().unwrap().to_owned();
    let back = back.strip_prefix("http://127.0.0.1:1").unwrap().to_owned();
    let request = test::TestRequest::get()
        .uri(&back)
        .insert_header(("cookie", cookies.join("; ")))
        .to_request();
    let landed = test::call_service(app, request).await;
    let landing = location(landed.response()).trim_end_matches('#').to_owned();
    let fresh = set_cookies(landed.response());
    if fresh.len() > 1 {
        cookies.clear();
    }
    cookies.extend(fresh);
    (landing, cookies)
}

fn location<B>(response: &HttpResponse<B>) -> String {
    response.headers().get("location").unwrap().to_str().unwrap().to_owned()
}

fn set_cookies<B>(response: &HttpResponse<B>) -> Vec<String> {
    let cookies = response.headers().get_all("set-cookie");
    cookies
        .map(|text| Cookie::parse_encoded(text.to_str().unwrap().to_owned()).unwrap())
        .map(|cookie| cookie.stripped().encoded().to_string())
        .collect()
}

criterion_group!(benches, requests);

fn main() {
    if env::var_os("COUNTED_LAUNCHES").is_some() {
        requests(&mut Criterion::default());
        return;
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
