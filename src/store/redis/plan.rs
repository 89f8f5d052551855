//! What was configured, checked: [`Plan`].

use std::{fmt, sync::Arc};

use secrecy::ExposeSecret as _;
use url::Url;

use super::{
    RedisStoreError,
    cluster::Cluster,
    credentials::CredentialProvider,
    deployment::Deployment,
    driver::Driver,
    endpoint::Endpoint,
    link::{Link, LinkOptions},
    sentinels::Sentinels,
    server::Server,
    servers::{RedisCluster, RedisSentinels, Servers, ServersTls},
    tls::Tls,
};
use crate::store::alarms::Alarms;

/// At which port sentinels listen where no other is said.
const SENTINEL_PORT: u16 = 26_379;

pub(super) enum Plan {
    Server(Server),
    Cluster { first: Endpoint, seeds: Vec<Endpoint> },
}

impl Plan {
    pub(super) fn of(
        servers: Servers,
        tls: &Tls,
        credentials: Option<CredentialProvider>,
    ) -> Result<Self, RedisStoreError> {
        match servers {
            Servers::At(url) => {
                let endpoint = Endpoint::parse(&url, tls)?.with_credentials(credentials);
                Ok(Self::Server(Server::At(endpoint)))
            }
            Servers::Sentinels(sentinels) => primary(&sentinels, tls, credentials),
            Servers::Cluster(cluster) => nodes(&cluster, tls, credentials.as_ref()),
        }
    }

    /// Does not connect.
    pub(super) fn begin(self, options: LinkOptions, driver: Arc<Driver>, alarms: Arc<Alarms>) -> Deployment {
        match self {
            Self::Server(server) => Deployment::Server {
                link: Arc::new(Link::new(server, options, driver, Arc::clone(&alarms))),
                alarms,
            },
            Self::Cluster { first, seeds } => Deployment::Cluster(Cluster::new(first, seeds, options, driver, alarms)),
        }
    }
}

fn primary(
    sentinels: &RedisSentinels,
    tls: &Tls,
    credentials: Option<CredentialProvider>,
) -> Result<Plan, RedisStoreError> {
    if sentinels.primary.is_empty() || sentinels.sentinels.is_empty() {
        return Err(RedisStoreError::Sentinels);
    }
    let uses_tls = |url: &str| url.starts_with("rediss:");
    let is_encrypted = match sentinels.tls {
        ServersTls::On => true,
        ServersTls::DangerOff => false,
        ServersTls::AsSentinels => sentinels.sentinels.iter().any(|url| uses_tls(url)),
    };
    let mut server = Url::parse(match is_encrypted {
        true => "rediss://primary",
        false => "redis://primary",
    })
    .map_err(|_| RedisStoreError::Address)?;
    server.set_path(&sentinels.database.to_string());
    if tls.client.is_some() && !is_encrypted && !sentinels.sentinels.iter().any(|url| uses_tls(url)) {
        return Err(RedisStoreError::ClientCertificateWithoutTls);
    }
    // A client certificate may be for the servers alone, or for the sentinels alone.
    let without_client = Tls {
        client: None,
        ..tls.clone()
    };
    let tls_where = |uses_tls| if uses_tls { tls } else { &without_client };
    let login = sentinels.login.as_ref();
    let server = Endpoint::parse(server.as_str(), tls_where(is_encrypted))?.with_login(
        login.and_then(|login| login.user.as_deref()),
        login.map(|login| login.password.expose_secret()),
    );
    let seats = sentinels.sentinels.iter().map(|url| {
        let url = with_sentinel_port(url)?;
        let seat = Endpoint::parse(&url, tls_where(uses_tls(&url)))?;
        Ok(seat.with_credentials(sentinels.credentials.clone()))
    });
    let seats = seats.collect::<Result<_, RedisStoreError>>()?;
    let server = server.with_credentials(credentials);
    Ok(Plan::Server(Server::PrimaryOf(Sentinels::new(
        &sentinels.primary,
        seats,
        server,
    ))))
}

fn with_sentinel_port(url: &str) -> Result<String, RedisStoreError> {
    let mut url = Url::parse(url).map_err(|_| RedisStoreError::Address)?;
    if url.port().is_none() {
        url.set_port(Some(SENTINEL_PORT))
            .map_err(|()| RedisStoreError::Address)?;
    }
    Ok(url.into())
}

fn nodes(cluster: &RedisCluster, tls: &Tls, credentials: Option<&CredentialProvider>) -> Result<Plan, RedisStoreError> {
    let seeds = cluster.nodes.iter().map(|url| {
        let seed = Endpoint::parse(url, tls)?.with_credentials(credentials.cloned());
        match (seed.database(), seed.place()) {
            (0, Some(_)) => Ok(seed),
            (0, None) => Err(RedisStoreError::ClusterNodes),
            _ => Err(RedisStoreError::ClusterDatabase),
        }
    });
    let seeds: Vec<Endpoint> = seeds.collect::<Result<_, _>>()?;
    let first = seeds.first().cloned().ok_or(RedisStoreError::ClusterNodes)?;
    if !seeds.iter().all(|seed| seed.is_reached_like(&first)) {
        return Err(RedisStoreError::ClusterNodes);
    }
    Ok(Plan::Cluster { first, seeds })
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(server) => server.fmt(f),
            Self::Cluster { seeds, .. } => {
                f.write_str("the cluster of")?;
                for (at, seed) in seeds.iter().enumerate() {
                    write!(f, "{} {seed}", if at == 0 { "" } else { "," })?;
                }
                Ok(())
            }
        }
    }
}
