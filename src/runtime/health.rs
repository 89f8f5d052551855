//! Whether this process can do its work: [`Health`].

#[cfg(feature = "actix")]
mod lately;

use std::{sync::Arc, time::Duration};

use serde::{Serialize, Serializer};
use tokio::time::timeout;

#[cfg(feature = "actix")]
pub(crate) use self::lately::Lately;
use super::{Runtime, audit::AuditState, engine::EngineError};

/// How long the token store may take to answer.
const STORE: Duration = Duration::from_secs(2);
/// How long the thread of the crate may take on top of that: it only has to get to it.
const ENGINE: Duration = Duration::from_secs(1);

/// Whether this process can do its work, as [`SmartConfig::health`](crate::SmartConfig::health) finds it.
///
/// `Serialize` writes it as JSON, with the EHRs: not for strangers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// Whether the token store answers.
    pub store: StoreHealth,
    /// Whether the thread that refreshes and exchanges runs.
    pub engine: EngineHealth,
    /// How the audit trail stands. `None` without a sink.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<AuditHealth>,
    /// The EHRs whose metadata this process has fetched.
    pub ehrs: Vec<EhrHealth>,
}

/// Whether the token store answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StoreHealth {
    /// It does.
    Reachable,
    /// It answered with an error.
    Failing,
    /// It has not answered within 2 s.
    Silent,
    /// It was not asked, as the thread of the crate takes no work.
    NotAsked,
}

/// Whether the thread that refreshes and exchanges runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EngineHealth {
    /// It does.
    Running,
    /// It does not get to new work: something blocks it.
    Stuck,
    /// [`SmartConfig::shutdown`](crate::SmartConfig::shutdown) was called.
    ShutDown,
    /// It could not be started, or the work panicked.
    Broken,
}

/// How the audit trail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AuditHealth {
    /// Events that wait to be written.
    pub waiting: usize,
    /// Events that were lost since the process started.
    pub lost: u64,
    /// Whether the last attempt to write failed.
    pub is_failing: bool,
}

/// What this process knows of an EHR.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EhrHealth {
    /// Its FHIR base URL, as it is registered.
    pub ehr: String,
    /// How long ago its metadata was fetched. In JSON in whole seconds.
    #[serde(rename = "metadata_age_seconds", serialize_with = "seconds")]
    pub metadata_age: Duration,
    /// Whether the last attempt to fetch it again failed. The earlier one is used.
    pub is_failing: bool,
}

impl Health {
    /// Whether requests should be sent to this process: the token store answers, and the thread of the crate runs.
    ///
    /// An EHR that is away does not count: other processes reach it no better. Nor does an audit sink that is away: what is open goes
    /// on, and a process that gets no requests would help nobody.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.store == StoreHealth::Reachable && self.engine == EngineHealth::Running
    }

    /// Looks. Within 3 s, in a tokio runtime with timers.
    pub(crate) async fn of(runtime: &Arc<Runtime>) -> Self {
        Self::with(Look::now(runtime).await, runtime)
    }

    /// The same, with a store and a thread that were looked at no longer than a second ago: for a route that strangers can ask.
    #[cfg(feature = "actix")]
    pub(crate) async fn lately(runtime: &Arc<Runtime>) -> Self {
        let look = || {
            let runtime = Arc::clone(runtime);
            async move { Look::now(&runtime).await }
        };
        Self::with(runtime.health.seen(&runtime.clock, look).await, runtime)
    }

    fn with(look: Look, runtime: &Runtime) -> Self {
        Self {
            store: look.store,
            engine: look.engine,
            audit: runtime.audit.state().map(AuditHealth::from),
            ehrs: runtime.health_of_ehrs(),
        }
    }
}

/// What was seen of the token store and the thread of the crate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    store: StoreHealth,
    engine: EngineHealth,
}

impl Look {
    async fn now(runtime: &Arc<Runtime>) -> Self {
        let asking = {
            let runtime = Arc::clone(runtime);
            async move {
                match timeout(STORE, runtime.store.ask_time()).await {
                    Ok(Ok(())) => StoreHealth::Reachable,
                    Ok(Err(_)) => StoreHealth::Failing,
                    Err(_) => StoreHealth::Silent,
                }
            }
        };
        let (store, engine) = match timeout(STORE + ENGINE, runtime.engine.spawn("health", asking)).await {
            Ok(Ok(store)) => (store, EngineHealth::Running),
            Ok(Err(EngineError::ShutDown)) => (StoreHealth::NotAsked, EngineHealth::ShutDown),
            Ok(Err(_)) => (StoreHealth::NotAsked, EngineHealth::Broken),
            Err(_) => (StoreHealth::NotAsked, EngineHealth::Stuck),
        };
        Self { store, engine }
    }
}

impl From<AuditState> for AuditHealth {
    fn from(state: AuditState) -> Self {
        Self {
            waiting: state.waiting,
            lost: state.lost,
            is_failing: state.is_failing,
        }
    }
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(time.as_secs())
}
