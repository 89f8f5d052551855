//! [`utc`]: a moment as people compare it with a log.

use crate::time::{Civil, Timestamp};

/// The moment in UTC, to the second: `2026-11-29 20:04:05 UTC`.
pub(super) fn utc(moment: Timestamp) -> String {
    let Civil {
        year,
        month,
        day,
        hour,
        minute,
        second,
        milli: _,
    } = Civil::of(moment);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_said_in_utc_to_the_second() {
        for (millis, text) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (1_795_982_645_999, "2026-11-29 20:04:05 UTC"),
        ] {
            assert_eq!(utc(Timestamp::from_millis(millis)), text);
        }
    }
}
