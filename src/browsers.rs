//! One browser, under all the names that it is known by.
//!
//! A session can be purged, re-keyed or planted, and a cookie can be lost. So a browser has two names that do not depend
//! on each other, its browser cookie and its session, and the store remembers which of them came together. Ending and
//! counting take all launches under all of them.

mod launch_cookies;
mod open;

pub(crate) use open::{NotOpened, open_launch};

use crate::{
    protocol::secret::BrowserId,
    shared::Shared,
    store::{BrowserKey, EndReason, JustEnded, Memo, StoreError, retried},
    time::Timestamp,
};

/// How many names of one browser are followed. An honest one has two or three; one that loses a cookie with every launch
/// has as many as launches.
const NAMES: usize = 32;

/// What a request says of the browser that it comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Browser {
    /// From its browser cookie. More than one where a partitioned and an unpartitioned one came, or a planted one.
    pub(crate) cookies: Vec<BrowserKey>,
    /// From its session.
    pub(crate) session: Option<BrowserKey>,
    /// From the cookies of its last sign-ins.
    pub(crate) sign_ins: Vec<BrowserKey>,
}

impl Browser {
    /// The names that the request itself says, the best first.
    pub(crate) fn names(&self) -> impl Iterator<Item = BrowserKey> {
        let cookies = self.cookies.iter().copied();
        cookies.chain(self.session).chain(self.sign_ins.iter().copied())
    }

    /// All names that it is known by: those of the request, and those that came together with one of them before.
    pub(crate) async fn all_names(&self, shared: &Shared) -> Result<Vec<BrowserKey>, StoreError> {
        let backend = shared.store.backend();
        let mut names: Vec<BrowserKey> = Vec::new();
        let add = |names: &mut Vec<BrowserKey>, name| {
            if names.len() < NAMES && !names.contains(&name) {
                names.push(name);
            }
        };
        self.names().for_each(|name| add(&mut names, name));
        let mut at = 0;
        while let Some(name) = names.get(at).copied() {
            at += 1;
            for other in readable(backend.recall(name, Memo::SameBrowser, shared.now()).await)? {
                if let Ok(other) = other.try_into() {
                    add(&mut names, BrowserKey::from_bytes(other));
                }
            }
        }
        Ok(names)
    }
}

/// What came of signing out of all.
pub(crate) struct SignedOut {
    /// The launches that ended.
    pub(crate) ended: JustEnded,
    /// Whether the browser is one that had launches here: there was something to end, or the store remembers one.
    pub(crate) is_known: bool,
    /// Under another id it is known from now on.
    pub(crate) new_browser: BrowserId,
}

/// Ends every launch of a browser, as far as it can be found, also when a part fails. Sign-ins that are under way in it
/// open nothing any more.
pub(crate) async fn end_all(shared: &Shared, browser: &Browser) -> (SignedOut, Result<(), StoreError>) {
    let backend = shared.store.backend();
    let mut out = SignedOut {
        ended: JustEnded::nothing(),
        is_known: false,
        new_browser: BrowserId::random(&mut rand::rng()),
    };
    let (mut names, mut result) = match browser.all_names(shared).await {
        Ok(names) => (names, Ok(())),
        Err(error) => (browser.names().collect(), Err(error)),
    };
    for name in &names {
        match had_launches(shared, *name).await {
            Ok(had) => out.is_known |= had,
            Err(error) => result = Err(error),
        }
    }
    // First for those that open a launch at this moment.
    let now = shared.now().as_millis().to_be_bytes().to_vec();
    names.push(BrowserKey::of_cookie(&out.new_browser));
    for name in &names {
        let note = backend.remember(*name, Memo::SignedOut, now.clone(), 1, shared.rules(), shared.now());
        match note.await {
            // Where there is no room for a note there is none for another launch either.
            Ok(_) | Err(StoreError::Full) => {}
            Err(error) => result = Err(error),
        }
    }
    for name in &names {
        let ending = backend.end_all_of(*name, EndReason::LoggedOut, shared.rules(), shared.now());
        match ending.await {
            Ok(more) => out.ended.extend(more),
            Err(error) => result = Err(error),
        }
    }
    out.is_known |= out.ended.count() > 0;
    (out, result)
}

/// Whether the store remembers that the browser with this name had launches, or has signed out of all of them.
async fn had_launches(shared: &Shared, name: BrowserKey) -> Result<bool, StoreError> {
    let backend = shared.store.backend();
    for memo in [Memo::LaunchCookies, Memo::SameBrowser, Memo::SignedOut] {
        if !readable(backend.recall(name, memo, shared.now()).await)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether somebody has signed out of all in the browser with these names after this moment.
async fn signed_out_since(shared: &Shared, names: &[BrowserKey], since: Timestamp) -> Result<bool, StoreError> {
    let backend = shared.store.backend();
    for name in names {
        let recalled = retried(|| backend.recall(*name, Memo::SignedOut, shared.now())).await;
        for moment in readable(recalled)?
            .into_iter()
            .filter_map(|moment| moment.try_into().ok())
        {
            if Timestamp::from_millis(u64::from_be_bytes(moment)) > since {
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
