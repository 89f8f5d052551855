//! What an error of Redis means.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use super::host_and_port::HostAndPort;
use crate::store::StoreError;

/// What somebody who asked gets in the place of an answer.
#[derive(Debug)]
pub(super) enum Unanswered {
    Failed(StoreError),
    /// A node of a cluster has not done it, and says where or when it can be done.
    Elsewhere(Elsewhere),
}

/// Where or when a cluster does what was asked.
#[derive(Debug)]
pub(super) enum Elsewhere {
    /// Another node has the slot now.
    Moved(HostAndPort),
    /// Another node has this key already; the slot is under way.
    Ask(HostAndPort),
    /// Here, but a part of the keys is at another node yet.
    Again,
    /// When the node, or the cluster, has healed.
    Later,
}

impl Elsewhere {
    pub(super) fn of(error: &RedisError) -> Option<Self> {
        let place = || HostAndPort::parse(error.redirect_node()?.0);
        match error.code()? {
            "MOVED" => place().map(Self::Moved),
            "ASK" => place().map(Self::Ask),
            "TRYAGAIN" => Some(Self::Again),
            "CLUSTERDOWN" | "MASTERDOWN" | "LOADING" => Some(Self::Later),
            _ => None,
        }
    }
}

impl From<StoreError> for Unanswered {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// What to do about an error.
pub(super) enum Fault {
    /// The connection is gone; another one may do.
    Broken,
    /// The server does not know the script yet.
    NoScript,
    /// The server answered with an error.
    Answered(StoreError),
}

impl Fault {
    pub(super) fn of(error: &RedisError) -> Self {
        if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) {
            return Self::NoScript;
        }
        if error.kind() == ErrorKind::AuthenticationFailed {
            return Self::Answered(StoreError::Refused);
        }
        match error.code() {
            Some("OOM") => Self::Answered(StoreError::Full),
            // MISCONF: the server cannot save to its disk and has therefore stopped to take writes.
            Some("READONLY" | "MISCONF" | "NOREPLICAS") => Self::Answered(StoreError::ReadOnly),
            Some("NOAUTH" | "WRONGPASS" | "NOPERM") => Self::Answered(StoreError::Refused),
            Some("WRONGTYPE") => Self::Answered(StoreError::Unreadable),
            Some(_) => Self::Answered(StoreError::Unavailable),
            None => Self::Broken,
        }
    }
}
