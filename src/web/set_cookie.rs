//! [`SetCookie`]: how our cookies are set.
//!
//! Written by hand, as the cookie library at hand does not know `Partitioned`.

use crate::config::{CookieSettings, Partitioned, SameSite, Secure};

/// The `Set-Cookie` value for a cookie of ours.
pub(super) struct SetCookie<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
    pub(super) path: &'a str,
    pub(super) life: Life,
}

/// How long a browser keeps a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// Until it thinks that its session is over.
    Session,
    Seconds(u64),
    /// Not at all: it is removed.
    Removed,
}

impl SetCookie<'_> {
    pub(super) fn text(&self, cookies: &CookieSettings) -> String {
        let life = match self.life {
            Life::Session => String::new(),
            Life::Seconds(seconds) => format!("; Max-Age={seconds}"),
            Life::Removed => "; Max-Age=0".to_owned(),
        };
        format!(
            "{}={}; Path={}; HttpOnly{}{life}",
            self.name,
            self.value,
            self.path,
            attributes(cookies)
        )
    }
}

fn attributes(cookies: &CookieSettings) -> String {
    let mut attributes = String::from(match cookies.same_site {
        SameSite::None => "; SameSite=None",
        _ => "; SameSite=Lax",
    });
    if cookies.secure == Secure::Yes {
        attributes.push_str("; Secure");
    }
    if cookies.partitioned == Partitioned::Yes {
        attributes.push_str("; Partitioned");
    }
    attributes
}
