//! Claims about what an operation that ends launches hands out: the caller that gets it revokes the tokens.

use super::{
    Subject, at, ok, rules,
    sample::{self, browser, launch_key_of},
};
use crate::{
    protocol::secret::RefreshToken,
    store::{BrowserKey, EndReason, EndedLaunches, LaunchKey, LaunchRecord, OthersOnOpen, Replaced, Version},
};

/// A launch of `browser` with a refresh token of its own.
fn launch(browser: BrowserKey, seconds: u32, refresh_token: &str) -> LaunchRecord {
    let mut record = sample::launch(browser, at(seconds));
    record.tokens.refresh_token = Some(RefreshToken::new(refresh_token));
    record
}

async fn open(store: &Subject, record: LaunchRecord, others: OthersOnOpen, seconds: u32) -> (LaunchKey, EndedLaunches) {
    let key = launch_key_of(record.browser);
    let ended = store.open_launch(key, record, others, rules(), at(seconds));
    (key, ok(ended.await))
}

/// The refresh tokens of what was handed out, sorted.
fn refresh_tokens(ended: &EndedLaunches) -> Vec<&str> {
    assert_eq!(ended.unreadable, 0);
    let tokens = ended.records.iter().filter_map(|record| record.tokens.refresh_token());
    let mut tokens: Vec<_> = tokens.map(RefreshToken::expose_secret).collect();
    tokens.sort_unstable();
    tokens
}

/// Whole, with what was written last, and once.
pub async fn ending_hands_out_the_record_as_it_was_last(store: Subject) {
    let browser = browser();
    let (key, _) = open(&store, launch(browser, 0, "first"), OthersOnOpen::Keep, 0).await;
    let last = launch(browser, 0, "second");
    let replaced = store.replace_launch(key, Version(1), last.clone(), rules(), at(1));
    assert_eq!(ok(replaced.await), Replaced::Written(Version(2)));
    let end = |seconds| {
        let backend = &store;
        backend.end_launch(key, EndReason::LoggedOut, rules(), at(seconds))
    };
    let ended = ok(end(2).await);
    assert_eq!(refresh_tokens(&ended), ["second"]);
    assert!(ended.records.iter().all(|record| record.to_bytes() == last.to_bytes()));
    assert_eq!(ok(end(3).await).count(), 0);
}

/// Those that were open, of that browser.
pub async fn ending_all_hands_out_the_records_of_the_open_ones(store: Subject) {
    let (mine, other) = (browser(), browser());
    let (first, _) = open(&store, launch(mine, 0, "first"), OthersOnOpen::Keep, 0).await;
    open(&store, launch(mine, 1, "second"), OthersOnOpen::Keep, 1).await;
    open(&store, launch(mine, 2, "third"), OthersOnOpen::Keep, 2).await;
    open(&store, launch(other, 2, "fourth"), OthersOnOpen::Keep, 2).await;
    let backend = &store;
    let ended = ok(backend.end_launch(first, EndReason::LoggedOut, rules(), at(3)).await);
    assert_eq!(refresh_tokens(&ended), ["first"]);
    let end_all = |seconds| backend.end_all_of(mine, EndReason::LoggedOut, rules(), at(seconds));
    assert_eq!(refresh_tokens(&ok(end_all(4).await)), ["second", "third"]);
    assert_eq!(ok(end_all(5).await).count(), 0);
}

/// Those of another user, all others, or the longest unused one past the limit; none that stays.
pub async fn opening_hands_out_the_records_of_those_it_ended(store: Subject) {
    let of_user = |browser, seconds, user, token: &str| {
        let mut record = launch(browser, seconds, token);
        record.user = sample::user(user);
        record
    };
    let browser = browser();
    open(&store, of_user(browser, 0, 1, "first"), OthersOnOpen::Keep, 0).await;
    open(&store, of_user(browser, 1, 2, "second"), OthersOnOpen::Keep, 1).await;
    let third = of_user(browser, 2, 2, "third");
    let (_, ended) = open(&store, third, OthersOnOpen::EndOtherUsers, 2).await;
    assert_eq!(refresh_tokens(&ended), ["first"]);
    let fourth = of_user(browser, 3, 1, "fourth");
    let (_, ended) = open(&store, fourth.clone(), OthersOnOpen::EndAll, 3).await;
    assert_eq!(refresh_tokens(&ended), ["second", "third"]);
    for seconds in 4..6 {
        let (_, ended) = open(&store, launch(browser, seconds, "first"), OthersOnOpen::Keep, seconds).await;
        assert_eq!(ended.count(), 0);
    }
    let (_, ended) = open(&store, launch(browser, 6, "first"), OthersOnOpen::Keep, 6).await;
    assert_eq!(refresh_tokens(&ended), ["fourth"]);
}

/// Nobody ended it: it ran out.
pub async fn what_ran_out_is_not_handed_out(store: Subject) {
    let browser = browser();
    let (idle, _) = open(&store, launch(browser, 0, "first"), OthersOnOpen::Keep, 0).await;
    open(&store, launch(browser, 0, "second"), OthersOnOpen::Keep, 0).await;
    let backend = &store;
    let ended = backend.end_launch(idle, EndReason::LoggedOut, rules(), at(60)).await;
    assert_eq!(ok(ended).count(), 0);
    let (_, ended) = open(&store, launch(browser, 60, "third"), OthersOnOpen::EndAll, 60).await;
    assert_eq!(ended.count(), 0);
    let ended = backend
        .end_all_of(browser, EndReason::LoggedOut, rules(), at(119))
        .await;
    assert_eq!(refresh_tokens(&ok(ended)), ["third"]);
}
