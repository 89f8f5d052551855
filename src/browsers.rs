//! One browser, under all the names that it is known by.
//!
//! A session can be purged, re-keyed or planted, and a cookie can be lost. So a browser has two names that do not depend
//! on each other, its browser cookie and its session, and the store remembers which of them came together. Ending and
//! counting take all launches under all of them.

use std::{future::Future, time::Duration};

use crate::{
    protocol::secret::BrowserId,
    shared::Shared,
    store::{
        BrowserKey, EndReason, JustEnded, LaunchId, LaunchKey, LaunchRecord, ListedLaunch, ListedUser, LoadedLaunch,
        Memo, OthersOnOpen, SealedKind, StoreError,
    },
};

/// How many names of one browser are followed. An honest one has two or three.
const NAMES: usize = 16;
/// How many names are remembered to be the same browser as one name.
const NAMES_OF_ONE: usize = 8;
/// How many launch cookies a browser keeps. Chromium evicts cookies of a host at 180, and not only ours.
const LAUNCH_COOKIES: usize = 40;

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

/// A launch that has been opened, and what came of it.
pub(crate) struct Opened {
    pub(crate) launch: LaunchId,
    /// The other launches that it ended.
    pub(crate) ended: JustEnded,
    /// The id for the browser's cookie, when it gets a new one.
    pub(crate) new_browser: Option<BrowserId>,
    /// Launches whose cookies the browser needs no longer.
    pub(crate) forgotten: Vec<LaunchId>,
}

/// A launch that could not be opened, or not without leaving another one open that has to end. None is open now, unless
/// the store takes no writes at all.
pub(crate) struct NotOpened {
    pub(crate) error: StoreError,
    /// The other launches that it ended before it failed.
    pub(crate) ended: JustEnded,
}

/// Opens a launch in a browser, and ends what may not stay open beside it, under whichever name it was opened.
///
/// `record` is what is stored; its browser is set here. The browser gets a new id when it has none, and when another user
/// was at work in it.
pub(crate) async fn open_launch(
    shared: &Shared,
    browser: &Browser,
    mut record: LaunchRecord,
) -> Result<Opened, NotOpened> {
    let backend = shared.store.backend();
    let not_opened = |error| NotOpened {
        error,
        ended: JustEnded::nothing(),
    };
    let names = retried(|| browser.all_names(shared)).await.map_err(not_opened)?;
    let before = retried(|| launches_of(shared, &names, record.user))
        .await
        .map_err(not_opened)?;
    let others = shared.settings.others_on_open();
    let user_changes =
        others == OthersOnOpen::EndOtherUsers && before.iter().any(|launch| launch.user == ListedUser::Other);
    let known = browser.cookies.first().copied().filter(|_| !user_changes);
    let (primary, new_browser) = match known {
        Some(primary) => (primary, None),
        None => {
            let id = BrowserId::random(&mut rand::rng());
            (BrowserKey::of_cookie(&id), Some(id))
        }
    };
    record.browser = primary;
    let launch = LaunchId::random(primary, &mut rand::rng());
    let (key, user) = (launch.key(), record.user);
    let mut ended = retried(|| backend.open_launch(key, record.clone(), others, shared.rules(), shared.now()))
        .await
        .map_err(not_opened)?;
    let settled = async {
        // After opening, so that of two that open at once at least one sees the other.
        let others_stay = end_others(shared, &names, primary, key, user, &mut ended).await?;
        // A former id is not to lead to the next user's launches.
        let former = browser.cookies.iter().filter(|_| !user_changes || others_stay);
        let sign_ins = browser.sign_ins.iter().filter(|_| !user_changes || others_stay);
        let same = former.chain(&browser.session).chain(sign_ins).copied();
        for name in same.filter(|name| *name != primary) {
            note_same(shared, primary, name).await?;
        }
        Ok(())
    };
    if let Err(error) = settled.await {
        let ending = retried(|| backend.end_launch(key, EndReason::Replaced, shared.rules(), shared.now()));
        // The caller drops the tokens of this one itself.
        let _ = ending.await;
        return Err(NotOpened { error, ended });
    }
    let forgotten = note_cookie(shared, browser, primary, &launch)
        .await
        .unwrap_or_else(|error| {
            tracing::debug!(%error, "which launch cookies a browser has could not be noted");
            Vec::new()
        });
    Ok(Opened {
        launch,
        ended,
        new_browser,
        forgotten,
    })
}

async fn launches_of(
    shared: &Shared,
    names: &[BrowserKey],
    user: Option<[u8; 32]>,
) -> Result<Vec<ListedLaunch>, StoreError> {
    let mut launches = Vec::new();
    for name in names {
        launches.extend(shared.store.backend().launches_of(*name, user, shared.now()).await?);
    }
    Ok(launches)
}

