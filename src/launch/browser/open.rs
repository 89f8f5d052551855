//! Opening a launch in a browser, and ending what may not stay open beside it.

use super::{Browser, NAMES, for_a_sign_in, readable, signed_out_since};
use crate::{
    protocol::secret::BrowserId,
    runtime::Shared,
    store::{
        BrowserKey, EndReason, JustEnded, LaunchId, LaunchKey, LaunchRecord, ListedLaunch, ListedUser, Memo,
        OthersOnOpen, StoreError,
    },
    time::Timestamp,
};

/// A launch that has been opened, and what came of it.
pub(crate) struct Opened {
    pub(crate) launch: LaunchId,
    /// The browser, as the launch has it.
    pub(crate) browser: BrowserKey,
    /// The other launches that it ended.
    pub(crate) ended: JustEnded,
    /// The id for the browser's cookie, when it gets a new one.
    pub(crate) new_browser: Option<BrowserId>,
}

/// A launch that could not be opened, or not without leaving another one open that has to end. It is not open now, unless
/// the store takes no writes at all.
pub(crate) struct NotOpened {
    pub(crate) error: StoreError,
    /// The other launches that it ended before it failed.
    pub(crate) ended: JustEnded,
}

/// Opens a launch in a browser, and ends what may not stay open beside it, under whichever name it was opened.
///
/// `record` is what is stored; its browser is set here. `began_at` is when its sign-in began: who has signed out of all
/// since gets no launch. The browser gets a new id when it has none, and when another user was at work in it.
pub(crate) async fn open_launch(
    shared: &Shared,
    browser: &Browser,
    began_at: Timestamp,
    mut record: LaunchRecord,
) -> Result<Opened, NotOpened> {
    let backend = &shared.store;
    let mut ended = JustEnded::nothing();
    let (primary, new_browser) = match name_of(shared, browser, record.user).await {
        Ok(name) => name,
        Err(error) => return Err(NotOpened { error, ended }),
    };
    record.browser = primary;
    let launch = LaunchId::random(primary, &mut rand::rng());
    let (key, user, others) = (launch.key(), record.user, shared.settings.others_on_open());
    let opening = async {
        // Before it is open, so that whoever looks for all launches of this browser from now on finds it.
        for sign_in in &browser.sign_ins {
            note_of_sign_in(shared, *sign_in, primary).await?;
        }
        for name in browser.own_names().filter(|name| *name != primary) {
            ended.extend(note_same(shared, primary, name).await?);
        }
        let open = || backend.open_launch(key, record.clone(), others);
        ended.extend(shared.store.retried(open).await?);
        // Looked up after it is open: of two that open at once, at least one sees the other.
        let mut now_known = Browser {
            cookies: vec![primary],
            session: browser.session,
            proved: Vec::new(),
            sign_ins: Vec::new(),
        };
        for sign_in in &browser.sign_ins {
            for other in shared.store.retried(|| names_of_sign_in(shared, *sign_in)).await? {
                if !now_known.cookies.contains(&other) {
                    // The cookies of sign-ins are gone in ten minutes; this stays.
                    ended.extend(note_same(shared, primary, other).await?);
                    now_known.cookies.push(other);
                }
            }
        }
        let names = shared.store.retried(|| now_known.every_name(shared)).await?;
        end_others(shared, &names, primary, key, user, &mut ended).await?;
        if signed_out_since(shared, &names, began_at).await? {
            tracing::info!(
                "a sign-in was finished after somebody signed out of all; its launch has ended with the others"
            );
            end(shared, key, EndReason::LoggedOut)
                .await
                .map(|own| ended.extend(own))?;
        }
        Ok(())
    };
    if let Err(error) = opening.await {
        // It may be open all the same: answers get lost. The caller drops the tokens of this one itself.
        let store = &shared.store;
        let _ = store
            .retried_briefly(|| store.end_launch(key, EndReason::Replaced))
            .await;
        return Err(NotOpened { error, ended });
    }
    Ok(Opened {
        launch,
        browser: primary,
        ended,
        new_browser,
    })
}

/// The name under which a launch of this user is opened, with the id when it is a new one: for a browser that has none, or
/// in which another user was at work.
async fn name_of(
    shared: &Shared,
    browser: &Browser,
    user: Option<[u8; 32]>,
) -> Result<(BrowserKey, Option<BrowserId>), StoreError> {
    let known = browser.cookies.first().copied();
    if let Some(known) = known
        && (shared.settings.others_on_open() != OthersOnOpen::EndOtherUsers
            || !has_other_users(shared, browser, user).await?)
    {
        return Ok((known, None));
    }
    let id = BrowserId::random(&mut rand::rng());
    Ok((BrowserKey::of_cookie(&id), Some(id)))
}

