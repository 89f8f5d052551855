use super::*;

#[test]
fn a_key_whose_call_is_overdue_gets_no_other_one_until_it_has_ended() {
    let calls = UnfinishedCalls::default();
    let first = calls.enter(&1);
    assert!(first.is_some() && calls.enter(&1).is_some());
    calls.give_up(&1);
    assert!(calls.enter(&1).is_none());
    assert!(calls.enter(&2).is_some(), "another key");
    drop(first);
    assert!(calls.enter(&1).is_some());
    // It had ended in time.
    calls.give_up(&1);
    assert!(locked(&calls.0).is_empty());
}

#[test]
fn two_calls_go_on_at_once_and_no_third() {
    let calls = UnfinishedCalls::default();
    let _two = (calls.enter(&1).unwrap(), calls.enter(&1).unwrap());
    assert!(calls.enter(&1).is_none());
}
