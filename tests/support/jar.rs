//! The cookies of a browser: [`Jar`].

use std::{cmp::Reverse, collections::BTreeMap};

use actix_web::cookie::Cookie;

/// Cookies by host with port, path and name. What is of another host, of another path or over is not sent.
#[derive(Debug, Default)]
pub(crate) struct Jar(pub(crate) BTreeMap<(String, String, String), String>);

impl Jar {
    /// Does what a `Set-Cookie` header of this host says.
    pub(crate) fn keep(&mut self, host: &str, set_cookie: &str) {
        let cookie = Cookie::parse(set_cookie).unwrap();
        let key = (
            host.to_owned(),
            cookie.path().unwrap_or("/").to_owned(),
            cookie.name().to_owned(),
        );
        if cookie.max_age().is_some_and(|age| age.whole_seconds() <= 0) {
            self.0.remove(&key);
        } else {
            self.0.insert(key, cookie.value().to_owned());
        }
    }

    /// The value of the `Cookie` header, longer paths first, as browsers do it; `None` without cookies.
    pub(crate) fn header(&self, host: &str, path: &str) -> Option<String> {
        let sent = |(of, cookie_path, _): &(String, String, String)| of == host && path_matches(path, cookie_path);
        let mut cookies: Vec<_> = self.0.iter().filter(|(key, _)| sent(key)).collect();
        cookies.sort_by_key(|((_, path, _), _)| Reverse(path.len()));
        let cookies: Vec<_> = cookies
            .into_iter()
            .map(|((_, _, name), value)| format!("{name}={value}"))
            .collect();
        (!cookies.is_empty()).then(|| cookies.join("; "))
    }

    /// All cookies: path, name, value.
    pub(crate) fn all(&self) -> Vec<(String, String, String)> {
        let all = self.0.iter();
        all.map(|((_, path, name), value)| (path.clone(), name.clone(), value.clone()))
            .collect()
    }
}

/// RFC 6265, section 5.1.4.
fn path_matches(path: &str, cookie: &str) -> bool {
    path == cookie
        || path
            .strip_prefix(cookie)
            .is_some_and(|rest| cookie.ends_with('/') || rest.starts_with('/'))
}
