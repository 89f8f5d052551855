use super::*;

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
