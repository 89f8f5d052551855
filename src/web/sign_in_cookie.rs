//! The cookie of a sign-in: what the callback needs, sealed, for as long as a sign-in may take.
//!
//! It is on `/`, so that other sites of the same domain cannot plant one, and so that the launch route sees how many there
//! are. A reverse proxy often takes no more than 8 kB of cookies, so all of them together are bounded too.

use std::collections::HashMap;

use super::{
    cookies::{all, values},
    request_head::RequestHead,
    set_cookie::{Life, SetCookie},
};
use crate::{
    config::Settings,
    launch::sign_in::{SignIn, SignInTag, UsedSignIn},
    log_throttle::log_seldom,
    protocol::{random::random_text, secret::State},
    runtime::Runtime,
    store::{BrowserKey, PendingKey, PendingRecord, SealError},
    time::Timestamp,
};

/// How many bytes all sign-in cookies of a browser may take.
const MOST_BYTES: usize = 4_096;
/// Browsers drop a larger cookie without a word. With the attributes it is a little more.
const MOST_OF_ONE: usize = 3_900;
/// Of more than these, planted ones among them, no notice is taken.
const MOST_LOOKED_AT: usize = 16;

/// A random text in the cookie of a sign-in, from its beginning to its end: a name of the browser that only the browser
/// knows. The name of the cookie is none: it follows from the `state`, which others see.
#[derive(Debug, Clone)]
pub(crate) struct Link(String);

impl Link {
    const LENGTH: usize = 16;

    fn random() -> Self {
        Self(random_text::<12>(&mut rand::rng()))
    }
}

/// What the browser has for this `state`. A sign-in that was begun is worth more than what is left of one.
pub(crate) fn find(request: &impl RequestHead, runtime: &Runtime, state: &State) -> Option<(SignIn, Link)> {
    let key = PendingKey::of(state);
    let name = name(&runtime.settings, key);
    let mut used = None;
    for value in values(request, &name).filter_map(Value::read) {
        let opened = SignIn::open(&runtime.sealing, key, value.sealed)
            .filter(|sign_in| !runtime.store.has_come(ends_at(runtime, sign_in.started_at())));
        let link = Link(value.link.to_owned());
        match opened {
            Some(begun @ SignIn::Begun(_)) => return Some((begun, link)),
            Some(other) => used = Some((other, link)),
            None => {}
        }
    }
    used
}

/// Whether the browser has any, for whichever `state`.
pub(crate) fn has_any(request: &impl RequestHead, settings: &Settings) -> bool {
    named(request, settings).next().is_some()
}

/// The sign-ins that the browser has cookies of, as names of the browser.
pub(crate) fn names_of_browser(request: &impl RequestHead, settings: &Settings) -> Vec<BrowserKey> {
    named(request, settings)
        .filter_map(|(_, value)| Value::read(value))
        .map(|value| BrowserKey::of_sign_in(value.link))
        .take(MOST_LOOKED_AT)
        .collect()
}

/// All of them, name and value.
fn named<'r>(request: &'r impl RequestHead, settings: &'r Settings) -> impl Iterator<Item = (&'r str, &'r str)> {
    all(request).filter(|(name, _)| tag_of(name, settings).is_some())
}

/// Which sign-in a name says. Of another application on the host ours may be the beginning of its names.
fn tag_of(name: &str, settings: &Settings) -> Option<SignInTag> {
    SignInTag::parse(name.strip_prefix(settings.cookies.sign_in.as_str())?)
}

/// The `Set-Cookie` values for a sign-in that begins, with those that take the oldest away when there are too many.
pub(crate) fn begin(
    request: &impl RequestHead,
    runtime: &Runtime,
    state: &State,
    record: &PendingRecord,
) -> Result<Vec<String>, NotSealed> {
    let settings = &runtime.settings;
    let key = PendingKey::of(state);
    let name = name(settings, key);
    let value = value_of(runtime, key, record)?;
    let mut room = MOST_BYTES.saturating_sub(name.len() + value.len());
    // Two of one name are one: the older goes with the younger.
    let mut others: HashMap<&str, &str> = HashMap::new();
    for (other, value) in named(request, settings).filter(|(other, _)| *other != name) {
        let there = others.entry(other).or_insert(value);
        if began(value) > began(there) {
            *there = value;
        }
    }
    let mut others: Vec<_> = others.into_iter().collect();
    // Cookies of used sign-ins are removed before those of begun ones.
    others.sort_by_key(|(_, value)| std::cmp::Reverse((value.starts_with(BEGUN), began(value))));
    let mut cookies = Vec::new();
    for (at, (other, value)) in others.into_iter().enumerate() {
        let fits = room.checked_sub(other.len() + value.len());
        match fits.filter(|_| at.saturating_add(1) < settings.rules.limits.pending) {
            Some(left) => room = left,
            None => cookies.push(remove(settings, other)),
        }
    }
    let life = Life::Seconds(settings.rules.lifetimes.pending.as_secs().max(1));
    cookies.push(set(settings, &name, &value, life));
    Ok(cookies)
}

