//! When a token is refreshed, and when not. Pure: the record and *now* decide.

use std::time::Duration;

use crate::{
    store::{LaunchRecord, RefreshState},
    time::Timestamp,
};

/// What the state of a launch says about refreshing now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The token serves; nothing to do.
    Fresh,
    /// Refresh now.
    Refresh,
    /// It would be time, but not before this moment.
    NotBefore(Timestamp),
    /// It would be time, but somebody has sent the refresh token, and the answer may come until this moment.
    Sent(Timestamp),
    /// The token cannot be used any more and there is no refresh token.
    Dead,
}

/// Who wants the refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The crate, when it is due.
    WhenDue,
    /// The application, now (the EHR answered 401, or a person pressed a button).
    Now,
}

/// Judges a launch. `least` is the shortest interval that its EHR is to be left in peace for, if its registration says
/// one; it is asked only when there is something to decide.
pub(crate) fn judge(
    record: &LaunchRecord,
    wanted: Wanted,
    least: impl FnOnce() -> Option<Duration>,
    now: Timestamp,
) -> Verdict {
    let tokens = &record.tokens;
    let usable = tokens.is_usable(now);
    let due = wanted == Wanted::Now || tokens.is_due(now) || !usable;
    if !tokens.can_be_renewed() {
        return if usable { Verdict::Fresh } else { Verdict::Dead };
    }
    if !due {
        return Verdict::Fresh;
    }
    if let Some(sent) = record.refresh.sent.filter(|sent| now < sent.answer_until) {
        return Verdict::Sent(sent.answer_until);
    }
    let earliest = earliest_attempt(record, usable, least());
    if now < earliest {
        Verdict::NotBefore(earliest)
    } else {
        Verdict::Refresh
    }
}

/// The first moment at which another attempt is allowed.
///
/// - After a failure: not before its delay has passed.
/// - While the token is usable: at most one success per `least`, else per minute (or half of the token's life), as EHRs
///   throttle.
/// - While the token is usable and the EHR may have processed the refresh token already: not at all, because
///   sending a spent one again makes a careful EHR revoke everything. It may have where a process noted that it sends the
///   token, and was stopped after that. The same where it was refused in a form that may mean anything. What a client of the
///   launch's own signs is never spent.
fn earliest_attempt(record: &LaunchRecord, usable: bool, least: Option<Duration>) -> Timestamp {
    let RefreshState {
        last_success,
        not_before,
        unanswered_since,
        sent,
        refused_at,
        ..
    } = record.refresh;
    let mut earliest = not_before.unwrap_or(Timestamp::from_millis(0));
    if usable {
        if let Some(success) = last_success {
            let interval = least.unwrap_or_else(|| Duration::from_secs(60).min(record.tokens.lifetime() / 2));
            earliest = earliest.max(success.saturating_add(interval));
        }
        let may_be_spent = record.tokens.refresh_token().is_some();
        if may_be_spent && (unanswered_since.is_some() || sent.is_some() || refused_at.is_some()) {
            earliest = earliest.max(record.tokens.unusable_from());
        }
    }
    earliest
}

/// The first moment for another attempt after one that failed `now`: after `delay`, and while the token is usable not
/// before `least` has passed.
pub(crate) fn next_after_failure(
    record: &LaunchRecord,
    delay: Duration,
    least: Option<Duration>,
    now: Timestamp,
) -> Timestamp {
    let spaced = now.saturating_add(least.unwrap_or_default());
    now.saturating_add(delay).max(spaced.min(record.tokens.unusable_from()))
}

/// How long to wait after a failure: what the EHR asked for, else 1, 2, 4 … 60 seconds.
pub(crate) fn delay_after(failures: u32, retry_after: Option<Duration>) -> Duration {
    let backoff = Duration::from_secs(
        1_u64
            .checked_shl(failures.saturating_sub(1).min(6))
            .unwrap_or(60)
            .min(60),
    );
    retry_after.unwrap_or(backoff).max(Duration::from_secs(1))
}

#[cfg(test)]
mod tests;
