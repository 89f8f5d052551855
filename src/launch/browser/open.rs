//! Opening a launch in a browser, and ending what may not stay open beside it.

use super::{Browser, NAMES, for_a_sign_in, readable, signed_out_since};
use crate::{
    protocol::{launch_id::LaunchId, secret::BrowserId},
    runtime::Runtime,
    store::{
        BrowserKey, EndReason, EndedLaunches, LaunchKey, LaunchRecord, LaunchUse, ListedLaunch, ListedUser,
        LoadedLaunch, Memo, OthersOnOpen, StoreError,
    },
    time::Timestamp,
};

/// A launch that has been opened, and what came of it.
pub(crate) struct Opened {
    pub(crate) launch: LaunchId,
    /// The browser, as the launch has it.
    pub(crate) browser: BrowserKey,
    /// The other launches that it ended.
    pub(crate) ended: EndedLaunches,
    /// The id for the browser's cookie, when it gets a new one.
    pub(crate) new_browser: Option<BrowserId>,
}

/// A launch that was not opened, or not without leaving another one open that has to end. It is not open now, unless the
/// store takes no writes at all.
pub(crate) struct NotOpened {
    pub(crate) why: WhyNotOpened,
    /// The other launches that it ended before it failed.
    pub(crate) ended: EndedLaunches,
}

#[derive(Debug)]
pub(crate) enum WhyNotOpened {
    Store(StoreError),
    /// It would end a launch whose sign-in began after its own: the person who came later is at work.
    Overtaken,
}

