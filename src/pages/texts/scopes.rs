//! Scopes in words, for people who never heard of them.

use super::phrases::not_saved;
use crate::{
    pages::{audience::Audience, page::Page, problem_json::INSUFFICIENT_SCOPE},
    protocol::scope::{Permissions, ResourceScope, Scope, ScopeContext, ScopeKind, Scopes},
    store::LaunchKind,
};

/// More than this is not read.
const MOST_IN_WORDS: usize = 5;

/// A launch without the scopes that it cannot do without.
pub(super) fn not_granted(missing: &Scopes, began: LaunchKind) -> Page {
    let again = match began {
        LaunchKind::Ehr => "open the application again from the patient's chart",
        LaunchKind::Standalone => "start again",
    };
    let message = format!(
        "Your health record system does not let this application {}. The application cannot work without it. If you were \
         asked what to allow, please {again} and allow it. Otherwise please tell the application's support team.",
        in_words(missing)
    );
    page("scopes-not-granted", "Some access was not given", message, missing)
}

/// A route that needs more than was granted. The launch is open, and other pages may well work.
pub(crate) fn insufficient_scope(missing: &Scopes, audience: Audience) -> Page {
    let message = format!(
        "Your health record system does not let this application {}, which this page needs. Other pages of the \
         application still work. If you were asked what to allow when you signed in, you can sign in again and allow it.",
        in_words(missing)
    );
    page(
        INSUFFICIENT_SCOPE,
        "This page needs access that was not given",
        not_saved(audience, message),
        missing,
    )
}

fn page(code: &'static str, title: &str, message: String, missing: &Scopes) -> Page {
    let page = Page::new(403, code, title, message);
    if missing.is_empty() {
        return page;
    }
    page.with_detail(format!("Not granted: {missing}"))
        .with_missing_scopes(missing)
}

/// Goes on from "does not let this application".
fn in_words(scopes: &Scopes) -> String {
    let mut all: Vec<String> = Vec::new();
    for token in scopes.iter() {
        let words = one_in_words(token);
        if !all.contains(&words) {
            all.push(words);
        }
    }
    let more = all.len().saturating_sub(MOST_IN_WORDS);
    all.truncate(MOST_IN_WORDS);
    if more > 0 {
        all.push(format!("do {more} more things"));
    }
    match all.split_last() {
        None => "do all that it needs to".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

fn one_in_words(token: &str) -> String {
    match Scope::parse(token).kind() {
        ScopeKind::Resource(scope) => resource_in_words(&scope),
        ScopeKind::Launch(_) => "know what is open in it".to_owned(),
        ScopeKind::OpenId | ScopeKind::FhirUser | ScopeKind::Profile => "know who you are".to_owned(),
        ScopeKind::OnlineAccess | ScopeKind::OfflineAccess => "stay connected".to_owned(),
        ScopeKind::Other(token) => format!("use “{token}”"),
    }
}

fn resource_in_words(scope: &ResourceScope<'_>) -> String {
    let verbs: Vec<&str> = [
        (Permissions::V1_READ, "see"),
        (Permissions::CREATE, "add"),
        (Permissions::UPDATE, "change"),
        (Permissions::DELETE, "delete"),
    ]
    .into_iter()
    .filter(|(of, _)| scope.permissions().intersects(*of))
    .map(|(_, verb)| verb)
    .collect();
    let some = if scope.is_constrained() { "some of the " } else { "" };
    let what = match scope.resource_type() {
        "*" => "records of every kind".to_owned(),
        name => format!("records of the kind “{name}”"),
    };
    let whose = match scope.context() {
        ScopeContext::Patient => "of the patient",
        ScopeContext::User | ScopeContext::System => "that you may use yourself",
    };
    format!("{} {some}{what} {whose}", verbs.join(" and "))
}

#[cfg(test)]
mod tests;
