//! How far the EHR's clock and ours may be apart.

use std::time::Duration;

use serde_json::json;

use super::support::*;
use crate::{
    protocol::id_token::{CLOCK_TOLERANCE, Expected, IdTokenError},
    time::Timestamp,
};

fn tolerating(tolerance: Duration) -> Expected<'static> {
    Expected {
        clock_tolerance: tolerance,
        ..expected()
    }
}

#[test]
fn clocks_may_differ_by_a_minute_where_nothing_is_said() {
    assert_eq!(CLOCK_TOLERANCE, Duration::from_secs(60));
    assert_eq!(expected().clock_tolerance, CLOCK_TOLERANCE);
}

#[test]
fn each_time_may_be_off_by_the_tolerance_and_not_by_a_second_more() {
    for tolerance in [0, 1, 60, 300, 600] {
        let expected = tolerating(Duration::from_secs(tolerance));
        let off = Duration::from_secs(tolerance + 1);
        for (claim, within, beyond, error) in [
            (
                "exp",
                NOW - tolerance,
                NOW - tolerance - 1,
                IdTokenError::Expired {
                    ago: off,
                    issued_ago: None,
                },
            ),
            (
                "iat",
                NOW + tolerance,
                NOW + tolerance + 1,
                IdTokenError::IssuedInFuture { ahead: off },
            ),
            (
                "nbf",
                NOW + tolerance,
                NOW + tolerance + 1,
                IdTokenError::NotYetValid { ahead: off },
            ),
        ] {
            accepted_with(&claims_with(claim, json!(within)), &expected);
            assert_eq!(
                refused_with(&claims_with(claim, json!(beyond)), &expected),
                error,
                "{claim}, {tolerance} s"
            );
        }
    }
}

#[test]
fn the_tolerance_holds_to_the_millisecond() {
    let tolerance = Duration::from_millis(1_500);
    let at = |millis: u64| Expected {
        now: Timestamp::from_millis(NOW * 1000 + millis),
        ..tolerating(tolerance)
    };
    let said = claims_with("exp", json!(NOW));
    accepted_with(&said, &at(1_500));
    // In whole seconds, for people.
    let ago = Duration::from_secs(1);
    let issued_ago = None;
    assert_eq!(
        refused_with(&said, &at(1_501)),
        IdTokenError::Expired { ago, issued_ago }
    );
}

#[test]
fn a_message_about_a_clock_says_by_how_much_and_names_the_option() {
    let off = Duration::from_millis(95_999);
    for (error, begin) in [
        (
            IdTokenError::Expired {
                ago: off,
                issued_ago: None,
            },
            "the id token expired 95 s ago; compare this machine's clock with the EHR's.",
        ),
        (
            IdTokenError::Expired {
                ago: off,
                issued_ago: Some(off + Duration::from_secs(120)),
            },
            "the id token expired 95 s ago; it was issued 215 s ago by its own word, though it is new: this machine's \
             clock is probably 215 s ahead, set it (NTP).",
        ),
        (
            IdTokenError::IssuedInFuture { ahead: off },
            "the id token was issued 95 s in the future;",
        ),
        (
            IdTokenError::NotYetValid { ahead: off },
            "the id token is valid in 95 s only;",
        ),
    ] {
        let message = error.to_string();
        assert!(message.starts_with(begin), "{message}");
        assert!(message.contains("`Quirks::clock_tolerance`"), "{message}");
        assert!(!message.contains("  "), "{message}");
    }
}
