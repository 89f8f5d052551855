//! The names of things in Redis.
//!
//! `<prefix>{<slot tag>}:<what>:<key>`, the slot tag as four hexadecimal digits, the key as base64url. The braces make
//! it Redis Cluster's hash tag. These names never change: a new version of the crate must find what an old one wrote.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

pub(super) use crate::store::hex::hex;
use crate::store::{BrowserKey, LaunchKey, Memo, PendingKey, SlotTag, ValueKey};

/// Makes names under one prefix.
pub(super) struct Names {
    prefix: String,
}

impl Names {
    pub(super) const fn new(prefix: String) -> Self {
        Self { prefix }
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A hash: an open or ended launch.
    pub(super) fn launch(&self, key: LaunchKey) -> String {
        self.name(key.slot_tag(), "launch", key.as_bytes())
    }

    /// A hash: which callback of a pending authorization came first, and how it ended.
    ///
    /// Not `pending`: an earlier version kept whole authorizations under that name.
    pub(super) fn claim(&self, key: PendingKey) -> String {
        self.name(key.slot_tag(), "claim", key.as_bytes())
    }

    /// A set: the names of a browser's launches.
    pub(super) fn launches_of(&self, browser: BrowserKey) -> String {
        self.name(browser.slot_tag(), "launches", browser.as_bytes())
    }

    /// A list: what is noted of a browser.
    pub(super) fn memo(&self, browser: BrowserKey, memo: Memo) -> String {
        let what = match memo {
            Memo::SameBrowser => "same_browser",
            Memo::LaunchCookies => "launch_cookies",
            Memo::SignedOut => "signed_out",
        };
        self.name(browser.slot_tag(), what, browser.as_bytes())
    }

    /// A hash: a value that belongs to no browser.
    pub(super) fn value(&self, key: ValueKey) -> String {
        self.name(key.slot_tag(), "value", key.as_bytes())
    }

    /// What the names of launches begin with.
    pub(super) fn launches_begin_with(&self) -> String {
        format!("{}{{", self.prefix)
    }

    /// Under which nothing stands: a cluster finds a server by a name.
    pub(super) fn nothing(&self) -> String {
        format!("{}nothing", self.prefix)
    }

    fn name(&self, SlotTag(tag): SlotTag, what: &str, key: &[u8; 32]) -> String {
        format!(
            "{}{{{}}}:{what}:{}",
            self.prefix,
            hex(&tag),
            URL_SAFE_NO_PAD.encode(key)
        )
    }
}

/// The key of the launch that stands under this name.
pub(super) fn launch_key(name: &str) -> Option<LaunchKey> {
    let (_, key) = name.rsplit_once(":launch:")?;
    let bytes = URL_SAFE_NO_PAD.decode(key).ok()?;
    Some(LaunchKey::from_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests;
