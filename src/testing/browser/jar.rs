//! The cookies of a browser: [`Jar`].

use std::{cmp::Reverse, collections::BTreeMap};

use actix_web::cookie::{Cookie, Expiration, SameSite};
use url::Url;

use crate::time::Timestamp;

/// Cookies by origin, path and name (RFC 6265), with what says when they are sent.
///
/// One with a life in the future is kept for the life of the browser: no time passes in a test.
#[derive(Debug, Default)]
pub(super) struct Jar(BTreeMap<Key, Kept>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    origin: String,
    path: String,
    name: String,
}

#[derive(Debug)]
struct Kept {
    value: String,
    same_site: SameSite,
    order: usize,
}

/// How a request is caused, as far as `SameSite` asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// By the person, or by a page of the same site.
    SameSite,
    /// A page of another site leads the person there, without changing anything.
    CrossSiteNavigation,
    /// A page of another site, in another way.
    CrossSite,
}

impl Jar {
    /// Does what a `Set-Cookie` of this address says. What a browser would not take is not kept.
    pub(super) fn keep(&mut self, url: &Url, set_cookie: &str, now: Timestamp) {
        let Ok(cookie) = Cookie::parse(set_cookie) else { return };
        let is_foreign = |domain: &str| url.host_str() != Some(domain.trim_start_matches('.'));
        if cookie.domain().is_some_and(is_foreign) {
            return;
        }
        let path = cookie.path().filter(|path| path.starts_with('/'));
        let key = Key {
            origin: url.origin().ascii_serialization(),
            path: path.map_or_else(|| default_path(url.path()), str::to_owned),
            name: cookie.name().to_owned(),
        };
        if is_over(&cookie, now) {
            self.0.remove(&key);
            return;
        }
        // One that is replaced keeps its place.
        let next = self.0.values().map(|kept| kept.order + 1).max().unwrap_or_default();
        let kept = Kept {
            value: cookie.value().to_owned(),
            same_site: cookie.same_site().unwrap_or(SameSite::Lax),
            order: self.0.get(&key).map_or(next, |kept| kept.order),
        };
        self.0.insert(key, kept);
    }

    /// The value of the `Cookie` header: longer paths first, then the older one (section 5.4).
    pub(super) fn header(&self, url: &Url, cause: Cause) -> Option<String> {
        let origin = url.origin().ascii_serialization();
        let mut sent: Vec<_> = self
            .0
            .iter()
            .filter(|(key, kept)| {
                key.origin == origin && path_matches(url.path(), &key.path) && is_sent(kept.same_site, cause)
            })
            .collect();
        sent.sort_by_key(|(key, kept)| (Reverse(key.path.len()), kept.order));
        let pairs: Vec<_> = sent
            .into_iter()
            .map(|(key, kept)| format!("{}={}", key.name, kept.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Name and path of each.
    pub(super) fn names(&self) -> Vec<(String, String)> {
        let mut names: Vec<_> = self.0.keys().map(|key| (key.name.clone(), key.path.clone())).collect();
        names.sort();
        names
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

fn is_over(cookie: &Cookie<'_>, now: Timestamp) -> bool {
    match (cookie.max_age(), cookie.expires()) {
        (Some(age), _) => age.whole_seconds() <= 0,
        (None, Some(Expiration::DateTime(moment))) => {
            u64::try_from(moment.unix_timestamp()).is_ok_and(|seconds| seconds <= now.as_secs())
                || moment.unix_timestamp() < 0
        }
        (None, Some(Expiration::Session) | None) => false,
    }
}

fn is_sent(same_site: SameSite, cause: Cause) -> bool {
    match cause {
        Cause::SameSite => true,
        Cause::CrossSiteNavigation => same_site != SameSite::Strict,
        Cause::CrossSite => same_site == SameSite::None,
    }
}

/// Section 5.1.4: the path of the address up to its last slash.
fn default_path(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((parent, _)) if parent.starts_with('/') => parent.to_owned(),
        _ => "/".to_owned(),
    }
}

/// Section 5.1.4.
fn path_matches(path: &str, cookie: &str) -> bool {
    path == cookie
        || path
            .strip_prefix(cookie)
            .is_some_and(|rest| cookie.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests;
