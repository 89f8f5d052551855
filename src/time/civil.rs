//! [`Civil`]: a moment as a calendar and a clock in UTC show it.

use std::fmt;

use super::Timestamp;

/// Of one day, in milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// A moment in UTC, in the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    /// More than four digits from the year 10000 on.
    pub(crate) year: u64,
    /// 1 to 12.
    pub(crate) month: u64,
    /// 1 to 31.
    pub(crate) day: u64,
    pub(crate) hour: u64,
    pub(crate) minute: u64,
    pub(crate) second: u64,
    pub(crate) milli: u64,
}

impl Civil {
    pub(crate) const fn of(moment: Timestamp) -> Self {
        let (days, of_day) = (moment.as_millis() / DAY, moment.as_millis() % DAY);
        let (year, month, day) = date(days);
        Self {
            year,
            month,
            day,
            hour: of_day / 3_600_000,
            minute: of_day / 60_000 % 60,
            second: of_day / 1000 % 60,
            milli: of_day % 1000,
        }
    }
}

/// As FHIR writes an `instant` in UTC: `2026-01-31T08:15:00.000Z`.
impl fmt::Display for Civil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            self.year, self.month, self.day, self.hour, self.minute, self.second, self.milli
        )
    }
}

/// The date so many days after 1970-01-01. Counted in years that begin on 1 March, so that a leap day is their last, and in spans of
/// 400 years (Hinnant, "chrono-compatible low-level date algorithms").
const fn date(days: u64) -> (u64, u64, u64) {
    // From 1 March of the year 0. Days that come from milliseconds are far too few to overflow.
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
    let year = era * 400 + year_of_era + (month <= 2) as u64;
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> [u64; 7] {
        let it = Civil::of(Timestamp::from_millis(millis));
        [it.year, it.month, it.day, it.hour, it.minute, it.second, it.milli]
    }

    #[test]
    fn a_moment_has_its_date_and_time_over_leap_years_and_centuries() {
        for (millis, expected) in [
            (0, [1970, 1, 1, 0, 0, 0, 0]),
            (951_782_399_999, [2000, 2, 28, 23, 59, 59, 999]),
            (951_782_400_000, [2000, 2, 29, 0, 0, 0, 0]),
            (951_868_800_000, [2000, 3, 1, 0, 0, 0, 0]),
            (1_767_225_599_000, [2025, 12, 31, 23, 59, 59, 0]),
            (1_769_847_300_250, [2026, 1, 31, 8, 15, 0, 250]),
            (4_107_456_000_000, [2100, 2, 28, 0, 0, 0, 0]),
            (4_107_542_400_000, [2100, 3, 1, 0, 0, 0, 0]),
        ] {
            assert_eq!(at(millis), expected, "{millis}");
        }
        // The end of time is a moment, too.
        assert!(at(u64::MAX)[0] > 500_000_000);
    }

    #[test]
    fn each_day_of_four_hundred_years_follows_the_one_before() {
        let mut before = [1970, 1, 1];
        for days in 1..=146_097 {
            let [year, month, day, ..] = at(days * DAY);
            let next = [year, month, day];
            let is_next = match next {
                [_, 1, 1] => before == [year - 1, 12, 31],
                [_, 3, 1] => {
                    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
                    before == [year, 2, if is_leap { 29 } else { 28 }]
                }
                [_, 5 | 7 | 10 | 12, 1] => before == [year, month - 1, 30],
                [_, _, 1] => before == [year, month - 1, 31],
                _ => before == [year, month, day - 1],
            };
            assert!(is_next, "{before:?} {next:?}");
            before = next;
        }
        assert_eq!(before, [2370, 1, 1]);
    }
}
