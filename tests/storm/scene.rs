//! The sandbox, the application's processes, their store, and open launches.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_smart_auth::sandbox::{SandboxClient, SandboxServer, Strictness};

use crate::{
    application::{CLIENT_ID, Orders},
    dice::Dice,
    launch::{self, Launch},
    processes::Processes,
    pulse::Pulse,
    store_server::StoreServer,
    support::ports::free_port,
    tab::now,
};

/// How long an access token lives.
pub(crate) const LIFE: Duration = Duration::from_secs(4);
/// How long a process waits for the answer to a refresh.
pub(crate) const DEADLINE: Duration = Duration::from_secs(6);

/// What the patients' ids begin with.
pub(crate) const PATIENT: &str = "chart-of-the-storm-";

/// How large a run is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) processes: usize,
    pub(crate) launches: usize,
    /// Per launch.
    pub(crate) clients: usize,
    pub(crate) lasts: Duration,
    /// How long a client waits between requests, on average.
    pub(crate) pause: Duration,
}

/// The form of a run that a variable of the environment names: `long`, or else the short one.
pub(crate) fn form<T>(variable: &str, short: T, long: T) -> T {
    match std::env::var(variable).as_deref() {
        Ok("long") => long,
        _ => short,
    }
}

/// Where launches are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeping {
    Redis,
    /// Redis with replicas, behind sentinels.
    Sentinel,
    /// A Redis Cluster.
    Cluster,
    Postgres,
    Memory,
}

pub(crate) struct Scene {
    pub(crate) sandbox: Arc<SandboxServer>,
    pub(crate) processes: Arc<Processes>,
    /// What processes share.
    pub(crate) server: Option<Arc<Mutex<StoreServer>>>,
    pub(crate) launches: Vec<Launch>,
    pub(crate) journal: PathBuf,
    /// Before anything was written, in milliseconds since the epoch.
    pub(crate) began: u64,
    pub(crate) pulse: Pulse,
    _directory: Directory,
}

impl Scene {
    /// `None` where there is no such server.
    pub(crate) async fn open(scale: Scale, keeping: Keeping) -> Option<Self> {
        let server = StoreServer::start(keeping).await?;
        Some(Self::at(server, scale, LIFE).await)
    }

    /// With a store that is there, and access tokens that live so long.
    pub(crate) async fn at(server: Option<StoreServer>, scale: Scale, life: Duration) -> Self {
        let (began, pulse) = (now(), Pulse::start());
        let directory = Directory::new();
        let sandbox = SandboxServer::builder()
            .strictness(Strictness::AsSpecified)
            .token_lifetime(life)
            .record_limit(2_000_000)
            .start()
            .unwrap();
        let ports: Vec<_> = (0..scale.processes).map(|_| free_port()).collect();
        let redirect_uri = format!("http://127.0.0.1:{}/auth/callback", ports[0]);
        sandbox.register(SandboxClient::public(CLIENT_ID, &redirect_uri));
        let key: Vec<u8> = (0..64).map(|_| rand::random()).collect();
        let journal = directory.0.join("journal");
        let orders = |(at, port): (usize, &u16)| Orders {
            port: *port,
            workers: 2,
            shared_store: server.as_ref().map(StoreServer::shared),
            key: key.clone(),
            fhir_base_urls: vec![sandbox.fhir_base_url()],
            scopes: "launch openid fhirUser patient/*.rs offline_access".to_owned(),
            redirect_uri: redirect_uri.clone(),
            agent: format!("process-{at}"),
            journal: journal.clone(),
            token_deadline: DEADLINE,
            wall_ahead: 0,
        };
        let orders = ports.iter().enumerate().map(orders).collect();
        let processes = Processes::start(orders, &directory.0);
        let mut dice = Dice::new(rand::random());
        let mut launches = Vec::new();
        for number in 0..scale.launches {
            let patient = format!("{PATIENT}{number}");
            // Spread over a period, so that they are not all due at the same moment.
            tokio::time::sleep(life / 2 / u32::try_from(scale.launches).unwrap()).await;
            launches.push(launch::open(&sandbox, &ports, &patient, &mut dice).await);
        }
        Self {
            sandbox: Arc::new(sandbox),
            processes: Arc::new(processes),
            server: server.map(|server| Arc::new(Mutex::new(server))),
            launches,
            journal,
            began,
            pulse,
            _directory: directory,
        }
    }
}

/// A directory of one run, removed on drop.
pub(crate) struct Directory(pub(crate) PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("smart-storm-{:016x}", rand::random::<u64>()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