/// The `Set-Cookie` value for a sign-in whose callback has been answered. It lives as long as the sign-in would have.
pub(crate) fn used(runtime: &Runtime, state: &State, used: UsedSignIn, link: &Link) -> Option<String> {
    let (key, started_at) = (PendingKey::of(state), used.started_at);
    let sealed = used.seal(&runtime.sealing, SignInTag::of(key)).ok()?;
    let left = ends_at(runtime, started_at).saturating_since(runtime.now());
    let life = Life::Seconds(left.as_secs().max(1));
    let name = name(&runtime.settings, key);
    let value = value(USED, started_at, link, &sealed);
    Some(set(&runtime.settings, &name, &value, life))
}

/// The `Set-Cookie` values that take all of them away, those of sign-ins that are under way first.
pub(crate) fn remove_all(request: &impl RequestHead, settings: &Settings) -> Vec<String> {
    let mut all: Vec<_> = named(request, settings).take(MOST_LOOKED_AT).collect();
    all.sort_by_key(|(_, value)| !value.starts_with(BEGUN));
    all.into_iter().map(|(name, _)| remove(settings, name)).collect()
}

fn ends_at(runtime: &Runtime, started_at: Timestamp) -> Timestamp {
    started_at.saturating_add(runtime.rules().lifetimes.pending)
}

/// The beginning tells which sign-ins there are, the rest which one it is.
fn name(settings: &Settings, key: PendingKey) -> String {
    format!("{}{}", settings.cookies.sign_in, SignInTag::of(key).text())
}

/// What a value begins with while the sign-in is under way.
const BEGUN: char = 'b';
/// What a value begins with when a callback was answered.
const USED: char = 'u';

/// Why a sign-in cannot begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotSealed {
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error("the sign-in takes more than a cookie can hold ({MOST_OF_ONE} bytes); request fewer scopes")]
    TooLarge,
}

/// Without the page to come back to, if that makes it too large.
fn value_of(runtime: &Runtime, key: PendingKey, record: &PendingRecord) -> Result<String, NotSealed> {
    let link = Link::random();
    let seal = |record: &PendingRecord| {
        let sealed = SignIn::seal(record, &runtime.sealing, key)?;
        Ok::<_, SealError>(value(BEGUN, record.started_at, &link, &sealed))
    };
    let whole = seal(record)?;
    if whole.len() <= MOST_OF_ONE {
        return Ok(whole);
    }
    log_seldom!(
        runtime,
        warn,
        "a sign-in is too large for a cookie; it will lead to the landing page and not back to a long address"
    );
    let without = PendingRecord {
        return_to: None,
        ..record.clone()
    };
    Some(seal(&without)?)
        .filter(|value| value.len() <= MOST_OF_ONE)
        .ok_or(NotSealed::TooLarge)
}

/// What it is and when it began come first, so that the oldest cookie is found without opening any.
fn value(what: char, started_at: Timestamp, link: &Link, sealed: &str) -> String {
    format!("{what}{}.{}.{sealed}", started_at.as_millis(), link.0)
}

/// A value, taken apart.
struct Value<'v> {
    link: &'v str,
    sealed: &'v str,
}

impl<'v> Value<'v> {
    fn read(value: &'v str) -> Option<Self> {
        let mut parts = value.split('.').skip(1);
        let link = parts.next().filter(|link| link.len() == Link::LENGTH)?;
        let sealed = parts.next()?;
        Some(Self { link, sealed })
    }
}

fn began(value: &str) -> u64 {
    let began = value
        .split_once('.')
        .and_then(|(began, _)| began.strip_prefix([BEGUN, USED]));
    began.and_then(|began| began.parse().ok()).unwrap_or_default()
}

fn set(settings: &Settings, name: &str, value: &str, life: Life) -> String {
    SetCookie {
        name,
        value,
        path: "/",
        life,
    }
    .text(&settings.cookies)
}

fn remove(settings: &Settings, name: &str) -> String {
    set(settings, name, "", Life::Removed)
}

#[cfg(test)]
mod tests;
