//! Which launch cookies a browser has: those of ended launches would pile up.
//!
//! A launch cookie is on the path of its launch, so the browser shows it to nobody else. The store keeps a short list for
//! each browser, sealed, and what falls out of it is taken away where that is safe.

use super::Browser;
use crate::{
    config::LaunchNaming,
    protocol::launch_id::LaunchId,
    runtime::Runtime,
    store::{BrowserKey, LaunchUse, LoadedLaunch, Memo, SealedKind, StoreError},
};

/// How many a browser keeps. Chromium evicts cookies of a host at 180, and not only ours.
const LAUNCH_COOKIES: usize = 40;

/// Notes that a browser gets the cookie of a launch. Hands out launches whose cookies have become useless; none when that
/// cannot be found out now.
pub(crate) async fn note_launch_cookie(
    runtime: &Runtime,
    browser: &Browser,
    primary: BrowserKey,
    launch: &LaunchId,
) -> Vec<LaunchId> {
    match runtime.settings.paths.naming() {
        LaunchNaming::ByPath => note(runtime, browser, primary, launch).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "which launch cookies a browser has could not be noted");
            Vec::new()
        }),
        // There is one, and the new one takes its place.
        LaunchNaming::DangerOnePerBrowser => Vec::new(),
    }
}

async fn note(
    runtime: &Runtime,
    browser: &Browser,
    primary: BrowserKey,
    launch: &LaunchId,
) -> Result<Vec<LaunchId>, StoreError> {
    let mut noting = Vec::new();
    // What was noted under the browser's former id goes along.
    for name in browser.cookies.iter().filter(|name| **name != primary) {
        for launch in launch_cookies(runtime, *name).await? {
            if !noting.contains(&launch) {
                noting.push(launch);
            }
        }
    }
    if !noting.is_empty() {
        // Sealed values of one launch differ, so the store cannot tell what is there already.
        let there = launch_cookies(runtime, primary).await?;
        noting.retain(|launch| !there.contains(launch));
    }
    noting.push(launch.clone());
    let mut forgotten = Vec::new();
    // One that has to stay is noted again, as the newest; that may push another one out.
    for _ in 0..2 {
        let mut dropped = Vec::new();
        for launch in noting.drain(..) {
            dropped.extend(note_one(runtime, primary, &launch).await?);
        }
        for launch in dropped {
            if is_needed(runtime, &launch).await? {
                noting.push(launch);
            } else {
                forgotten.push(launch);
            }
        }
    }
    Ok(forgotten)
}

async fn note_one(runtime: &Runtime, name: BrowserKey, launch: &LaunchId) -> Result<Vec<LaunchId>, StoreError> {
    let value = launch.as_str().as_bytes().to_vec();
    let sealed = runtime.sealing.seal(SealedKind::LaunchCookie, name.as_bytes(), value)?;
    let (backend, memo) = (&runtime.store, Memo::LaunchCookies);
    let dropped = backend
        .remember(name, memo, sealed, LAUNCH_COOKIES, runtime.rules())
        .await?;
    Ok(dropped
        .iter()
        .filter_map(|sealed| unseal(runtime, name, sealed))
        .collect())
}

async fn launch_cookies(runtime: &Runtime, name: BrowserKey) -> Result<Vec<LaunchId>, StoreError> {
    let noted = runtime.store.recall(name, Memo::LaunchCookies).await?;
    Ok(noted
        .iter()
        .filter_map(|sealed| unseal(runtime, name, sealed))
        .collect())
}

fn unseal(runtime: &Runtime, name: BrowserKey, sealed: &[u8]) -> Option<LaunchId> {
    let opened = runtime.sealing.open(SealedKind::LaunchCookie, name.as_bytes(), sealed);
    LaunchId::parse(std::str::from_utf8(&opened.ok()?).ok()?)
}

/// Whether the browser still needs the cookie of a launch: it is open, or its page says something that *Back* must not
/// replace by a new launch. (That it began in the EHR is in its address: nothing begins anew there without the cookie either.)
async fn is_needed(runtime: &Runtime, launch: &LaunchId) -> Result<bool, StoreError> {
    Ok(match runtime.load(launch.key(), LaunchUse::DoesNotCount).await? {
        LoadedLaunch::Open { .. } => true,
        LoadedLaunch::Ended(ended) => !ended.reason.may_relaunch(),
        LoadedLaunch::NotFound => false,
    })
}

#[cfg(test)]
mod tests;
