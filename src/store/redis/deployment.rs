//! What keeps the launches: one server, or a cluster of them ([`Deployment`]).

use std::sync::Arc;

use redis::Value;

use super::{
    cluster::Cluster,
    fault::{Elsewhere, Unanswered},
    link::Link,
    scripts::Call,
};
use crate::store::{StoreError, alarms::Alarms};

pub(super) enum Deployment {
    /// At an address, or found by sentinels.
    Server {
        link: Arc<Link>,
        alarms: Arc<Alarms>,
    },
    Cluster(Cluster),
}

impl Deployment {
    pub(super) async fn call(&self, call: &Call) -> Result<Value, StoreError> {
        match self {
            Self::Server { link, alarms } => link.call(call).await.map_err(|why| match why {
                Unanswered::Failed(error) => error,
                Unanswered::Elsewhere(elsewhere) => {
                    let code = match elsewhere {
                        Elsewhere::Moved(_) | Elsewhere::Ask(_) => "MOVED: it is a node of a cluster (`RedisCluster`)",
                        Elsewhere::Again | Elsewhere::Later => "it asks to come later",
                    };
                    alarms.raise(StoreError::Unavailable, code);
                    StoreError::Unavailable
                }
            }),
            Self::Cluster(cluster) => cluster.call(call).await,
        }
    }

    /// Whether a replica may take a server's place.
    pub(super) fn has_fail_overs(&self) -> bool {
        match self {
            Self::Server { link, .. } => link.is_looked_for(),
            Self::Cluster(_) => true,
        }
    }

    /// Every server that keeps launches, as far as it is known.
    pub(super) async fn links(&self) -> Vec<Arc<Link>> {
        match self {
            Self::Server { link, .. } => vec![Arc::clone(link)],
            Self::Cluster(cluster) => cluster.links().await,
        }
    }
}
