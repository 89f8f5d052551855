//! Who may not drive it: a page in a browser of this machine ([`Guard`]).

use super::{super::http::Incoming, refusal::Refusal};

/// By which names it may be called.
#[derive(Debug)]
pub(super) struct Guard {
    host_names: Vec<String>,
}

impl Guard {
    pub(super) const fn new(host_names: Vec<String>) -> Self {
        Self { host_names }
    }

    /// `target` is the host and port of the address in the first line, where that is a whole one (RFC 9112, section 3.2.2).
    ///
    /// # Errors
    /// When a page sent the request, or it was sent to a name that may be anybody's.
    pub(super) fn admit(&self, incoming: &Incoming, target: Option<&str>) -> Result<(), Refusal> {
        // A script says its origin, and a browser says for which site a picture or a form is fetched. Programs say neither.
        let site = incoming.header("sec-fetch-site");
        if incoming.header("origin").is_some() || site.is_some_and(|site| site != "none") {
            return Err(Refusal::FromAPage);
        }
        let said = incoming.headers.iter().filter(|(name, _)| name == "host");
        let mut hosts: Vec<&str> = said.map(|(_, host)| host.as_str()).chain(target).collect();
        if hosts.is_empty() {
            hosts.push("");
        }
        match hosts.into_iter().find(|host| !self.is_known(host)) {
            None => Ok(()),
            Some(foreign) => Err(Refusal::ForeignHost(foreign.to_owned())),
        }
    }

    /// A page can make a name of its own lead here. It can do so with no address, and not with `localhost`.
    fn is_known(&self, host: &str) -> bool {
        // More than name and port: the parser would see another host than who reads it.
        if host.contains(['/', '\\', '?', '#', '@']) {
            return false;
        }
        let Ok(url) = url::Url::parse(&format!("http://{host}/")) else {
            return false;
        };
        match url.host() {
            Some(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => true,
            Some(url::Host::Domain(name)) => {
                name == "localhost" || self.host_names.iter().any(|known| known.eq_ignore_ascii_case(name))
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(headers: &[(&str, &str)]) -> bool {
        let headers = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let incoming = Incoming {
            method: "GET".to_owned(),
            path: String::new(),
            raw_query: String::new(),
            headers: headers.collect(),
            body: String::new(),
            is_utf8: true,
            connection: 0,
            port: None,
        };
        Guard::new(vec!["ehr".to_owned()]).admit(&incoming, None).is_ok()
    }

    #[test]
    fn addresses_localhost_and_the_names_that_were_given_are_known_and_no_other() {
        for host in [
            "127.0.0.1:9091",
            "127.0.0.1",
            "[::1]:9091",
            "localhost:9091",
            "LOCALHOST",
            "ehr:9091",
            "10.0.0.7",
            // The same machine in other words.
            "2130706433",
            "0x7f.1",
            "[::ffff:127.0.0.1]:9091",
        ] {
            assert!(admitted(&[("host", host)]), "{host}");
        }
        for host in [
            "evil.example:9091",
            "ehr.evil.example",
            "localhost.evil.example",
            "",
            "127.0.0.1.evil.example",
            "evil.example@127.0.0.1",
            "127.0.0.1#.evil.example",
            "127.0.0.1?.evil.example",
            "127.0.0.1/.evil.example",
            "127.0.0.1\\.evil.example",
            "localhost.",
            "[::1].evil.example",
        ] {
            assert!(!admitted(&[("host", host)]), "{host}");
        }
        assert!(!admitted(&[]));
        // Each of several.
        for (one, other) in [("evil.example", "127.0.0.1"), ("127.0.0.1", "evil.example")] {
            assert!(!admitted(&[("host", one), ("host", other)]), "{one} {other}");
        }
    }

    #[test]
    fn what_a_page_sends_is_refused_and_what_a_person_types_is_not() {
        let host = ("host", "127.0.0.1:9091");
        for header in [
            ("origin", "http://127.0.0.1:9091"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-origin"),
        ] {
            assert!(!admitted(&[host, header]), "{header:?}");
        }
        assert!(admitted(&[host, ("sec-fetch-site", "none")]));
    }
}
