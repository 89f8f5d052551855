//! How long a code exchange may be under way.

use std::time::Duration;

use crate::{
    config::{Settings, on_launch::LaunchHook},
    store,
};

/// So many documents may have to be fetched to verify an id token: the issuer's configuration, its keys, and its keys twice
/// more where the one that signed is not among them (a fetch that others began may be older than the key). Keys that cannot
/// be fetched at the moment are waited for as long as one more may take. And an EHR that makes a client for the launch has as long for
/// that.
const DOCUMENTS: u32 = 6;
/// Some of what comes before and after is kept in the store, and the store may be away for a while. Where it is away for
/// longer, the answer still comes; people are told meanwhile that it may not.
const STORE: Duration = store::BRIEF;

/// The longest time from claiming a callback to noting its answer. When it has passed and there is no answer, none comes: the
/// process was killed.
pub(super) fn longest_exchange(settings: &Settings, hook: Option<&LaunchHook>) -> Duration {
    let http = &settings.http;
    // One deadline, however many credentials are tried.
    let tokens = http.transport.connect_timeout.saturating_add(settings.tokens.deadline);
    let document = http.transport.connect_timeout.saturating_add(http.request_timeout);
    let hook = hook.map_or(Duration::ZERO, |_| settings.on_launch_timeout);
    tokens
        .saturating_add(document.saturating_mul(DOCUMENTS))
        .saturating_add(hook)
        .saturating_add(STORE)
}

#[cfg(test)]
mod tests;
