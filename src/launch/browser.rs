//! One browser, under all the names that it is known by.
//!
//! A session can be purged, re-keyed or planted, and a cookie can be lost. So a browser has names that do not depend on
//! each other: its browser cookie, its session, and the cookies of its last sign-ins. The store remembers which of them came
//! together. Ending and counting take all launches under all of them.

mod launch_cookies;
mod open;
mod parts;

use std::time::Duration;

pub(crate) use launch_cookies::note_launch_cookie;
pub(crate) use open::{NotOpened, Opened, WhyNotOpened, open_launch};
pub(crate) use parts::Parts;

use crate::{
    protocol::secret::BrowserId,
    runtime::Runtime,
    store::{BrowserKey, EndReason, EndedLaunches, Memo, StoreError, StoreRules},
    time::Timestamp,
};

/// How many names of one browser are followed. An honest one has two or three; one that loses a cookie with every launch
/// has as many as launches.
const NAMES: usize = 32;
/// How many are followed in all, from the several that a request may say.
const ALL_NAMES: usize = 128;

/// What a request says of the browser that it comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Browser {
    /// From its browser cookie. More than one where a partitioned and an unpartitioned one came, or a planted one.
    pub(crate) cookies: Vec<BrowserKey>,
    /// From its session.
    pub(crate) session: Option<BrowserKey>,
    /// Of launches that its launch cookies prove.
    pub(crate) proved: Vec<BrowserKey>,
    /// One for each sign-in that it has a cookie of. No launch is opened under these. Two first visits at once give a browser
    /// two cookies, one after the other; these lead from one to the other.
    pub(crate) sign_ins: Vec<BrowserKey>,
}

impl Browser {
    /// The names that launches may be opened under.
    fn own_names(&self) -> impl Iterator<Item = BrowserKey> {
        self.cookies.iter().copied().chain(self.session)
    }

    /// All names that it is known by: those of the request, and those that came together with one of them before. When a
    /// part fails, those that were found all the same.
    pub(crate) async fn all_names(&self, runtime: &Runtime) -> Vec<BrowserKey> {
        self.names(runtime, &mut Parts::each_of_use(runtime)).await
    }

    async fn names(&self, runtime: &Runtime, parts: &mut Parts<'_>) -> Vec<BrowserKey> {
        let backend = &runtime.store;
        let mut names: Vec<BrowserKey> = Vec::new();
        // What is harder to plant comes first, and each leads to so many of its own: planted ones crowd nothing out.
        let starts = self
            .proved
            .iter()
            .chain(&self.session)
            .chain(&self.sign_ins)
            .chain(&self.cookies);
        // Once a walk has found more than it follows, what it reached has to be walked again by those that start there.
        let mut crowded = false;
        for start in starts {
            let mut found = vec![*start];
            let mut at = 0;
            while names.len() < ALL_NAMES
                && !parts.are_over()
                && let Some(name) = found.get(at).copied()
            {
                at += 1;
                if !names.contains(&name) {
                    names.push(name);
                } else if !crowded {
                    continue;
                }
                let others = parts.done(readable(backend.recall(name, Memo::SameBrowser).await));
                let others = others.into_iter().flatten();
                for other in others.filter_map(|other| other.try_into().ok()) {
                    let other = BrowserKey::from_bytes(other);
                    if !found.contains(&other) {
                        if found.len() < NAMES {
                            found.push(other);
                        } else {
                            crowded = true;
                        }
                    }
                }
            }
        }
        names.retain(|name| !self.sign_ins.contains(name));
        names
    }

    /// All names, or an error where a part of them cannot be found: for callers to whom a part is of no use.
    pub(crate) async fn every_name(&self, runtime: &Runtime) -> Result<Vec<BrowserKey>, StoreError> {
        let mut parts = Parts::all_or_none(runtime);
        let names = self.names(runtime, &mut parts).await;
        parts.result().map(|()| names)
    }
}

/// What came of signing out of all.
pub(crate) struct SignedOut {
    /// The launches that ended.
    pub(crate) ended: EndedLaunches,
    /// Whether the browser is one that had launches here: there was something to end, or the store remembers one.
    pub(crate) is_known: bool,
    /// Under another id it is known from now on.
    pub(crate) new_browser: BrowserId,
}

