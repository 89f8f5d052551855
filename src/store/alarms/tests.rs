use super::*;
use crate::config::tests::logged;

#[test]
fn two_troubles_of_one_error_do_not_keep_each_other_out_of_the_log() {
    let alarms = Alarms::of("Redis");
    assert!(alarms.is_due(StoreError::Unavailable, "maxclients"));
    assert!(!alarms.is_due(StoreError::Unavailable, "maxclients"));
    assert!(alarms.is_due(StoreError::Unavailable, "no answer in time"));
    assert!(alarms.is_due(StoreError::Full, "maxclients"));
}

#[test]
fn a_server_that_makes_up_codes_does_not_fill_the_log() {
    let alarms = Alarms::of("Redis");
    let said = (0..MOST * 2).filter(|code| alarms.is_due(StoreError::ReadOnly, &code.to_string()));
    assert_eq!(said.count(), MOST);
}

#[test]
fn a_thread_that_cannot_be_started_is_said_once_in_a_while_and_not_with_each_operation() {
    let alarms = Alarms::of("Redis");
    let ((), log) = logged(|| {
        for _ in 0..100 {
            assert_eq!(alarms.no_thread(&io::Error::other("no more")), StoreError::Unavailable);
        }
    });
    let said = "the thread for the connections to Redis could not be started";
    assert_eq!(log.matches(said).count(), 1, "{log}");
}
