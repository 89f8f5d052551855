use proptest::prelude::*;

use super::*;
use crate::fuzz::generate::config;

#[test]
fn what_nobody_sees_is_left_out_and_what_ends_a_line_is_a_space() {
    for (text, expected) in [
        ("pay \u{202E}evil\u{202C} now", "pay evil now"),
        ("a\u{200B}d\u{200D}m\u{2060}i\u{FEFF}n", "admin"),
        ("\u{2066}a\u{2069}\u{200E}b\u{200F}\u{061C}", "ab"),
        ("pass\u{00AD}word\u{180E}", "password"),
        ("a\u{E0041}\u{E007F}\u{FFF9}b\u{FFFB}", "ab"),
        ("\u{263A}\u{FE0F}\u{3164}", "\u{263A}"),
        ("a\u{2028}b\u{2029}c\nd\te\u{85}f\u{1B}[31m", "a b c d e f [31m"),
    ] {
        assert_eq!(visible(text).collect::<String>(), expected, "{text:?}");
    }
}

#[test]
fn what_people_write_stays() {
    for text in [
        "Zugriff verweigert – bitte später",
        "رُفض الوصول",
        "הגישה נדחתה",
        "アクセス拒否 ❌",
        "e\u{301}",
        "a\u{A0}b",
    ] {
        assert_eq!(visible(text).collect::<String>(), text);
    }
}

/// The ranges are checked at both ends.
#[test]
fn every_direction_control_and_every_zero_width_character_is_invisible_and_their_neighbours_are_not() {
    for (first, last) in [
        (0xAD, 0xAD),
        (0x34F, 0x34F),
        (0x61C, 0x61C),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x200B, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x206F),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFEFF, 0xFEFF),
        (0xFFA0, 0xFFA0),
        (0xFFF0, 0xFFFB),
        (0x13430, 0x1343F),
        (0x1BCA0, 0x1BCA3),
        (0x1D173, 0x1D17A),
        (0xE0000, 0xE0FFF),
    ] {
        let invisible = |code: u32| char::from_u32(code).map(is_invisible);
        assert!((first..=last).all(|code| invisible(code) == Some(true)), "{first:X}");
        assert_eq!(invisible(first - 1), Some(false), "before {first:X}");
        assert_eq!(invisible(last + 1), Some(false), "after {last:X}");
    }
}

#[test]
fn a_log_has_room_for_300_characters() {
    assert_eq!(in_log(&"é".repeat(300)), "é".repeat(300));
    assert_eq!(in_log(&"\u{200B}é".repeat(301)), "é".repeat(300));
}

/// What must not come out, as the harm names it and not as the code does.
fn is_harmful(c: char) -> bool {
    let changes_direction = ['\u{61C}', '\u{200E}', '\u{200F}'].contains(&c)
        || ('\u{202A}'..='\u{202E}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c);
    let has_no_width = ('\u{200B}'..='\u{200D}').contains(&c)
        || ('\u{2060}'..='\u{2064}').contains(&c)
        || ['\u{FEFF}', '\u{AD}', '\u{180E}'].contains(&c)
        || ('\u{E0000}'..='\u{E007F}').contains(&c)
        || ('\u{FFF9}'..='\u{FFFB}').contains(&c);
    changes_direction || has_no_width || c.is_control() || ['\u{2028}', '\u{2029}'].contains(&c)
}

fn any_text() -> impl Strategy<Value = String> {
    let odd = prop_oneof![
        any::<char>(),
        (0x2000_u32..0x2070).prop_filter_map("a character", char::from_u32),
        (0xFE00_u32..0x1_0000).prop_filter_map("a character", char::from_u32),
        (0_u32..0x100).prop_filter_map("a character", char::from_u32),
        (0xE_0000_u32..0xE_1000).prop_filter_map("a character", char::from_u32),
    ];
    proptest::collection::vec(odd, 0..400).prop_map(String::from_iter)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_goes_in_what_comes_out_has_nothing_invisible(text in any_text()) {
        for out in [visible(&text).collect::<String>(), in_log(&text)] {
            prop_assert!(!out.contains(is_harmful), "{out:?}");
            prop_assert!(out.chars().count() <= text.chars().count());
            prop_assert_eq!(visible(&out).collect::<String>(), out);
        }
        prop_assert!(in_log(&text).chars().count() <= 300);
    }
}

#[test]
fn an_address_is_logged_without_its_query() {
    for (address, logged) in [
        (
            "https://ehr.example/fhir/Patient?key=MARKER#part",
            "https://ehr.example/fhir/Patient#part",
        ),
        ("https://ehr.example/fhir", "https://ehr.example/fhir"),
    ] {
        assert_eq!(without_query(&address.parse().unwrap()), logged);
    }
    let cut = format!("https://ehr.example/{}", "a".repeat(280));
    assert_eq!(without_query(&format!("{cut}aaa").parse().unwrap()), cut);
}
