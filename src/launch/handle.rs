//! [`LaunchHandle`]: a launch as text that an application keeps.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::protocol::launch_id::LaunchId;

/// A launch as text that an application can store, to use the launch outside of a request
/// ([`SmartConfig::resume`](crate::SmartConfig::resume)).
///
/// It is no proof towards the browser: keep it on the server.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LaunchHandle(String);

impl LaunchHandle {
    pub(crate) fn of(id: &LaunchId) -> Self {
        Self(id.as_str().to_owned())
    }

    pub(crate) fn id(&self) -> Option<LaunchId> {
        LaunchId::parse(&self.0)
    }
}

impl fmt::Debug for LaunchHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LaunchHandle([redacted])")
    }
}
