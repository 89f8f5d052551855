//! The application that each process runs.

use std::{path::PathBuf, time::Duration};

#[cfg(any(feature = "postgres", feature = "redis"))]
use actix_smart_auth::store::SealingKeys;
use actix_smart_auth::{
    ClientAuth, Ehr, Patient, SmartAuth, SmartConfig, SmartSession, launch_scope,
    store::{MemoryStore, TokenStore},
};
use actix_web::{App, HttpServer, cookie::Key, rt::System, web};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde::{Deserialize, Serialize};

use crate::{
    audit_trail::{self, Trail},
    journal::Journaled,
    set_clock::{ClockOrder, SetClock},
    support::sessions::sessions,
};

/// The variable of the environment with a process's [`Orders`].
pub(crate) const ORDERS: &str = "SMART_STORM_ORDERS";

pub(crate) const CLIENT_ID: &str = "storm";

/// The page that says by how many milliseconds the clock has leapt.
pub(crate) const LEAPT: &str = "/leapt";

/// What a process is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Orders {
    pub(crate) port: u16,
    pub(crate) workers: usize,
    /// `None`: launches live in the memory of the process.
    pub(crate) shared_store: Option<SharedStore>,
    /// 64 bytes that sign and encrypt session cookies, and of which 32 seal records.
    pub(crate) key: Vec<u8>,
    /// One registration for each.
    pub(crate) fhir_base_urls: Vec<String>,
    pub(crate) scopes: String,
    pub(crate) redirect_uri: String,
    /// By this the EHR's records tell processes apart.
    pub(crate) agent: String,
    /// What it acknowledged. Beside it are its audit trail and its metrics.
    pub(crate) journal: PathBuf,
    pub(crate) token_deadline: Duration,
    /// How many milliseconds the wall clock of its machine is ahead.
    pub(crate) wall_ahead: i64,
}

/// A store that processes share, by its address.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum SharedStore {
    Redis(String),
    /// The addresses of the sentinels.
    Sentinels(Vec<String>),
    /// The addresses of nodes.
    Cluster(Vec<String>),
    Postgres(String),
}

/// What the application answers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Said {
    pub(crate) patient: String,
    /// No application should do this.
    pub(crate) token: String,
    /// How long the token lives on from the beginning of the handler, in milliseconds.
    pub(crate) left: u64,
}

pub(crate) fn run_if_ordered() {
    let Ok(orders) = std::env::var(ORDERS) else { return };
    tracing_subscriber::fmt()
        .with_env_filter("warn,actix_smart_auth=info")
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .init();
    System::new().block_on(run(serde_json::from_str(&orders).unwrap()));
}

async fn run(orders: Orders) {
    // Before the configuration is built.
    let counted = PrometheusBuilder::new().install_recorder().unwrap();
    let clock = SetClock::default();
    clock.obey(ClockOrder::WallAhead(orders.wall_ahead));
    let mut config = SmartConfig::builder()
        .clock(clock.clone())
        .store(store(&orders, clock.clone()))
        .audit(Trail::open(&orders.journal, &orders.agent))
        .landing("/~{smart_launch}/patient")
        .user_agent(&orders.agent)
        .token_deadline(orders.token_deadline);
    for fhir_base_url in &orders.fhir_base_urls {
        let ehr = Ehr::builder(fhir_base_url)
            .client_id(CLIENT_ID)
            .client_auth(ClientAuth::public())
            .redirect_uri(&orders.redirect_uri)
            .scopes(&orders.scopes);
        config = config.ehr(ehr);
    }
    let config = config.build().unwrap();
    let (smart, key, shown) = (config.clone(), Key::from(&orders.key), clock.clone());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(shown.clone()))
            .route(LEAPT, web::get().to(leapt))
            .service(launch_scope().route("/patient", web::get().to(patient)))
            .wrap(SmartAuth::new(smart.clone()))
            .wrap(sessions(&key).build())
    })
    .workers(orders.workers)
    .keep_alive(Duration::from_secs(75))
    // When it goes on after it was stopped it reads what came meanwhile; Actix would answer that with 408.
    .client_request_timeout(Duration::ZERO)
    .shutdown_timeout(5)
    .disable_signals()
    .bind(("127.0.0.1", orders.port))
    .unwrap()
    .run();
    let handle = server.handle();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            clock.obey(serde_json::from_str(&line).unwrap());
        }
        // The end of the input is the order to stop; it also comes when the test itself has died.
        drop(handle.stop(true));
    });
    server.await.unwrap();
    config.shutdown(Duration::from_secs(20)).await;
    std::fs::write(audit_trail::metrics(&orders.journal, &orders.agent), counted.render()).unwrap();
}

async fn patient(session: SmartSession, patient: Patient) -> web::Json<Said> {
    web::Json(Said {
        patient: patient.id().to_owned(),
        token: session.access_token().expose_secret().to_owned(),
        left: u64::try_from(session.expires_in().as_millis()).unwrap(),
    })
}

async fn leapt(clock: web::Data<SetClock>) -> String {
    clock.leapt().as_millis().to_string()
}

fn store(orders: &Orders, clock: SetClock) -> TokenStore {
    let (journal, agent) = (&orders.journal, &orders.agent);
    match &orders.shared_store {
        #[cfg(feature = "redis")]
        Some(shared @ (SharedStore::Redis(_) | SharedStore::Sentinels(_) | SharedStore::Cluster(_))) => {
            let store =
                actix_smart_auth::store::RedisStore::builder(servers(shared)).sealing_keys(sealing_keys(orders));
            TokenStore::new(Journaled::new(store.build().unwrap(), journal, agent))
        }
        #[cfg(feature = "postgres")]
        Some(SharedStore::Postgres(url)) => {
            let store = actix_smart_auth::store::PostgresStore::builder(url).sealing_keys(sealing_keys(orders));
            TokenStore::new(Journaled::new(store.build().unwrap(), journal, agent))
        }
        _ => TokenStore::new(Journaled::new(MemoryStore::new().timed_by(clock), journal, agent)),
    }
}

#[cfg(any(feature = "postgres", feature = "redis"))]
fn sealing_keys(orders: &Orders) -> SealingKeys {
    let key: [u8; 32] = orders.key[..32].try_into().unwrap();
    SealingKeys::from_bytes([key]).unwrap()
}

#[cfg(feature = "redis")]
fn servers(shared: &SharedStore) -> actix_smart_auth::store::RedisServers {
    use actix_smart_auth::store::{RedisCluster, RedisSentinels};
    match shared {
        SharedStore::Sentinels(urls) => RedisSentinels::new(crate::support::redis_sentinels::PRIMARY, urls).into(),
        SharedStore::Cluster(urls) => RedisCluster::new(urls).into(),
        SharedStore::Redis(url) | SharedStore::Postgres(url) => url.into(),
    }
}
