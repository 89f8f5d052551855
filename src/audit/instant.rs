//! A moment as FHIR and RFC 3339 write it.

use crate::time::Timestamp;

/// Of one day, in milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;
/// What fits into four digits: the last moment of the year 9999.
const LAST: u64 = 253_402_300_799_999;

/// In UTC, with milliseconds: `2026-01-31T08:15:00.250Z`.
pub(super) fn instant(moment: Timestamp) -> String {
    let millis = moment.as_millis().min(LAST);
    let (year, month, day) = date(millis / DAY);
    let of_day = millis % DAY;
    let (hours, minutes) = (of_day / 3_600_000, of_day / 60_000 % 60);
    let (seconds, rest) = (of_day / 1000 % 60, of_day % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{rest:03}Z")
}

/// The date that lies so many days after 1970-01-01. Counted in years that begin in March, so that a leap day is their last.
const fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}
