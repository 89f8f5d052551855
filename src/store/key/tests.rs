use sha2::{Digest as _, Sha256};

use super::*;

#[test]
fn launches_of_one_browser_carry_its_tag_and_differ() {
    let browser = BrowserKey::of("some browser");
    let mut rng = rand::rng();
    let mut random = |began| LaunchId::random(browser, began, &mut rng);
    let (one, two) = (random(LaunchKind::Ehr), random(LaunchKind::Ehr));
    assert_eq!(one.key().slot_tag(), browser.slot_tag());
    assert_eq!(two.key().slot_tag(), browser.slot_tag());
    assert_ne!(one, two);
    assert_ne!(one.key(), two.key());
}

#[test]
fn the_id_of_a_launch_says_how_that_began() {
    let browser = BrowserKey::of("some browser");
    for began in [LaunchKind::Ehr, LaunchKind::Standalone] {
        let id = LaunchId::random(browser, began, &mut rand::rng());
        assert_eq!(id.says_it_began(), began, "{id:?}");
        assert_eq!(id.key().slot_tag(), browser.slot_tag());
    }
}

#[test]
fn a_pending_authorization_differs_by_state_and_a_callback_by_what_it_brought() {
    let (state, next) = (State::new("a state"), State::new("the next state"));
    assert_eq!(PendingKey::of(&state), PendingKey::of(&state));
    assert_ne!(PendingKey::of(&state), PendingKey::of(&next));
    assert_eq!(CallbackKey::of("code", "a"), CallbackKey::of("code", "a"));
    assert_ne!(CallbackKey::of("code", "a"), CallbackKey::of("code", "b"));
    assert_ne!(CallbackKey::of("code", "a"), CallbackKey::of("error", "a"));
}

#[test]
fn a_pending_authorization_has_a_slot_tag_of_its_own_and_nothing_of_a_browser() {
    let key = PendingKey::of(&State::new("a state"));
    assert_eq!(key.slot_tag(), SlotTag([key.as_bytes()[0], key.as_bytes()[1]]));
    // As it stands in stores: the hash of the label, a NUL and the state.
    assert_eq!(*key.as_bytes(), <[u8; 32]>::from(Sha256::digest(b"pending\0a state")));
}

#[test]
fn an_answer_cannot_be_written_so_that_it_is_taken_for_another_kind() {
    let keys = [
        ("code", "a"),
        ("code", "error\0a"),
        ("error", "a"),
        ("neither", ""),
        ("code", ""),
    ]
    .map(|(what, answer)| CallbackKey::of(what, answer));
    for (at, key) in keys.iter().enumerate() {
        assert!(!keys[at + 1..].contains(key), "number {at} comes twice");
    }
}

#[test]
fn keys_come_back_from_their_bytes_and_show_only_their_beginning() {
    let key = CallbackKey::of("code", "MARKER");
    assert_eq!(CallbackKey::from_bytes(*key.as_bytes()), key);
    let shown = format!("{key:?}");
    assert!(
        shown.starts_with("CallbackKey(") && shown.chars().count() == 22,
        "{shown}"
    );
}

#[test]
fn the_same_text_in_a_session_and_in_a_browser_cookie_names_two_browsers() {
    assert_ne!(BrowserKey::of("id"), BrowserKey::of_cookie(&BrowserId::new("id")));
}
