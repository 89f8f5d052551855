//! A moment as FHIR and RFC 3339 write it.

use crate::time::{Civil, Timestamp};

/// What fits into four digits: the last moment of the year 9999.
const LAST: Timestamp = Timestamp::from_millis(253_402_300_799_999);

/// In UTC, with milliseconds: `2026-01-31T08:15:00.250Z`.
pub(super) fn instant(moment: Timestamp) -> String {
    let Civil {
        year,
        month,
        day,
        hour,
        minute,
        second,
        milli,
    } = Civil::of(moment.min(LAST));
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}
