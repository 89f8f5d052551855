//! Where the sandbox is told to differ: the checks and the changes of its [`Peculiarity`]s.

use std::time::Duration;

use serde_json::{Map, Value, json};
use url::Url;

use super::{
    Peculiarity,
    http::{Incoming, Reply, find},
    launching::page_origins,
    pages::form_target,
    record::Endpoint,
    scopes::ResourceScope,
    settings::Settings,
    state::Agreement,
};
use crate::pages::escape;

impl Settings {
    pub(super) fn has(&self, peculiarity: &Peculiarity) -> bool {
        self.peculiarities.contains(peculiarity)
    }

    /// What `aud` has to be, where that is not the FHIR base URL.
    pub(super) fn audience(&self) -> Option<&str> {
        self.peculiarities.iter().find_map(|peculiarity| match peculiarity {
            Peculiarity::Audience(aud) => Some(aud.as_str()),
            _ => None,
        })
    }

    /// How soon after a refresh the next one is refused.
    pub(super) fn throttle(&self) -> Option<Duration> {
        self.peculiarities.iter().find_map(|peculiarity| match peculiarity {
            Peculiarity::RefreshThrottled(interval) => Some(*interval),
            _ => None,
        })
    }

    /// The header in which a client has to name itself to be told its endpoints.
    pub(super) fn client_header(&self) -> Option<&str> {
        self.peculiarities.iter().find_map(|peculiarity| match peculiarity {
            Peculiarity::EndpointsPerClient { header } => Some(header.as_str()),
            _ => None,
        })
    }

    /// The only algorithm that a client's assertion may have.
    pub(super) fn assertion_algorithm(&self) -> Option<&str> {
        self.peculiarities.iter().find_map(|peculiarity| match peculiarity {
            Peculiarity::OneAssertionAlgorithm(algorithm) => Some(algorithm.as_str()),
            _ => None,
        })
    }

    /// The members that the metadata lacks.
    pub(super) fn unlisted(&self) -> impl Iterator<Item = &str> {
        self.peculiarities.iter().filter_map(|peculiarity| match peculiarity {
            Peculiarity::Unlisted(member) => Some(member.as_str()),
            _ => None,
        })
    }

    /// Why a requested scope is refused, although it is one of SMART.
    pub(super) fn refuses_scope(&self, scope: &str) -> Option<String> {
        let resource = ResourceScope::parse(scope)?;
        let has = |peculiarity| self.has(&peculiarity);
        let v1 = is_v1(scope);
        if v1 && has(Peculiarity::OnlyScopesOfVersion2) {
            return Some(format!(
                "{scope} is of version 1; this server takes scopes of version 2 (.rs)."
            ));
        }
        if !v1 && has(Peculiarity::OnlyScopesOfVersion1) {
            return Some(format!(
                "{scope} is of version 2; this server takes scopes of version 1 (.read)."
            ));
        }
        (resource.resource_type == "*" && has(Peculiarity::NoWildcardScopes))
            .then(|| format!("{scope} is for all types; this server wants a scope for each type."))
    }

    /// The members of a token response as this server writes them.
    pub(super) fn write_oddly(&self, members: &mut Map<String, Value>, agreement: &Agreement) {
        if self.has(&Peculiarity::LowercaseTokenType) {
            members.insert("token_type".to_owned(), json!("bearer"));
        }
        if self.has(&Peculiarity::StateEchoed) {
            members.insert("state".to_owned(), json!(agreement.state));
        }
        if self.has(&Peculiarity::BannerAsText)
            && let Some(banner) = members.get_mut("need_patient_banner")
        {
            *banner = json!(banner.to_string());
        }
        let Some(Value::String(scopes)) = members.get_mut("scope") else {
            return;
        };
        if self.has(&Peculiarity::OfflineAccessNotEchoed) {
            let echoed: Vec<&str> = scopes
                .split(' ')
                .filter(|scope| !matches!(*scope, "offline_access" | "online_access"))
                .collect();
            *scopes = echoed.join(" ");
        }
        if self.has(&Peculiarity::UnprefixedScopes) {
            let mut written: Vec<String> = scopes.split(' ').map(without_context).collect();
            // For the space at the end.
            written.push(String::new());
            *scopes = written.join(" ");
        }
    }

    /// An answer as this server, which has this origin, sends it.
    pub(super) fn send_oddly(&self, origin: &str, endpoint: Endpoint, incoming: &Incoming, mut reply: Reply) -> Reply {
        if self.has(&Peculiarity::ErrorUriOnly) {
            replace_description(&mut reply);
        }
        if self.has(&Peculiarity::FormPost)
            && endpoint == Endpoint::Authorize
            && !asks_for_query(incoming)
            && let Some(page) = as_form(origin, &reply)
        {
            return page;
        }
        reply
    }
}

/// `.read`, `.write`, `.*`.
fn is_v1(scope: &str) -> bool {
    [".read", ".write", ".*"].iter().any(|end| scope.ends_with(end))
}

fn without_context(scope: &str) -> String {
    if ResourceScope::parse(scope).is_none() {
        return scope.to_owned();
    }
    let (_, bare) = scope.split_once('/').unwrap_or(("", scope));
    bare.replace(".read", ".Read").replace(".write", ".Write")
}

const ERROR_URI: &str = "https://authorization.ehr.example/errors/instances/42";

/// In a JSON body, and in the query of a redirect.
fn replace_description(reply: &mut Reply) {
    if let Ok(mut members) = serde_json::from_slice::<Map<String, Value>>(&reply.body)
        && members.remove("error_description").is_some()
    {
        members.insert("error_uri".to_owned(), json!(ERROR_URI));
        reply.body = Value::Object(members).to_string().into_bytes();
    }
    for (name, value) in &mut reply.headers {
        if name != "location" {
            continue;
        }
        let Ok(mut url) = Url::parse(value) else { continue };
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        if find(&pairs, "error_description").is_none() {
            continue;
        }
        let others = pairs.iter().filter(|(name, _)| name != "error_description");
        url.query_pairs_mut()
            .clear()
            .extend_pairs(others)
            .append_pair("error_uri", ERROR_URI);
        *value = url.into();
    }
}

fn asks_for_query(incoming: &Incoming) -> bool {
    let pairs = incoming.form().unwrap_or_else(|| incoming.query());
    find(&pairs, "response_mode") == Some("query")
}

/// The parameters of a redirect, as a page whose form posts them.
fn as_form(origin: &str, reply: &Reply) -> Option<Reply> {
    let (_, location) = reply.headers.iter().find(|(name, _)| name == "location")?;
    let mut url = Url::parse(location).ok()?;
    let fields: String = url
        .query_pairs()
        .map(|(name, value)| {
            let (name, value) = (escape(&name), escape(&value));
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
        })
        .collect();
    url.set_query(None);
    let action = escape(url.as_str());
    let page = format!(
        "<!doctype html><title>Back to the application</title><form method=\"post\" action=\"{action}\">{fields}\
         <button>Continue</button></form>"
    );
    // A launch in a frame of the EHR comes by here too.
    let policy = format!(
        "default-src 'none'; form-action{}; base-uri 'none'; frame-ancestors {}",
        form_target(url.as_str()),
        page_origins(origin)
    );
    let page = Reply::new(200, "text/html; charset=utf-8", page)
        .with_header("content-security-policy", &policy)
        .with_header("cache-control", "no-store")
        .with_header("x-content-type-options", "nosniff");
    Some(page)
}
