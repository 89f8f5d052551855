use super::*;
use crate::{
    store::acceptance::sample::{browser, launch, user},
    time::Timestamp,
};

#[test]
fn a_launch_that_ends_beside_another_has_the_reason_that_the_store_notes() {
    let mine = browser();
    let of = |browser, number| {
        let mut record = launch(browser, Timestamp::from_millis(0));
        record.user = number;
        record
    };
    let cases = [
        (OthersOnOpen::EndAll, user(1), EndReason::Replaced),
        (OthersOnOpen::EndOtherUsers, user(2), EndReason::OtherUser),
        (OthersOnOpen::EndOtherUsers, user(1), EndReason::Evicted),
        (OthersOnOpen::EndOtherUsers, None, EndReason::Evicted),
        (OthersOnOpen::Keep, user(2), EndReason::Evicted),
    ];
    for (others, ended, reason) in cases {
        let opened = (mine, user(1));
        assert_eq!(reason_beside(others, opened, &of(mine, ended)), reason, "{others:?}");
        let elsewhere = of(browser(), ended);
        assert_eq!(
            reason_beside(others, opened, &elsewhere),
            EndReason::Evicted,
            "{others:?}"
        );
    }
}
