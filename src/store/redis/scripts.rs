//! The scripts, and calling one.

use std::{fmt::Display, sync::LazyLock, time::Duration};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use redis::Cmd;

use super::names::hex;
use crate::time::Timestamp;

/// Lua computes with floating-point numbers: whole ones are exact up to here.
const LARGEST: u64 = 1 << 52;

/// The name by which the server caches a script is the SHA-1 of its text: identification, not security.
struct Source {
    text: String,
    sha: String,
}

/// Whether scripts refuse to touch keys that they do not declare. Clustered servers may refuse that; a single one does
/// not, so the tests do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum KeyChecks {
    #[default]
    Server,
    #[cfg(any(test, feature = "test-util"))]
    Script,
}

macro_rules! scripts {
    ($($name:ident = $file:literal about $first:ident,)+) => {
        /// A script on the server.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Script {
            $($name,)+
        }

        impl Script {
            fn source(self, checks: KeyChecks) -> &'static Source {
                match self {
                    $(Self::$name => {
                        static SOURCE: LazyLock<Source> =
                            LazyLock::new(|| source("", include_str!(concat!("scripts/", $file, ".lua")), First::$first));
                        #[cfg(any(test, feature = "test-util"))]
                        static CHECKED: LazyLock<Source> = LazyLock::new(|| {
                            let body = include_str!(concat!("scripts/", $file, ".lua"));
                            source(include_str!("scripts/checked.lua"), body, First::$first)
                        });
                        match checks {
                            KeyChecks::Server => &SOURCE,
                            #[cfg(any(test, feature = "test-util"))]
                            KeyChecks::Script => &CHECKED,
                        }
                    })+
                }
            }
        }
    };
}

scripts! {
    PendingClaim = "pending_claim" about Hash,
    PendingRelease = "pending_release" about Hash,
    PendingFinish = "pending_finish" about Hash,
    LaunchOpen = "launch_open" about Hash,
    LaunchLoad = "launch_load" about Hash,
    LaunchReplace = "launch_replace" about Hash,
    LaunchEnd = "launch_end" about Hash,
    BrowserEndAll = "browser_end_all" about Set,
    BrowserList = "browser_list" about Set,
    BrowserGlance = "browser_glance" about Set,
    MemoRemember = "memo_remember" about List,
    MemoRecall = "memo_recall" about List,
    ValueLoad = "value_load" about Hash,
    ValueSwap = "value_swap" about Hash,
    LeaseAcquire = "lease_acquire" about Hash,
    LeaseRelease = "lease_release" about Hash,
    Time = "time" about Nothing,
}

/// What a script finds under its first key, if anything.
enum First {
    Hash,
    Set,
    List,
    /// It is about no key.
    Nothing,
}

impl First {
    /// Changes nothing, as no such thing is ever in it. Fails where writes are refused.
    const fn write(&self) -> &'static str {
        match self {
            Self::Hash => "redis.call('HDEL', KEYS[1], '-')",
            Self::Set => "redis.call('SREM', KEYS[1], '-')",
            Self::List => "redis.call('LREM', KEYS[1], 0, '-')",
            Self::Nothing => "",
        }
    }
}

/// Each script is the body of a function whose answer goes out with the time by which it judged.
///
/// None answers where writes are refused. A replica, or a primary that is cut off, may not have heard yet what was opened
/// or ended: there, "it is not there" is no better known than "it is there". The write comes last, as a full server would let
/// a script go on that has begun by deleting.
fn source(checks: &str, body: &str, first: First) -> Source {
    let prelude = include_str!("scripts/prelude.lua");
    let write = first.write();
    let text = format!(
        "{checks}{prelude}\nlocal function run()\n{body}\nend\nlocal reply = run()\nif failed(reply) then\n  return reply\nend\n{write}\n\
         return {{ text(now), reply }}\n"
    );
    let sha = hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref());
    Source { text, sha }
}

/// One run of a script. Keys first, then arguments in the order that the script names, after the time.
#[derive(Clone)]
pub(super) struct Call {
    script: Script,
    checks: KeyChecks,
    keys: Vec<String>,
    /// The server's own if there is none.
    now: Option<Timestamp>,
    arguments: Vec<Vec<u8>>,
    /// Whether the node that is asked is about to take the slot over.
    is_asking: bool,
}

impl Call {
    pub(super) const fn new(script: Script) -> Self {
        Self {
            script,
            checks: KeyChecks::Server,
            keys: Vec::new(),
            now: None,
            arguments: Vec::new(),
            is_asking: false,
        }
    }

    /// What a test demands.
    pub(super) fn under(mut self, checks: KeyChecks, now: Option<Timestamp>) -> Self {
        (self.checks, self.now) = (checks, now);
        self
    }

    /// For a node that is about to take the slot over, or not.
    pub(super) fn asking(&self, is_asking: bool) -> Self {
        Self {
            is_asking,
            ..self.clone()
        }
    }

    pub(super) const fn is_asking(&self) -> bool {
        self.is_asking
    }

    /// By its names a cluster knows who is to be asked; all are of one slot.
    pub(super) fn first_key(&self) -> &str {
        self.keys.first().map_or("", String::as_str)
    }

    /// For any node.
    pub(super) fn without_keys(mut self) -> Self {
        self.keys.clear();
        self
    }

    pub(super) const fn script(&self) -> Script {
        self.script
    }

    pub(super) fn key(mut self, name: String) -> Self {
        self.keys.push(name);
        self
    }

    pub(super) fn bytes(mut self, value: Vec<u8>) -> Self {
        self.arguments.push(value);
        self
    }

    pub(super) fn text(self, value: impl Into<String>) -> Self {
        self.bytes(value.into().into_bytes())
    }

    pub(super) fn moment(self, moment: Timestamp) -> Self {
        self.display(moment.as_millis().min(LARGEST))
    }

    pub(super) fn span(self, span: Duration) -> Self {
        self.display(u64::try_from(span.as_millis()).unwrap_or(u64::MAX).min(LARGEST))
    }

    /// Whether there is something, and what.
    pub(super) fn maybe(self, value: Option<Vec<u8>>) -> Self {
        let word = if value.is_some() { "is" } else { "none" };
        self.text(word).bytes(value.unwrap_or_default())
    }

    /// A limit: at least 1.
    pub(super) fn count(self, limit: usize) -> Self {
        self.display(u64::try_from(limit).unwrap_or(u64::MAX).clamp(1, LARGEST))
    }

    fn display(self, value: impl Display) -> Self {
        self.text(value.to_string())
    }

    /// By name, as the server knows scripts that it has seen.
    pub(super) fn by_name(&self) -> Cmd {
        self.command("EVALSHA", &self.script.source(self.checks).sha)
    }

    /// With its text, for a server that has not seen it.
    pub(super) fn with_text(&self) -> Cmd {
        self.command("EVAL", &self.script.source(self.checks).text)
    }

    fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(self.keys.len());
        for key in &self.keys {
            command.arg(key);
        }
        match self.now {
            Some(now) => command.arg(now.as_millis()),
            None => command.arg(""),
        };
        for argument in &self.arguments {
            command.arg(argument.as_slice());
        }
        command
    }
}
