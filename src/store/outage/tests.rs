use super::*;

const AWAY: StoreError = StoreError::Unavailable;

#[test]
fn each_cause_of_an_outage_is_said_once() {
    let mut outage = Outage::default();
    let refused = "redis-1.example:6379: Connection refused (os error 111)";
    assert!(outage.has_new_cause(AWAY, refused));
    assert!(!outage.has_new_cause(AWAY, refused));
    let wrong = "redis-1.example:6379: WRONGPASS invalid username-password pair";
    assert!(outage.has_new_cause(StoreError::Refused, wrong));
    assert!(outage.has_new_cause(AWAY, "no answer in time"));
    for (error, why) in [(AWAY, refused), (StoreError::Refused, wrong)] {
        assert!(!outage.has_new_cause(error, why), "{why}");
    }
}

#[test]
fn the_same_words_about_another_address_or_process_are_no_other_cause() {
    let mut outage = Outage::default();
    assert!(outage.has_new_cause(AWAY, "10.0.0.1:6379: closed by 4711 in call 5f0c-a2"));
    assert!(!outage.has_new_cause(AWAY, "10.0.0.2:6380: closed by 4712 in call 7a11-b3"));
}

#[test]
fn a_server_that_gives_another_cause_each_time_does_not_fill_the_log() {
    let mut outage = Outage::default();
    let whys = (0..100).map(|length| "a".repeat(length));
    let said = whys.filter(|why| outage.has_new_cause(AWAY, why));
    assert_eq!(said.count(), MOST);
}

#[test]
fn the_end_of_an_outage_is_told_once_and_the_next_one_says_its_causes_anew() {
    let mut outage = Outage::default();
    assert_eq!(outage.ended(), None);
    for _ in 0..2 {
        assert!(outage.has_new_cause(AWAY, "no answer in time"));
        assert!(outage.ended().is_some());
        assert_eq!(outage.ended(), None);
    }
}
