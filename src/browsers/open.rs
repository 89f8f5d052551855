//! Opening a launch in a browser, and ending what may not stay open beside it.

use super::{Browser, launch_cookies};
use crate::{
    protocol::secret::BrowserId,
    shared::Shared,
    store::{
        BrowserKey, EndReason, JustEnded, LaunchId, LaunchKey, LaunchRecord, ListedLaunch, ListedUser, Memo,
        OthersOnOpen, StoreError, retried,
    },
};

/// How many names are remembered to be the same browser as one name.
const NAMES_OF_ONE: usize = 8;

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
    if let Some(session) = browser.session {
        // Before it is open, so that whoever ends all that the session leads to finds it.
        note_same(shared, primary, session).await.map_err(not_opened)?;
    }
    let mut ended = retried(|| backend.open_launch(key, record.clone(), others, shared.rules(), shared.now()))
        .await
        .map_err(not_opened)?;
    let settled = async {
        // After opening, so that of two that open at once at least one sees the other.
        let others_stay = end_others(shared, &names, primary, key, user, &mut ended).await?;
        // A former id is not to lead to the next user's launches.
        if others_stay || !user_changes {
            let former = browser.cookies.iter().chain(&browser.sign_ins).copied();
            for name in former.filter(|name| *name != primary) {
                note_same(shared, primary, name).await?;
            }
        }
        Ok(())
    };
    if let Err(error) = settled.await {
        let ending = retried(|| backend.end_launch(key, EndReason::Replaced, shared.rules(), shared.now()));
        // The caller drops the tokens of this one itself.
        let _ = ending.await;
        return Err(NotOpened { error, ended });
    }
    let forgotten = launch_cookies::note(shared, browser, primary, &launch)
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
