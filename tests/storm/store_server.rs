//! The server that processes share: [`StoreServer`].

use crate::{
    application::SharedStore,
    lag::PATIENT,
    scene::{Keeping, form},
    support::{
        postgres_server::PostgresServer,
        redis_nodes::RedisNodes,
        redis_sentinels::{QUICK, SentinelSet},
        redis_server::RedisServer,
    },
};

/// Where launches are, when that is not the memory of a process.
pub(crate) enum StoreServer {
    Redis(RedisServer),
    /// A primary with two replicas, and three sentinels.
    Sentinel(SentinelSet),
    /// Three primaries with a replica each.
    Cluster(RedisNodes),
    Postgres(PostgresServer),
}

impl StoreServer {
    /// `None`, with a line that says so, where there is none. The inner `None`: launches stay in the memory of a process.
    pub(crate) async fn start(keeping: Keeping) -> Option<Option<Self>> {
        match keeping {
            Keeping::Memory => Some(None),
            Keeping::Redis | Keeping::Sentinel | Keeping::Cluster if cfg!(not(feature = "redis")) => {
                println!("skipped: needs the feature `redis`");
                None
            }
            Keeping::Redis => Some(Some(Self::Redis(RedisServer::start(&[
                "--maxmemory-policy",
                "noeviction",
            ])?))),
            Keeping::Sentinel => Some(Some(Self::Sentinel(SentinelSet::start(
                2,
                &["--maxmemory-policy", "noeviction"],
                // Several fail-overs have to fit into the short form. The long one is there for the rest, and keeps the machine busy.
                form("CHAOS", QUICK, PATIENT),
            )?))),
            Keeping::Cluster => {
                let options = [
                    "--maxmemory-policy",
                    "noeviction",
                    "--cluster-require-full-coverage",
                    "no",
                    "--cluster-node-timeout",
                    "1500",
                ];
                Some(Some(Self::Cluster(RedisNodes::start(3, &options)?)))
            }
            Keeping::Postgres => Some(Some(Self::Postgres(with_tables(PostgresServer::start(&[])?).await?))),
        }
    }

    /// What processes are told of it.
    pub(crate) fn shared(&self) -> SharedStore {
        match self {
            Self::Redis(server) => SharedStore::Redis(server.url()),
            Self::Sentinel(set) => SharedStore::Sentinels(set.urls()),
            Self::Cluster(nodes) => SharedStore::Cluster(nodes.urls()),
            Self::Postgres(server) => SharedStore::Postgres(server.url()),
        }
    }

    /// As if the power failed.
    pub(crate) fn kill(&mut self) {
        match self {
            Self::Redis(server) => server.kill(),
            Self::Sentinel(set) => set.servers.iter_mut().for_each(RedisServer::kill),
            Self::Cluster(nodes) => nodes.servers.iter_mut().for_each(RedisServer::kill),
            Self::Postgres(server) => server.kill(),
        }
    }

    pub(crate) fn run(&mut self) {
        match self {
            Self::Redis(server) => server.run(),
            Self::Sentinel(set) => set.servers.iter_mut().for_each(RedisServer::run),
            Self::Cluster(nodes) => nodes.servers.iter_mut().for_each(RedisServer::run),
            Self::Postgres(server) => server.run(),
        }
    }

    pub(crate) fn pause(&self) {
        match self {
            Self::Redis(server) => server.pause(),
            Self::Sentinel(set) => set.servers.iter().for_each(RedisServer::pause),
            Self::Cluster(nodes) => nodes.servers.iter().for_each(RedisServer::pause),
            Self::Postgres(server) => server.pause(),
        }
    }

    pub(crate) fn resume(&self) {
        match self {
            Self::Redis(server) => server.resume(),
            Self::Sentinel(set) => set.servers.iter().for_each(RedisServer::resume),
            Self::Cluster(nodes) => nodes.servers.iter().for_each(RedisServer::resume),
            Self::Postgres(server) => server.resume(),
        }
    }
}

#[cfg(feature = "postgres")]
async fn with_tables(server: PostgresServer) -> Option<PostgresServer> {
    use actix_smart_auth::store::PostgresStore;
    let store = PostgresStore::builder(server.url())
        .danger_plain_text()
        .build()
        .unwrap();
    store.migrate().await.unwrap();
    Some(server)
}

#[cfg(not(feature = "postgres"))]
async fn with_tables(_: PostgresServer) -> Option<PostgresServer> {
    println!("skipped: needs the feature `postgres`");
    None
}
