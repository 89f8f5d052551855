//! The cookie of a sign-in: what the callback needs, sealed, for as long as a sign-in may take.
//!
//! It is on `/`, so that other sites of the same domain cannot plant one, and so that the launch route sees how many there
//! are. A reverse proxy often takes no more than 8 kB of cookies, so all of them together are bounded too.

use actix_web::HttpRequest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    actix::cookies::{Life, SetCookie, all, values},
    config::Settings,
    protocol::secret::State,
    shared::Shared,
    sign_in::{SignIn, UsedSignIn},
    store::{PendingKey, PendingRecord, SealError},
    time::Timestamp,
};

/// How many bytes all sign-in cookies of a browser may take.
const MOST_BYTES: usize = 6_000;

/// What the browser has for this `state`. A sign-in that was begun is worth more than what is left of one.
pub(super) fn find(request: &HttpRequest, shared: &Shared, state: &State) -> Option<SignIn> {
    let key = PendingKey::of(state);
    let name = name(&shared.settings, key);
    let mut used = None;
    for value in values(request, &name) {
        let Some((_, sealed)) = value.split_once('.') else {
            continue;
        };
        match SignIn::open(&shared.sealing, key, sealed) {
            Some(SignIn::Begun(record)) if !has_expired(shared, record.started_at) => {
                return Some(SignIn::Begun(record));
            }
            Some(SignIn::Used(sign_in)) => used = Some(SignIn::Used(sign_in)),
            Some(SignIn::Begun(_)) | None => {}
        }
    }
    used
}

/// Whether the browser has any, for whichever `state`.
pub(super) fn has_any(request: &HttpRequest, settings: &Settings) -> bool {
    all(request).any(|(name, _)| name.starts_with(settings.cookies.sign_in.as_str()))
}

/// The `Set-Cookie` values for a sign-in that begins, with those that take the oldest away when there are too many.
pub(super) fn begin(
    request: &HttpRequest,
    shared: &Shared,
    state: &State,
    record: PendingRecord,
) -> Result<Vec<String>, SealError> {
    let settings = &shared.settings;
    let (key, started_at) = (PendingKey::of(state), record.started_at);
    let name = name(settings, key);
    let value = value(started_at, &SignIn::Begun(Box::new(record)).seal(&shared.sealing, key)?);
    let mut room = MOST_BYTES.saturating_sub(name.len() + value.len());
    let mut others: Vec<_> = all(request)
        .filter(|(other, _)| other.starts_with(settings.cookies.sign_in.as_str()) && *other != name)
        .collect();
    others.sort_by_key(|(_, value)| std::cmp::Reverse(began(value)));
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

/// The `Set-Cookie` value for a sign-in whose callback has been answered.
pub(super) fn used(shared: &Shared, state: &State, used: UsedSignIn) -> Option<String> {
    let key = PendingKey::of(state);
    let sealed = SignIn::Used(used).seal(&shared.sealing, key).ok()?;
    let life = Life::Seconds(shared.settings.rules.lifetimes.pending.as_secs().max(1));
    let name = name(&shared.settings, key);
    Some(set(&shared.settings, &name, &value(shared.now(), &sealed), life))
}

/// The `Set-Cookie` values that take all of them away.
pub(super) fn remove_all(request: &HttpRequest, settings: &Settings) -> Vec<String> {
    all(request)
        .filter(|(name, _)| name.starts_with(settings.cookies.sign_in.as_str()))
        .map(|(name, _)| remove(settings, name))
        .take(32)
        .collect()
}

fn has_expired(shared: &Shared, started_at: Timestamp) -> bool {
    shared.now() >= started_at.saturating_add(shared.rules().lifetimes.pending)
}

/// The beginning tells which sign-ins there are, the rest which one it is.
fn name(settings: &Settings, key: PendingKey) -> String {
    let (tag, _) = key.as_bytes().split_at(9);
    format!("{}{}", settings.cookies.sign_in, URL_SAFE_NO_PAD.encode(tag))
}

/// When it began stands in front, for those who have to take the oldest.
fn value(started_at: Timestamp, sealed: &str) -> String {
    format!("{}.{sealed}", started_at.as_millis())
}

fn began(value: &str) -> u64 {
    let began = value.split_once('.').map(|(began, _)| began);
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