/// Ends the launches under other names that the policy ends, and those past the limit over all names. Says whether any
/// stays under another name.
async fn end_others(
    shared: &Shared,
    names: &[BrowserKey],
    primary: BrowserKey,
    own: LaunchKey,
    user: Option<[u8; 32]>,
    ended: &mut JustEnded,
) -> Result<bool, StoreError> {
    let others: Vec<_> = names.iter().copied().filter(|name| *name != primary).collect();
    if others.is_empty() {
        return Ok(false);
    }
    let policy = shared.settings.others_on_open();
    let mut staying = Vec::new();
    for launch in retried(|| launches_of(shared, &others, user)).await? {
        match policy {
            OthersOnOpen::EndAll => ended.extend(end(shared, launch.key, EndReason::Replaced).await?),
            OthersOnOpen::EndOtherUsers if launch.user == ListedUser::Other => {
                ended.extend(end(shared, launch.key, EndReason::OtherUser).await?);
            }
            OthersOnOpen::EndOtherUsers | OthersOnOpen::Keep => staying.push(launch),
        }
    }
    if staying.is_empty() {
        return Ok(false);
    }
    let own_names = [primary];
    staying.extend(retried(|| launches_of(shared, &own_names, user)).await?);
    staying.sort_by_key(|launch| (launch.key == own, launch.last_used));
    let too_many = staying.len().saturating_sub(shared.rules().limits.launches.max(1));
    for launch in staying.into_iter().take(too_many) {
        ended.extend(end(shared, launch.key, EndReason::Evicted).await?);
    }
    Ok(true)
}

async fn end(shared: &Shared, key: LaunchKey, reason: EndReason) -> Result<JustEnded, StoreError> {
    let backend = shared.store.backend();
    retried(|| backend.end_launch(key, reason, shared.rules(), shared.now())).await
}

/// Remembers that two names came together. Each time anew: what is remembered has to outlive the launch.
async fn note_same(shared: &Shared, primary: BrowserKey, name: BrowserKey) -> Result<(), StoreError> {
    let (backend, memo) = (shared.store.backend(), Memo::SameBrowser);
    for (one, other) in [(primary, name), (name, primary)] {
        let value = other.as_bytes().to_vec();
        retried(|| backend.remember(one, memo, value.clone(), NAMES_OF_ONE, shared.rules(), shared.now())).await?;
    }
    Ok(())
}

/// Tries a write for half a minute: what it holds exists nowhere else.
pub(crate) async fn retried<T, F, Fut>(mut write: F) -> Result<T, StoreError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, StoreError>>,
{
    let mut pause = Duration::from_millis(100);
    loop {
        match write().await {
            Err(error) if pause < Duration::from_secs(16) => {
                tracing::warn!(%error, "the token store did not take a write; trying again");
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            result => return result,
        }
    }
}

/// Notes that a browser gets the cookie of a launch. Hands out launches whose cookies have become useless.
async fn note_cookie(
    shared: &Shared,
    browser: &Browser,
    primary: BrowserKey,
    launch: &LaunchId,
) -> Result<Vec<LaunchId>, StoreError> {
    let mut noting = Vec::new();
    // What was noted under the browser's former id goes along.
    for name in browser.cookies.iter().filter(|name| **name != primary) {
        noting.extend(launch_cookies(shared, *name).await?);
    }
    noting.push(launch.clone());
    let mut forgotten = Vec::new();
    // One that has to stay is noted again, as the newest; that may push another one out.
    for _ in 0..2 {
        let mut dropped = Vec::new();
        for launch in noting.drain(..) {
            dropped.extend(note_one(shared, primary, &launch).await?);
        }
        for launch in dropped {
            if is_needed(shared, &launch).await? {
                noting.push(launch);
            } else {
                forgotten.push(launch);
            }
        }
    }
    Ok(forgotten)
}

async fn note_one(shared: &Shared, name: BrowserKey, launch: &LaunchId) -> Result<Vec<LaunchId>, StoreError> {
    let value = launch.as_str().as_bytes().to_vec();
    let sealed = shared.sealing.seal(SealedKind::LaunchCookie, name.as_bytes(), value)?;
    let (backend, memo) = (shared.store.backend(), Memo::LaunchCookies);
    let dropped = backend
        .remember(name, memo, sealed, LAUNCH_COOKIES, shared.rules(), shared.now())
        .await?;
    Ok(dropped
        .iter()
        .filter_map(|sealed| unseal(shared, name, sealed))
        .collect())
}

async fn launch_cookies(shared: &Shared, name: BrowserKey) -> Result<Vec<LaunchId>, StoreError> {
    let noted = shared
        .store
        .backend()
        .recall(name, Memo::LaunchCookies, shared.now())
        .await?;
    Ok(noted.iter().filter_map(|sealed| unseal(shared, name, sealed)).collect())
}

fn unseal(shared: &Shared, name: BrowserKey, sealed: &[u8]) -> Option<LaunchId> {
    let opened = shared.sealing.open(SealedKind::LaunchCookie, name.as_bytes(), sealed);
    LaunchId::parse(std::str::from_utf8(&opened.ok()?).ok()?)
}

/// Whether the browser still needs the cookie of a launch: it is open, or its page says something that *Back* must not
/// replace by a new launch.
async fn is_needed(shared: &Shared, launch: &LaunchId) -> Result<bool, StoreError> {
    Ok(match shared.load(launch.key()).await? {
        LoadedLaunch::Open { .. } => true,
        LoadedLaunch::Ended(ended) => !ended.reason.may_relaunch(),
        LoadedLaunch::NotFound => false,
    })
}
