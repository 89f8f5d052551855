//! The secrets of a flow, by what they are.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use actix_smart_auth::sandbox::{Endpoint, ReceivedRequest};

/// What is secret, in the order in which it was learnt.
#[derive(Debug, Clone, Default)]
pub(super) struct Secrets(Arc<Mutex<Vec<(&'static str, String)>>>);

impl Secrets {
    pub(super) fn add(&self, kind: &'static str, value: &str) {
        assert!(value.len() >= 8, "{kind} is too short to look for: {value}");
        let mut secrets = self.0.lock().unwrap();
        if !secrets.iter().any(|(_, known)| known == value) {
            secrets.push((kind, value.to_owned()));
        }
    }

    pub(super) fn last(&self, kind: &str) -> String {
        let secrets = self.0.lock().unwrap();
        secrets.iter().rfind(|(it, _)| *it == kind).unwrap().1.clone()
    }

    pub(super) fn kinds(&self) -> BTreeSet<&'static str> {
        self.0.lock().unwrap().iter().map(|(kind, _)| *kind).collect()
    }

    /// What the EHR saw of them.
    pub(super) fn learn_from(&self, requests: &[ReceivedRequest]) {
        for request in requests {
            let names: &[_] = match request.endpoint {
                Endpoint::Authorize => &[("state", "state"), ("nonce", "nonce"), ("launch", "launch value")],
                Endpoint::Token => &[
                    ("code", "code"),
                    ("code_verifier", "verifier"),
                    ("refresh_token", "refresh token"),
                    ("client_assertion", "assertion"),
                ],
                Endpoint::Revocation | Endpoint::Introspection => {
                    &[("token", "access token"), ("client_assertion", "assertion")]
                }
                _ => &[],
            };
            for (name, kind) in names {
                if let Some(value) = request.parameter(name) {
                    self.add(kind, &value);
                }
            }
            if let Some(basic) = request.header("authorization").and_then(|it| it.strip_prefix("Basic ")) {
                self.add("client secret", basic);
            }
        }
    }

    /// Panics when a secret that is not of one of the `allowed` kinds is in the text, in any spelling.
    pub(super) fn assert_not_in(&self, text: &str, wherefrom: &str, allowed: &[&str]) {
        for (kind, secret) in self
            .0
            .lock()
            .unwrap()
            .iter()
            .filter(|(kind, _)| !allowed.contains(kind))
        {
            let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let debug = format!("{secret:?}");
            let html = secret.replace('+', "&#43;").replace('=', "&#61;").replace('/', "&#47;");
            for spelling in [secret.as_str(), &encoded, debug.trim_matches('"'), &html] {
                if let Some(at) = text.find(spelling) {
                    let around: String = text[..at]
                        .chars()
                        .rev()
                        .take(300)
                        .collect::<Vec<_>>()
                        .into_iter()
                        .rev()
                        .collect();
                    panic!("{wherefrom}: the {kind} is there, after: {around}");
                }
            }
        }
    }
}