/// Ends every launch of a browser, as far as it can be found, also when a part fails. Sign-ins that are under way in it
/// open nothing any more.
///
/// Of a browser that had no launches here nothing is noted under names that may be invented.
pub(crate) async fn end_all(runtime: &Runtime, browser: &Browser) -> (SignedOut, Result<(), StoreError>) {
    let backend = &runtime.store;
    let new_browser = BrowserId::random(&mut rand::rng());
    let mut ended = EndedLaunches::nothing();
    let mut parts = Parts::each_of_use(runtime);
    let (mut looked_at, mut known) = (Vec::new(), Vec::new());
    loop {
        let names = browser.names(runtime, &mut parts).await;
        let new_names: Vec<_> = names.into_iter().filter(|name| !looked_at.contains(name)).collect();
        if new_names.is_empty() {
            break;
        }
        let mut to_note = Vec::new();
        for name in new_names {
            looked_at.push(name);
            if parts.are_over() {
                break;
            }
            let had = parts.done(had_launches(runtime, name).await);
            if had.is_none_or(|had| had || browser.proved.contains(&name)) {
                to_note.push(name);
            }
        }
        if known.is_empty() && !to_note.is_empty() {
            // A sign-in that is under way comes back with these.
            to_note.push(BrowserKey::of_cookie(&new_browser));
            to_note.extend(browser.session.filter(|session| !to_note.contains(session)));
        }
        // Noted before anything ends, and the names looked up again afterwards: of a sign-out and a launch that opens under
        // a new name at the same moment, at least one sees the other.
        for name in to_note {
            if !parts.are_over() {
                parts.done(note_signed_out(runtime, name, Of::Known).await);
            }
            known.push(name);
        }
        if parts.are_over() {
            break;
        }
    }
    if let (true, Some(session), false) = (known.is_empty(), browser.session, browser.sign_ins.is_empty()) {
        // A first sign-in that is being finished at this moment. A session is not invented, so no stranger makes many. The
        // names of sign-ins can be, so nothing is noted under them.
        parts.done(note_signed_out(runtime, session, Of::Unknown).await);
    }
    for name in &known {
        if parts.are_over() {
            break;
        }
        let more = parts.done(backend.end_all_of(*name, EndReason::LoggedOut).await);
        more.into_iter().for_each(|more| ended.extend(more));
    }
    let out = SignedOut {
        ended,
        is_known: !known.is_empty(),
        new_browser,
    };
    (out, parts.result())
}

/// Whether launches of a browser are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Openness {
    /// The store knows nothing of this browser.
    NothingKnown,
    /// It had some, or has signed out of all.
    NoneOpen,
    SomeOpen,
}

/// Whether launches of this browser are open, as far as they can be found.
pub(crate) async fn openness(runtime: &Runtime, browser: &Browser) -> Result<Openness, StoreError> {
    let mut openness = Openness::NothingKnown;
    for name in browser.every_name(runtime).await? {
        if !runtime.store.launches_of(name, None).await?.is_empty() {
            return Ok(Openness::SomeOpen);
        }
        if openness == Openness::NothingKnown && had_launches(runtime, name).await? {
            openness = Openness::NoneOpen;
        }
    }
    Ok(openness)
}

/// Whose sign-out is noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// A browser that had launches here. That it has signed out is remembered as long as a launch would be.
    Known,
    /// Another one. It stops what is under way, and proves nothing later.
    Unknown,
}

async fn note_signed_out(runtime: &Runtime, name: BrowserKey, of: Of) -> Result<(), StoreError> {
    let now = runtime.now();
    let mut moment = now.as_millis().to_be_bytes().to_vec();
    let mut rules = runtime.rules();
    if of == Of::Unknown {
        moment.push(0);
        rules = for_a_sign_in(rules);
    }
    let note = runtime.store.remember(name, Memo::SignedOut, moment, 1, rules);
    match note.await {
        // Where there is no room for a note there is none for another launch either.
        Ok(_) | Err(StoreError::Full) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The rules by which a list lives as long as a sign-in.
const fn for_a_sign_in(mut rules: StoreRules) -> StoreRules {
    (rules.lifetimes.launch_absolute, rules.lifetimes.ended) = (rules.lifetimes.pending, Duration::ZERO);
    rules
}

/// Whether the browser with this name has launches, or the store remembers that it had, or that it has signed out of them.
async fn had_launches(runtime: &Runtime, name: BrowserKey) -> Result<bool, StoreError> {
    let backend = &runtime.store;
    for memo in [Memo::LaunchCookies, Memo::SameBrowser] {
        if !readable(backend.recall(name, memo).await)?.is_empty() {
            return Ok(true);
        }
    }
    let notes = readable(backend.recall(name, Memo::SignedOut).await)?;
    if notes.iter().any(|note| note.len() == MOMENT) {
        return Ok(true);
    }
    Ok(!backend.launches_of(name, None).await?.is_empty())
}

/// The length of a moment. A longer note is of a browser that was not known.
const MOMENT: usize = size_of::<u64>();

/// How far two processes may be apart in what they take for the store's time. A sign-out that lies further in the future was
/// noted while the store's own clock was wrong; it must not keep a person out until the right one gets there.
const CLOCKS_DIFFER: Duration = Duration::from_secs(5);

/// Whether somebody has signed out of all in the browser with these names after this moment.
async fn signed_out_since(runtime: &Runtime, names: &[BrowserKey], since: Timestamp) -> Result<bool, StoreError> {
    let backend = &runtime.store;
    let until = runtime.now().saturating_add(CLOCKS_DIFFER);
    for name in names {
        let recalled = runtime.store.retried(|| backend.recall(*name, Memo::SignedOut)).await;
        for note in readable(recalled)? {
            let Some(moment) = note.first_chunk::<MOMENT>() else {
                continue;
            };
            let moment = Timestamp::from_millis(u64::from_be_bytes(*moment));
            if since < moment && moment <= until {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// A list that is damaged is as good as none: nobody is to be locked out by it.
fn readable(recalled: Result<Vec<Vec<u8>>, StoreError>) -> Result<Vec<Vec<u8>>, StoreError> {
    match recalled {
        Err(StoreError::Unreadable) => {
            tracing::error!(
                "a list of a browser in the token store cannot be read; launches under its other names are not found"
            );
            Ok(Vec::new())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests;
