//! A limit for `/auth/launch` per address, where no proxy in front can set one.
//!
//! Behind a proxy this sees one address only, the proxy's: set the limit there instead.

use std::{
    hash::{BuildHasher, RandomState},
    net::{IpAddr, TcpListener},
    sync::Mutex,
    time::{Duration, Instant},
};

use actix_session::{SessionMiddleware, storage::CookieSessionStore};
use actix_smart_auth::{
    Ehr, SmartAuth, SmartConfig,
    sandbox::{SandboxClient, SandboxServer},
};
use actix_web::{
    App, Error, HttpResponse, HttpServer,
    body::{BoxBody, MessageBody},
    cookie::Key,
    dev::{ServiceRequest, ServiceResponse},
    middleware::{Next, from_fn},
    web,
};

/// Generous: a whole hospital may come from one address.
const PER_MINUTE: u32 = 600;

/// Counters in a table of fixed size: a map of addresses would grow with an attack.
struct Launches {
    hash: RandomState,
    minute: Mutex<Minute>,
}

struct Minute {
    began: Instant,
    counts: Vec<u32>,
}

impl Launches {
    fn new() -> Self {
        let (began, counts) = (Instant::now(), vec![0; 4096]);
        Self {
            hash: RandomState::new(),
            minute: Mutex::new(Minute { began, counts }),
        }
    }

    fn too_many_from(&self, address: IpAddr) -> bool {
        let network = match address {
            IpAddr::V4(address) => u64::from(address.to_bits()),
            IpAddr::V6(address) => (address.to_bits() >> 64) as u64, // one client has 2⁶⁴ of them
        };
        let Ok(mut minute) = self.minute.lock() else {
            return false;
        };
        if minute.began.elapsed() > Duration::from_secs(60) {
            minute.began = Instant::now();
            minute.counts.fill(0);
        }
        let place = self.hash.hash_one(network) as usize % minute.counts.len();
        let Some(count) = minute.counts.get_mut(place) else {
            return false;
        };
        *count = count.saturating_add(1);
        *count > PER_MINUTE
    }
}

async fn limit_launches(
    launches: web::Data<Launches>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let address = request.peer_addr().map(|peer| peer.ip());
    // Not `path()`: `match_info` is percent-decoded, as the route sees it.
    if request.match_info().as_str() == "/auth/launch" && address.is_some_and(|it| launches.too_many_from(it)) {
        let answer = HttpResponse::TooManyRequests()
            .insert_header(("retry-after", "60"))
            .finish();
        return Ok(request.into_response(answer));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    let redirect_uri = format!("{address}/auth/callback");
    let sandbox = SandboxServer::start()?;
    sandbox.register(SandboxClient::public("my-app", &redirect_uri));
    let ehr = Ehr::builder(sandbox.fhir_base_url())
        .client_id("my-app")
        .redirect_uri(redirect_uri)
        .scopes("launch/patient patient/*.rs");
    let config = SmartConfig::builder().ehr(ehr).build()?;
    let key = Key::generate();
    // Outside the closure: one table for all workers.
    let launches = web::Data::new(Launches::new());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(launches.clone())
            .wrap(SmartAuth::new(config.clone()))
            .wrap(SessionMiddleware::new(CookieSessionStore::default(), key.clone()))
            // Wrapped last, so that it runs first.
            .wrap(from_fn(limit_launches))
    })
    .workers(1)
    .listen(listener)?
    .run();
    actix_web::rt::spawn(server);

    // Somebody launches 700 times.
    let http = awc::Client::builder().disable_redirects().finish();
    let (mut sent_on, mut refused) = (0, 0);
    for _ in 0..700 {
        let answer = http.get(format!("{address}/auth/launch")).send().await?;
        match answer.status().as_u16() {
            303 => sent_on += 1,
            429 => refused += 1,
            other => return Err(format!("unexpected status {other}").into()),
        }
    }
    assert_eq!((sent_on, refused), (PER_MINUTE, 100));
    Ok(())
}
