//! The names of things in Redis.
//!
//! `<prefix>{<slot tag>}:<what>:<key>`, the slot tag as four hexadecimal digits, the key as base64url. The braces make
//! it Redis Cluster's hash tag. These names never change: a new version of the crate must find what an old one wrote.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::store::{BrowserKey, LaunchKey, PendingKey, SlotTag};

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

    /// A hash: a pending authorization.
    pub(super) fn pending(&self, key: PendingKey) -> String {
        self.name(key.slot_tag(), "pending", key.as_bytes())
    }

    /// A set: the names of a browser's launches.
    pub(super) fn launches_of(&self, browser: BrowserKey) -> String {
        self.name(browser.slot_tag(), "launches", browser.as_bytes())
    }

    /// A set: the names of a browser's pending authorizations.
    pub(super) fn pendings_of(&self, browser: BrowserKey) -> String {
        self.name(browser.slot_tag(), "pendings", browser.as_bytes())
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

pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_of_one_browser_stands_under_its_hash_tag() {
        let names = Names::new("smart:".to_owned());
        let mut key = [0_u8; 32];
        key[0] = 0xab;
        key[1] = 0x01;
        let zeros = "A".repeat(40);
        assert_eq!(
            names.launch(LaunchKey(key)),
            format!("smart:{{ab01}}:launch:qwE{zeros}")
        );
        assert_eq!(
            names.pending(PendingKey(key)),
            format!("smart:{{ab01}}:pending:qwE{zeros}")
        );
        assert_eq!(
            names.launches_of(BrowserKey(key)),
            format!("smart:{{ab01}}:launches:qwE{zeros}")
        );
        assert_eq!(
            names.pendings_of(BrowserKey(key)),
            format!("smart:{{ab01}}:pendings:qwE{zeros}")
        );
    }

    #[test]
    fn the_name_of_a_launch_leads_back_to_its_key() {
        let key = LaunchKey([0xab; 32]);
        // Whatever the prefix is.
        for prefix in ["", "smart:", "a:launch:b:"] {
            let names = Names::new(prefix.to_owned());
            assert_eq!(launch_key(&names.launch(key)), Some(key));
            assert_eq!(launch_key(&names.pending(PendingKey([0xab; 32]))), None);
        }
        assert_eq!(launch_key("smart:{ab01}:launch:qwE"), None);
        assert_eq!(launch_key("smart:{ab01}:launch:!"), None);
    }
}
