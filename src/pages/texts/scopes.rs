//! Scopes in words, for people who never heard of them.

use super::phrases::{not_saved, sentences, with_start};
use crate::{
    pages::{
        audience::Audience,
        page::{Page, PageList},
        problem_json::INSUFFICIENT_SCOPE,
        words::{Words, fill},
    },
    protocol::scope::{Permissions, ResourceScope, Scope, ScopeContext, ScopeKind, Scopes},
    store::LaunchKind,
};

/// More than this is not read.
const MOST_IN_WORDS: usize = 5;

/// A launch without the scopes that it cannot do without.
pub(super) fn not_granted(words: &Words, missing: &Scopes, began: LaunchKind) -> Page {
    let of = &words.scopes.not_granted;
    let next = match began {
        LaunchKind::Ehr => words.scopes.allow_open,
        LaunchKind::Standalone => words.scopes.allow_start,
    };
    let after = sentences([of.what, next, words.next.otherwise_tell]);
    let page = if missing.is_empty() {
        let message = sentences([words.scopes.all_it_needs, &after]);
        Page::new(403, "scopes-not-granted", of.title, message)
    } else {
        let list = PageList::new(words.scopes.does_not_let, in_words(words, missing), after);
        Page::new(403, "scopes-not-granted", of.title, "").with_list(list)
    };
    with_missing(words, page, missing)
}

/// A route that needs more than was granted. The launch is open, and other pages may well work.
///
/// `requested`: what the launch had asked for and was not given, where that is known. Whoever is asked for help finds those scopes in
/// the registration, and not the narrower ones that one request needs.
pub(crate) fn insufficient_scope(
    words: &Words,
    missing: &Scopes,
    requested: &Scopes,
    audience: Audience,
    relaunch: Option<String>,
) -> Page {
    let of = &words.scopes.insufficient;
    let next = match relaunch {
        Some(_) => words.scopes.allow_start,
        None => words.scopes.allow_open,
    };
    let after = sentences([of.what, next, words.next.otherwise_tell]);
    if missing.is_empty() {
        let message = sentences([words.scopes.all_page_needs, &after]);
        let message = not_saved(words, audience, message);
        let page = Page::new(403, INSUFFICIENT_SCOPE, of.title, message);
        return with_start(words, page, relaunch);
    }
    let list = PageList::new(
        not_saved(words, audience, words.scopes.does_not_let.to_owned()),
        in_words(words, missing),
        sentences([words.scopes.page_needs, &after]),
    );
    let page = Page::new(403, INSUFFICIENT_SCOPE, of.title, "").with_list(list);
    let page = with_start(words, page, relaunch);
    with_named(words, page, &as_requested(missing, requested)).with_missing_scopes(missing)
}

fn with_missing(words: &Words, page: Page, missing: &Scopes) -> Page {
    if missing.is_empty() {
        return page;
    }
    with_named(words, page, missing).with_missing_scopes(missing)
}

fn with_named(words: &Words, page: Page, scopes: &Scopes) -> Page {
    page.with_detail(fill(words.frame.not_granted, &[("scopes", scopes.as_str())]))
}

/// Each missing scope, or in its place what was requested so that it would be covered.
fn as_requested(missing: &Scopes, requested: &Scopes) -> Scopes {
    let mut named = Scopes::default();
    for token in missing.iter() {
        let of_token = Scopes::parse(token);
        let wider = requested.iter().find(|wider| Scopes::parse(wider).covers(&of_token));
        named.insert(wider.unwrap_or(token));
    }
    named
}

/// One item for each thing that cannot be done.
fn in_words(words: &Words, scopes: &Scopes) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for token in scopes.iter() {
        let one = one_in_words(words, token);
        if !all.contains(&one) {
            all.push(one);
        }
    }
    let more = all.len().saturating_sub(MOST_IN_WORDS);
    all.truncate(MOST_IN_WORDS);
    if more > 0 {
        all.push(fill(words.scopes.more, &[("number", &more.to_string())]));
    }
    all
}

fn one_in_words(words: &Words, token: &str) -> String {
    match Scope::parse(token).kind() {
        ScopeKind::Resource(scope) => resource_in_words(words, &scope),
        ScopeKind::Launch(_) => words.scopes.launch.to_owned(),
        ScopeKind::OpenId | ScopeKind::FhirUser | ScopeKind::Profile => words.scopes.identity.to_owned(),
        ScopeKind::OnlineAccess | ScopeKind::OfflineAccess => words.scopes.connected.to_owned(),
        ScopeKind::Other(token) => fill(words.scopes.other, &[("scope", token)]),
    }
}

fn resource_in_words(words: &Words, scope: &ResourceScope<'_>) -> String {
    let of = &words.scopes;
    let verbs: Vec<&str> = [
        (Permissions::V1_READ, of.see),
        (Permissions::CREATE, of.add),
        (Permissions::UPDATE, of.change),
        (Permissions::DELETE, of.delete),
    ]
    .into_iter()
    .filter(|(of, _)| scope.permissions().intersects(*of))
    .map(|(_, verb)| verb)
    .collect();
    let what = match (scope.resource_type(), words.resources.of(scope.resource_type())) {
        ("*", _) => of.every_kind.to_owned(),
        (_, Some(words)) => words.to_owned(),
        (name, None) => fill(of.of_kind, &[("kind", name)]),
    };
    let whose = match (scope.context(), scope.is_constrained()) {
        (ScopeContext::Patient, false) => of.of_patient,
        (ScopeContext::Patient, true) => of.some_of_patient,
        (ScopeContext::User | ScopeContext::System, false) => of.of_user,
        (ScopeContext::User | ScopeContext::System, true) => of.some_of_user,
    };
    let verbs = verbs.join(&format!(" {} ", of.and));
    fill(whose, &[("verbs", &verbs), ("what", &what)])
}

#[cfg(test)]
mod tests;