async fn has_other_users(shared: &Shared, browser: &Browser, user: Option<[u8; 32]>) -> Result<bool, StoreError> {
    let names = shared.store.retried(|| browser.every_name(shared)).await?;
    let launches = shared.store.retried(|| launches_of(shared, &names, user)).await?;
    Ok(launches.iter().any(|launch| launch.user == ListedUser::Other))
}

async fn launches_of(
    shared: &Shared,
    names: &[BrowserKey],
    user: Option<[u8; 32]>,
) -> Result<Vec<ListedLaunch>, StoreError> {
    let mut launches = Vec::new();
    for name in names {
        launches.extend(shared.store.launches_of(*name, user).await?);
    }
    Ok(launches)
}

/// Ends the launches under other names that the policy ends, and those past the limit over all names.
async fn end_others(
    shared: &Shared,
    names: &[BrowserKey],
    primary: BrowserKey,
    own: LaunchKey,
    user: Option<[u8; 32]>,
    ended: &mut JustEnded,
) -> Result<(), StoreError> {
    let others: Vec<_> = names.iter().copied().filter(|name| *name != primary).collect();
    if others.is_empty() {
        return Ok(());
    }
    let policy = shared.settings.others_on_open();
    let mut staying = Vec::new();
    for launch in shared.store.retried(|| launches_of(shared, &others, user)).await? {
        match policy {
            OthersOnOpen::EndAll => ended.extend(end(shared, launch.key, EndReason::Replaced).await?),
            OthersOnOpen::EndOtherUsers if launch.user == ListedUser::Other => {
                ended.extend(end(shared, launch.key, EndReason::OtherUser).await?);
            }
            OthersOnOpen::EndOtherUsers | OthersOnOpen::Keep => staying.push(launch),
        }
    }
    if staying.is_empty() {
        return Ok(());
    }
    let own_names = [primary];
    staying.extend(shared.store.retried(|| launches_of(shared, &own_names, user)).await?);
    staying.sort_by_key(|launch| (launch.key == own, launch.last_used));
    let too_many = staying.len().saturating_sub(shared.rules().limits.launches.max(1));
    for launch in staying.into_iter().take(too_many) {
        ended.extend(end(shared, launch.key, EndReason::Evicted).await?);
    }
    Ok(())
}

async fn end(shared: &Shared, key: LaunchKey, reason: EndReason) -> Result<JustEnded, StoreError> {
    let backend = &shared.store;
    shared.store.retried(|| backend.end_launch(key, reason)).await
}

/// How many browser cookies may come with one sign-in: one of each first visit that was under way with it.
const NAMES_OF_SIGN_IN: usize = 8;

/// Remembers under which name a launch is opened while the browser has the cookie of this sign-in. For as long as it can
/// have that.
async fn note_of_sign_in(shared: &Shared, sign_in: BrowserKey, name: BrowserKey) -> Result<(), StoreError> {
    let rules = for_a_sign_in(shared.rules());
    let (backend, value) = (&shared.store, name.as_bytes().to_vec());
    let note = || backend.remember(sign_in, Memo::SameBrowser, value.clone(), NAMES_OF_SIGN_IN, rules);
    shared.store.retried(note).await.map(drop)
}

async fn names_of_sign_in(shared: &Shared, sign_in: BrowserKey) -> Result<Vec<BrowserKey>, StoreError> {
    let names = shared.store.recall(sign_in, Memo::SameBrowser).await;
    let names = readable(names)?.into_iter().filter_map(|name| name.try_into().ok());
    Ok(names.map(BrowserKey::from_bytes).collect())
}

/// Remembers that two names came together. Each time anew: what is remembered has to outlive the launch.
///
/// A name that falls out could not be found any more, so what is open under it ends.
async fn note_same(shared: &Shared, primary: BrowserKey, name: BrowserKey) -> Result<JustEnded, StoreError> {
    let (backend, memo) = (&shared.store, Memo::SameBrowser);
    // Each name may lead to one launch.
    let keep = shared.rules().limits.launches.saturating_add(1).clamp(8, NAMES - 1);
    let mut ended = JustEnded::nothing();
    for (one, other) in [(primary, name), (name, primary)] {
        let value = other.as_bytes().to_vec();
        let note = || backend.remember(one, memo, value.clone(), keep, shared.rules());
        for dropped in shared
            .store
            .retried(note)
            .await?
            .into_iter()
            .filter_map(|name| name.try_into().ok())
        {
            let name = BrowserKey::from_bytes(dropped);
            let end = || backend.end_all_of(name, EndReason::Evicted);
            ended.extend(shared.store.retried(end).await?);
        }
    }
    Ok(ended)
}
