use super::*;

#[test]
fn each_finding_is_one_of_its_own() {
    let mut all = TokenResponseReport::default();
    for finding in TokenResponseFinding::ALL {
        assert_eq!(
            all.beyond(TokenResponseReport::default())
                .filter(|it| *it == finding)
                .count(),
            0
        );
        all.note(finding);
    }
    assert_eq!(
        all.beyond(TokenResponseReport::default()).count(),
        TokenResponseFinding::ALL.len()
    );
    let mut known = TokenResponseReport::default();
    known.note(TokenResponseFinding::NoTokenType);
    assert_eq!(all.beyond(known).count(), TokenResponseFinding::ALL.len() - 1);
    assert_eq!(all.beyond(TokenResponseReport::from_bits(all.bits())).count(), 0);
}
