//! The note that a refresh token is being sent, which is in the record before it is.
//!
//! An EHR that replaces refresh tokens takes the second use of one for theft. Whoever finds a launch without a holder has
//! to know whether the last one had sent it: without the note it was not, with it the answer may still come.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    launch::refresh::save::CONFLICTS,
    runtime::Runtime,
    store::{
        LaunchKey, LaunchRecord, LaunchUse, LoadedLaunch, Patience, RefreshSent, RefreshState, Replaced, StoreError,
        Version,
    },
};

/// How old a note may be when the token is sent, at least: noting, signing and connecting come in between. A store that
/// takes longer, or a process that is stopped meanwhile, would make the answer come when nobody waits for it any more.
const LEAD: Duration = Duration::from_secs(5);
/// How long saving an answer may take that came at the last moment.
const ROOM_TO_SAVE: Duration = Duration::from_secs(5);
/// For how long a note of what was not sent is tried to be taken back.
const UNTIL_TAKEN_BACK: Duration = Duration::from_secs(5 * 60);

/// How long after its note the answer to a refresh token may come.
pub(super) fn longest(runtime: &Runtime) -> Duration {
    lead(runtime) + runtime.settings.tokens.deadline + ROOM_TO_SAVE
}

/// How old a note may be when the token is sent.
fn lead(runtime: &Runtime) -> Duration {
    runtime.settings.http.transport.connect_timeout.max(LEAD)
}

/// How noting went.
pub(super) enum Noted {
    /// The record says so now. Send, and not after `send_by`.
    Yes {
        record: Arc<LaunchRecord>,
        version: Version,
        send_by: Instant,
    },
    /// Somebody has written to the record, or it took too long. Look again.
    LookAgain,
}

/// Notes in the record that its refresh token is being sent.
///
/// # Errors
///
/// When the store fails: nothing must be sent. A note that may have been written all the same is taken back.
pub(super) async fn note(
    runtime: &Arc<Runtime>,
    key: LaunchKey,
    record: &LaunchRecord,
    version: Version,
) -> Result<Noted, StoreError> {
    let lead = lead(runtime);
    let (at, began, send_by) = (runtime.now(), runtime.steady(), Instant::now() + lead);
    let answer_until = at.saturating_add(longest(runtime));
    let sent = RefreshSent::new(at, answer_until, rand::random());
    let take_back = || {
        let taking_back = take_back(Arc::clone(runtime), key, version, sent);
        // Nobody waits for it, but a shutdown does: until it is taken back nobody refreshes this launch.
        drop(runtime.engine.spawn("taking back what was not sent", taking_back));
    };
    let outcome = match written(runtime, key, with(record, sent), version).await {
        Ok(outcome) => outcome,
        Err(error) => {
            take_back();
            return Err(error);
        }
    };
    match outcome {
        Some((record, version)) if runtime.steady().saturating_since(began) < lead => Ok(Noted::Yes {
            record,
            version,
            send_by,
        }),
        Some(_) => {
            take_back();
            Ok(Noted::LookAgain)
        }
        None => Ok(Noted::LookAgain),
    }
}

fn with(record: &LaunchRecord, sent: RefreshSent) -> LaunchRecord {
    LaunchRecord {
        refresh: RefreshState {
            // One that was sent before, and whose answer nobody has seen.
            unanswered_since: record
                .refresh
                .unanswered_since
                .or(record.refresh.sent.map(|before| before.at)),
            sent: Some(sent),
            ..record.refresh
        },
        ..record.clone()
    }
}

/// The record with its version, once it is in the store; `None` when somebody else has written.
async fn written(
    runtime: &Runtime,
    key: LaunchKey,
    noted: LaunchRecord,
    version: Version,
) -> Result<Option<(Arc<LaunchRecord>, Version)>, StoreError> {
    match runtime.store.replace_launch(key, version, noted.clone()).await? {
        Replaced::Written(version) => return Ok(Some((Arc::new(noted), version))),
        Replaced::Gone => return Ok(None),
        Replaced::Conflict => {}
    }
    // A store may repeat a write whose answer got lost, and find its own.
    Ok(match runtime.load(key, LaunchUse::DoesNotCount).await? {
        LoadedLaunch::Open { record, version } if record.refresh.sent == noted.refresh.sent => Some((record, version)),
        _ => None,
    })
}

/// The record of one whose refresh token is not sent now. What an earlier holder sent stays known.
pub(super) fn not_sent(record: &LaunchRecord) -> LaunchRecord {
    let before = record.refresh.sent.map(|before| before.at);
    LaunchRecord {
        refresh: RefreshState {
            unanswered_since: record.refresh.unanswered_since.or(before),
            ..record.refresh
        },
        ..record.clone()
    }
}

async fn take_back(runtime: Arc<Runtime>, key: LaunchKey, before: Version, sent: RefreshSent) {
    let (mut patience, mut conflicts) = (Patience::of(UNTIL_TAKEN_BACK), 0);
    loop {
        let taken_back = match taken_back(&runtime, key, before, sent).await {
            Ok(false) if conflicts == CONFLICTS => Err(StoreError::Unavailable),
            taken_back => taken_back,
        };
        match taken_back {
            Ok(true) => return,
            Ok(false) => conflicts += 1,
            Err(_) if patience.allows_another().await => {}
            Err(error) => {
                tracing::warn!(%error, "that a refresh token was not sent could not be noted; its launch waits for an answer");
                return;
            }
        }
    }
}

/// False when somebody wrote to the record meanwhile.
async fn taken_back(runtime: &Runtime, key: LaunchKey, before: Version, sent: RefreshSent) -> Result<bool, StoreError> {
    let LoadedLaunch::Open { record, version } = runtime.load(key, LaunchUse::DoesNotCount).await? else {
        return Ok(true);
    };
    let mut not_sent = (*record).clone();
    if record.refresh.sent == Some(sent) {
        not_sent.refresh.sent = None;
    } else if version != before {
        return Ok(true);
    }
    // Also where the note is not there: a write that is still under way finds another version then.
    let replaced = runtime.store.replace_launch(key, version, not_sent).await?;
    Ok(!matches!(replaced, Replaced::Conflict))
}

#[cfg(test)]
mod tests;
