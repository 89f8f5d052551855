use super::*;

fn launch(number: u64) -> LaunchKey {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    LaunchKey::from_bytes(bytes)
}

#[test]
fn a_secret_is_known_for_the_launch_that_it_has_proved_and_for_no_other() {
    let (proven, secret) = (ProvenLately::default(), LaunchSecret::new("right"));
    assert!(!proven.knows(launch(1), &secret));
    proven.note(launch(1), &secret);
    assert!(proven.knows(launch(1), &secret));
    assert!(!proven.knows(launch(2), &secret));
    assert!(!proven.knows(launch(1), &LaunchSecret::new("invented")));
    assert!(!proven.knows(launch(1), &LaunchSecret::new("")));
}

#[test]
fn a_crowd_is_bounded_and_its_newest_is_always_known() {
    let (proven, secret) = (ProvenLately::default(), LaunchSecret::new("right"));
    let crowd = u64::try_from(MOST).unwrap() * 2;
    for number in 0..crowd {
        proven.note(launch(number), &secret);
        assert!(proven.knows(launch(number), &secret));
    }
    let known = (0..crowd)
        .filter(|number| proven.knows(launch(*number), &secret))
        .count();
    assert!((MOST * 9 / 10..=MOST).contains(&known), "{known}");
}

#[test]
fn half_as_many_as_there_is_room_for_are_nearly_all_known() {
    let (proven, secret) = (ProvenLately::default(), LaunchSecret::new("right"));
    let half = u64::try_from(MOST / 2).unwrap();
    for number in 0..half {
        proven.note(launch(number), &secret);
    }
    let known = (0..half)
        .filter(|number| proven.knows(launch(*number), &secret))
        .count();
    assert!(known > MOST / 2 * 9 / 10, "{known}");
}
