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
        match code_of(error)? {
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
        match code_of(error) {
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

/// The code of a server's error. Before Redis 7 that of a command in a script stands in the text of another error: `ERR Error running script
/// (call to f_…): @user_script:1: @user_script: 1: -READONLY You can't write against a read only replica.`
pub(super) fn code_of(error: &RedisError) -> Option<&str> {
    let code = error.code()?;
    let Some((_, text)) = error
        .detail()
        .filter(|_| code == "ERR")
        .and_then(|text| text.split_once("Error running script"))
    else {
        return Some(code);
    };
    let word = text.split_whitespace().find_map(|word| word.strip_prefix('-'));
    let is_code = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_uppercase());
    Some(word.filter(is_code).unwrap_or(code))
}

#[cfg(test)]
mod tests {
    use redis::parse_redis_value;

    use super::*;

    fn error(text: &str) -> RedisError {
        let value = parse_redis_value(format!("-{text}\r\n").as_bytes()).unwrap();
        value.extract_error().unwrap_err()
    }

    /// As Redis 6.2 says it, and Redis 7.
    #[test]
    fn an_error_of_a_command_in_a_script_means_the_same_in_each_version() {
        for (text, code) in [
            ("READONLY You can't write against a read only replica.", "READONLY"),
            ("OOM command not allowed when used memory > 'maxmemory'.", "OOM"),
            ("NOREPLICAS Not enough good replicas to write.", "NOREPLICAS"),
            (
                "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
                "MISCONF",
            ),
            (
                "WRONGTYPE Operation against a key holding the wrong kind of value",
                "WRONGTYPE",
            ),
        ] {
            let before = format!(
                "ERR Error running script (call to f_6b1bf486c81ceb7edf3c093f4c48582e38c0e791): @user_script:12: @user_script: 12: -{text}"
            );
            for (version, text) in [("7", text), ("6.2", &*before)] {
                assert_eq!(code_of(&error(text)), Some(code), "{version}");
            }
        }
    }

    #[test]
    fn what_names_no_code_is_an_error_like_any_other() {
        for text in [
            "ERR Error running script (call to f_6b): @user_script:1: user_script:1: attempt to index a nil value",
            "ERR Error running script (call to f_6b): @user_script:1: 5 -1",
            "ERR unknown command -READONLY",
        ] {
            assert_eq!(code_of(&error(text)), Some("ERR"), "{text}");
        }
        let broken = RedisError::from(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
        assert_eq!(code_of(&broken), None);
    }
}
