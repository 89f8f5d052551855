//! The note that a refresh token is being sent, which is in the record before it is.
//!
//! An EHR that replaces refresh tokens takes the second use of one for theft. Whoever finds a launch without a holder has
//! to know whether the last one had sent it: without the note it was not, with it the answer may still come.

use std::{sync::Arc, time::Duration};

use crate::{
    shared::Shared,
    store::{
        LaunchKey, LaunchRecord, LaunchUse, LoadedLaunch, RefreshSent, RefreshState, Replaced, StoreError, Version,
    },
};

/// How much longer than its deadline an answer is waited for: noting, signing and connecting come before the sending,
/// saving after the answer.
const MARGIN: Duration = Duration::from_secs(10);
/// How old a note may be when the token is sent. A store that took longer, or a process that was stopped meanwhile, would
/// make the answer come when nobody waits for it any more.
const STALE: Duration = Duration::from_secs(5);
/// How often a note of what was not sent is tried to be taken back, and for how long.
const AGAIN: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// How noting went.
pub(super) enum Noted {
    /// The record as it is now. Send.
    Yes(Arc<LaunchRecord>, Version),
    /// Somebody has written to the record. Look again.
    Superseded,
}

/// Notes in the record that its refresh token is being sent.
///
/// # Errors
///
/// When the store fails: nothing must be sent. A note that may have been written all the same is taken back.
pub(super) async fn note(
    shared: &Arc<Shared>,
    key: LaunchKey,
    record: &LaunchRecord,
    version: Version,
) -> Result<Noted, StoreError> {
    let at = shared.now();
    let sent = RefreshSent::new(at, at.saturating_add(shared.settings.tokens.deadline + MARGIN));
    let noted = LaunchRecord {
        refresh: RefreshState {
            // One that was sent before, and whose answer nobody has seen.
            unanswered_since: record
                .refresh
                .unanswered_since
                .or(record.refresh.sent.map(|sent| sent.at)),
            sent: Some(sent),
            ..record.refresh
        },
        ..record.clone()
    };
    let began = shared.steady();
    let outcome = match shared.store.replace_launch(key, version, noted.clone()).await {
        Ok(Replaced::Written(version)) => Noted::Yes(Arc::new(noted), version),
        Ok(Replaced::Conflict) => match shared.load(key, LaunchUse::DoesNotCount).await? {
            // An answer that got lost on the way, and a write that was done again.
            LoadedLaunch::Open { record, version } if record.refresh.sent == Some(sent) => Noted::Yes(record, version),
            _ => Noted::Superseded,
        },
        Ok(Replaced::Gone) => Noted::Superseded,
        Err(error) => {
            tokio::spawn(take_back(Arc::clone(shared), key, version, sent));
            return Err(error);
        }
    };
    if shared.steady().saturating_since(began) >= STALE {
        tokio::spawn(take_back(Arc::clone(shared), key, version, sent));
        return Ok(Noted::Superseded);
    }
    Ok(outcome)
}

/// Takes a note back, as nothing was sent. Until then nobody refreshes this launch.
async fn take_back(shared: Arc<Shared>, key: LaunchKey, before: Version, sent: RefreshSent) {
    let began = tokio::time::Instant::now();
    loop {
        match taken_back(&shared, key, before, sent).await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) if began.elapsed() >= PATIENCE => {
                tracing::warn!(%error, "that a refresh token was not sent could not be noted; its launch waits for an answer");
                return;
            }
            Err(_) => {}
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// False when somebody wrote to the record meanwhile.
async fn taken_back(shared: &Shared, key: LaunchKey, before: Version, sent: RefreshSent) -> Result<bool, StoreError> {
    let LoadedLaunch::Open { record, version } = shared.load(key, LaunchUse::DoesNotCount).await? else {
        return Ok(true);
    };
    let mut not_sent = (*record).clone();
    if record.refresh.sent == Some(sent) {
        not_sent.refresh.sent = None;
    } else if version != before {
        return Ok(true);
    }
    // Also where the note is not there: a write that is still under way finds another version then.
    let replaced = shared.store.replace_launch(key, version, not_sent).await?;
    Ok(!matches!(replaced, Replaced::Conflict))
}
