use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use super::*;
use crate::fuzz::generate::config;

#[test]
fn a_boxed_text_is_the_same_with_and_without_room_to_spare() {
    let mut roomy = String::with_capacity(64);
    roomy.push_str("s3cret");
    for text in [roomy, "s3cret".to_owned()] {
        assert_eq!(boxed(text).expose_secret(), "s3cret");
    }
}

#[test]
fn a_text_without_room_to_spare_is_not_copied() {
    let text = "s3cret".repeat(10).into_boxed_str().into_string();
    let place = text.as_ptr();
    assert_eq!(boxed(text).expose_secret().as_ptr(), place);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn bytes_become_the_text_that_the_standard_library_makes_of_them_without_growing(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let text = text_of(&bytes);
        prop_assert_eq!(text.as_str(), String::from_utf8_lossy(&bytes));
        prop_assert_eq!(text.capacity(), with_room_for(bytes.len() * 3).capacity());
    }
}
