use super::*;
use crate::{
    store::acceptance::sample::{browser, launch, launch_key},
    time::Timestamp,
};

#[test]
fn what_two_operations_ended_is_counted_together() {
    let one = || {
        let record = Arc::new(launch(browser(), Timestamp::from_millis(0)));
        vec![EndedRecord::new(launch_key(), record)]
    };
    let mut ended = EndedLaunches::nothing();
    assert_eq!(ended.count(), 0);
    ended.extend(one().into());
    ended.extend(EndedLaunches {
        records: one(),
        unreadable: 2,
    });
    assert_eq!((ended.records.len(), ended.unreadable, ended.count()), (2, 2, 4));
    ended.extend(EndedLaunches {
        records: one(),
        unreadable: usize::MAX,
    });
    assert_eq!((ended.records.len(), ended.count()), (3, usize::MAX));
}
