use super::*;

#[test]
fn one_ehr_gets_half_of_the_places_and_what_was_given_back_is_forgotten() {
    let limits = RevocationLimits::default();
    let many = |ehr: &str| -> Vec<_> { (0..IN_ALL).map_while(|_| limits.place(ehr)).collect() };
    let first = many("first");
    assert_eq!(first.len(), OF_ONE_EHR);
    let second = many("second");
    assert_eq!(second.len(), OF_ONE_EHR);
    assert!(limits.place("third").is_none(), "all are taken");
    drop(first);
    assert!(limits.place("third").is_some());
    drop(second);
    assert_eq!(limits.taken(), 0);
    assert!(locked(&limits.by_ehr).is_empty());
}