impl From<StoreError> for WhyNotOpened {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Opens a launch in a browser, and ends what may not stay open beside it, under whichever name it was opened.
///
/// `record` is what is stored; its browser is set here. `began_at` is when its sign-in began. Nothing opens where somebody
/// has signed out of all since then, or where it would end a launch that began later: an EHR, or a process that was stopped,
/// may have kept the answer until the next person was at work. The browser gets a new id when it has none, and when another
/// user was at work in it.
pub(crate) async fn open_launch(
    runtime: &Runtime,
    browser: &Browser,
    began_at: Timestamp,
    mut record: LaunchRecord,
) -> Result<Opened, NotOpened> {
    let backend = &runtime.store;
    let mut ended = EndedLaunches::nothing();
    let (primary, new_browser) = match name_of(runtime, browser, record.user).await {
        Ok(name) => name,
        Err(error) => {
            let why = error.into();
            return Err(NotOpened { why, ended });
        }
    };
    record.browser = primary;
    let launch = LaunchId::random(primary, record.kind, &mut rand::rng());
    let (key, user, others) = (launch.key(), record.user, runtime.settings.others_on_open());
    let opening = async {
        // Before it is open, so that whoever looks for all launches of this browser from now on finds it.
        for sign_in in &browser.sign_ins {
            note_of_sign_in(runtime, *sign_in, primary).await?;
        }
        for name in browser.own_names().filter(|name| *name != primary) {
            ended.extend(note_same(runtime, primary, name).await?);
        }
        let names = names_known_now(runtime, browser, primary, &mut ended).await?;
        if is_overtaken(runtime, &names, user, began_at).await? {
            return Err(WhyNotOpened::Overtaken);
        }
        let open = || backend.open_launch(key, record.clone(), others);
        let replaced = runtime.store.retried(open).await?;
        // It was opened between looking and opening. One that a limit has pushed out does not count.
        let was_in_the_way = |other: &LaunchRecord| match others {
            _ if other.browser != primary => false,
            OthersOnOpen::EndAll => true,
            OthersOnOpen::EndOtherUsers => user.is_some() && other.user.is_some() && other.user != user,
            OthersOnOpen::Keep => false,
        };
        let mut replaced_records = replaced.records.iter();
        let has_replaced_a_later_one =
            replaced_records.any(|other| other.began_after(began_at) && was_in_the_way(other));
        ended.extend(replaced);
        // Looked up after it is open: of two that open at once, at least one sees the other.
        let names = names_known_now(runtime, browser, primary, &mut ended).await?;
        if has_replaced_a_later_one || is_overtaken(runtime, &names, user, began_at).await? {
            return Err(WhyNotOpened::Overtaken);
        }
        end_others(runtime, &names, primary, key, user, &mut ended).await?;
        if signed_out_since(runtime, &names, began_at).await? {
            tracing::info!(
                "a sign-in was finished after somebody signed out of all; its launch has ended with the others"
            );
            end(runtime, key, EndReason::LoggedOut)
                .await
                .map(|own| ended.extend(own))?;
        }
        Ok(())
    };
    if let Err(why) = opening.await {
        // It may be open all the same: answers get lost. The caller drops the tokens of this one itself.
        let store = &runtime.store;
        let _ = store
            .retried_briefly(|| store.end_launch(key, EndReason::Replaced))
            .await;
        return Err(NotOpened { why, ended });
    }
    Ok(Opened {
        launch,
        browser: primary,
        ended,
        new_browser,
    })
}

/// All names of the browser, also those under which other sign-ins have opened launches while this one was under way.
async fn names_known_now(
    runtime: &Runtime,
    browser: &Browser,
    primary: BrowserKey,
    ended: &mut EndedLaunches,
) -> Result<Vec<BrowserKey>, StoreError> {
    let mut now_known = Browser {
        cookies: vec![primary],
        session: browser.session,
        proved: Vec::new(),
        sign_ins: Vec::new(),
    };
    for sign_in in &browser.sign_ins {
        for other in runtime.store.retried(|| names_of_sign_in(runtime, *sign_in)).await? {
            if !now_known.cookies.contains(&other) {
                // The cookies of sign-ins are gone in ten minutes; this stays.
                ended.extend(note_same(runtime, primary, other).await?);
                now_known.cookies.push(other);
            }
        }
    }
    runtime.store.retried(|| now_known.every_name(runtime)).await
}

/// Whether a launch is open that would have to end, though its sign-in began after `began_at`.
async fn is_overtaken(
    runtime: &Runtime,
    names: &[BrowserKey],
    user: Option<[u8; 32]>,
    began_at: Timestamp,
) -> Result<bool, StoreError> {
    let policy = runtime.settings.others_on_open();
    for launch in runtime.store.retried(|| launches_of(runtime, names, user)).await? {
        let would_end = match policy {
            OthersOnOpen::EndAll => true,
            OthersOnOpen::EndOtherUsers => launch.user == ListedUser::Other,
            OthersOnOpen::Keep => false,
        };
        if !would_end {
            continue;
        }
        let loading = || runtime.store.load_launch(launch.key, LaunchUse::DoesNotCount);
        if let LoadedLaunch::Open { record, .. } = runtime.store.retried(loading).await?
            && record.began_after(began_at)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The name under which a launch of this user is opened, with the id when it is a new one: for a browser that has none, or
/// in which another user was at work.
async fn name_of(
    runtime: &Runtime,
    browser: &Browser,
    user: Option<[u8; 32]>,
) -> Result<(BrowserKey, Option<BrowserId>), StoreError> {
    let known = browser.cookies.first().copied();
    if let Some(known) = known
        && (runtime.settings.others_on_open() != OthersOnOpen::EndOtherUsers
            || !has_other_users(runtime, browser, user).await?)
    {
        return Ok((known, None));
    }
    let id = BrowserId::random(&mut rand::rng());
    Ok((BrowserKey::of_cookie(&id), Some(id)))
}

async fn has_other_users(runtime: &Runtime, browser: &Browser, user: Option<[u8; 32]>) -> Result<bool, StoreError> {
    let names = runtime.store.retried(|| browser.every_name(runtime)).await?;
    let launches = runtime.store.retried(|| launches_of(runtime, &names, user)).await?;
    Ok(launches.iter().any(|launch| launch.user == ListedUser::Other))
}

async fn launches_of(
    runtime: &Runtime,
    names: &[BrowserKey],
    user: Option<[u8; 32]>,
) -> Result<Vec<ListedLaunch>, StoreError> {
    let mut launches = Vec::new();
    for name in names {
        launches.extend(runtime.store.launches_of(*name, user).await?);
    }
    Ok(launches)
}

/// Ends the launches under other names that the policy ends, and those past the limit over all names.
async fn end_others(
    runtime: &Runtime,
    names: &[BrowserKey],
    primary: BrowserKey,
    own: LaunchKey,
    user: Option<[u8; 32]>,
    ended: &mut EndedLaunches,
) -> Result<(), StoreError> {
    let others: Vec<_> = names.iter().copied().filter(|name| *name != primary).collect();
    if others.is_empty() {
        return Ok(());
    }
    let policy = runtime.settings.others_on_open();
    let mut staying = Vec::new();
    for launch in runtime.store.retried(|| launches_of(runtime, &others, user)).await? {
        match policy {
            OthersOnOpen::EndAll => ended.extend(end(runtime, launch.key, EndReason::Replaced).await?),
            OthersOnOpen::EndOtherUsers if launch.user == ListedUser::Other => {
                ended.extend(end(runtime, launch.key, EndReason::OtherUser).await?);
            }
            OthersOnOpen::EndOtherUsers | OthersOnOpen::Keep => staying.push(launch),
        }
    }
    if staying.is_empty() {
        return Ok(());
    }
    let own_names = [primary];
    staying.extend(runtime.store.retried(|| launches_of(runtime, &own_names, user)).await?);
    staying.sort_by_key(|launch| (launch.key == own, launch.last_used));
    let too_many = staying.len().saturating_sub(runtime.rules().limits.launches.max(1));
    for launch in staying.into_iter().take(too_many) {
        ended.extend(end(runtime, launch.key, EndReason::Evicted).await?);
    }
    Ok(())
}

async fn end(runtime: &Runtime, key: LaunchKey, reason: EndReason) -> Result<EndedLaunches, StoreError> {
    let backend = &runtime.store;
    runtime.store.retried(|| backend.end_launch(key, reason)).await
}

/// How many browser cookies may come with one sign-in: one of each first visit that was under way with it.
const NAMES_OF_SIGN_IN: usize = 8;

/// Remembers under which name a launch is opened while the browser has the cookie of this sign-in. For as long as it can
/// have that.
async fn note_of_sign_in(runtime: &Runtime, sign_in: BrowserKey, name: BrowserKey) -> Result<(), StoreError> {
    let rules = for_a_sign_in(runtime.rules());
    let (backend, value) = (&runtime.store, name.as_bytes().to_vec());
    let note = || backend.remember(sign_in, Memo::SameBrowser, value.clone(), NAMES_OF_SIGN_IN, rules);
    runtime.store.retried(note).await.map(drop)
}

async fn names_of_sign_in(runtime: &Runtime, sign_in: BrowserKey) -> Result<Vec<BrowserKey>, StoreError> {
    let names = runtime.store.recall(sign_in, Memo::SameBrowser).await;
    let names = readable(names)?.into_iter().filter_map(|name| name.try_into().ok());
    Ok(names.map(BrowserKey::from_bytes).collect())
}

/// Remembers that two names came together. Each time anew: what is remembered has to outlive the launch.
///
/// A name that falls out could not be found any more, so what is open under it ends.
async fn note_same(runtime: &Runtime, primary: BrowserKey, name: BrowserKey) -> Result<EndedLaunches, StoreError> {
    let (backend, memo) = (&runtime.store, Memo::SameBrowser);
    // Each name may lead to one launch.
    let keep = runtime.rules().limits.launches.saturating_add(1).clamp(8, NAMES - 1);
    let mut ended = EndedLaunches::nothing();
    for (one, other) in [(primary, name), (name, primary)] {
        let value = other.as_bytes().to_vec();
        let before = names_beside(runtime, one).await?;
        let note = || backend.remember(one, memo, value.clone(), keep, runtime.rules());
        let mut dropped = runtime.store.retried(note).await?;
        // The answer that hands a name out may get lost, and the one to the same question then has none.
        let staying = before.iter().filter(|there| **there != value);
        let too_many = (staying.clone().count() + 1).saturating_sub(keep);
        let untold: Vec<_> = staying.take(too_many).filter(|name| !dropped.contains(name)).collect();
        if !untold.is_empty() {
            let after = names_beside(runtime, one).await?;
            dropped.extend(untold.into_iter().filter(|name| !after.contains(name)).cloned());
        }
        for dropped in dropped.into_iter().filter_map(|name| name.try_into().ok()) {
            let name = BrowserKey::from_bytes(dropped);
            let end = || backend.end_all_of(name, EndReason::Evicted);
            ended.extend(runtime.store.retried(end).await?);
        }
    }
    Ok(ended)
}

/// The names that came together with this one, the oldest first.
async fn names_beside(runtime: &Runtime, name: BrowserKey) -> Result<Vec<Vec<u8>>, StoreError> {
    let store = &runtime.store;
    readable(store.retried(|| store.recall(name, Memo::SameBrowser)).await)
}

#[cfg(test)]
mod tests;
