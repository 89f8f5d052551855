//! One browser, under all the names that it is known by.
//!
//! A session can be purged, re-keyed or planted, and a cookie can be lost. So a browser has two names that do not depend
//! on each other, its browser cookie and its session, and the store remembers which of them came together. Ending and
//! counting take all launches under all of them.

mod launch_cookies;
mod open;

pub(crate) use open::{NotOpened, open_launch};

use crate::{
    shared::Shared,
    store::{BrowserKey, EndReason, JustEnded, Memo, StoreError},
};

/// How many names of one browser are followed. An honest one has two or three.
const NAMES: usize = 16;

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
    /// Whether it has any name: what it has can be found then.
    #[cfg_attr(not(feature = "actix"), expect(dead_code, reason = "the logout routes ask"))]
    pub(crate) fn is_known(&self) -> bool {
        self.names().next().is_some()
    }

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
            for other in backend.recall(name, Memo::SameBrowser, shared.now()).await? {
                if let Ok(other) = other.try_into() {
                    add(&mut names, BrowserKey::from_bytes(other));
                }
            }
        }
        Ok(names)
    }
}

/// Ends every launch of a browser, as far as it can be found. What was ended is handed out also when a part fails.
pub(crate) async fn end_all(shared: &Shared, browser: &Browser) -> (JustEnded, Result<(), StoreError>) {
    let mut ended = JustEnded::nothing();
    let (names, mut result) = match browser.all_names(shared).await {
        Ok(names) => (names, Ok(())),
        Err(error) => (browser.names().collect(), Err(error)),
    };
    for name in names {
        let ending = shared
            .store
            .backend()
            .end_all_of(name, EndReason::LoggedOut, shared.rules(), shared.now());
        match ending.await {
            Ok(more) => ended.extend(more),
            Err(error) => result = Err(error),
        }
    }
    (ended, result)
}
