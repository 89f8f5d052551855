use super::*;

#[test]
fn each_finding_is_one_of_its_own() {
    let mut all = Findings::default();
    for finding in Finding::ALL {
        assert_eq!(all.beyond(Findings::default()).filter(|it| *it == finding).count(), 0);
        all.note(finding);
    }
    assert_eq!(all.beyond(Findings::default()).count(), Finding::ALL.len());
    let mut known = Findings::default();
    known.note(Finding::NoTokenType);
    assert_eq!(all.beyond(known).count(), Finding::ALL.len() - 1);
    assert_eq!(all.beyond(Findings::from_bits(all.bits())).count(), 0);
}
