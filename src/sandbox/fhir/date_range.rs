//! Dates of FHIR as the time that they stand for: a day is all of its moments ([`DateRange`]).

use serde_json::Value;

/// From this moment until before that one, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) struct DateRange {
    pub(in crate::sandbox) from: i64,
    pub(in crate::sandbox) until: i64,
}

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

impl DateRange {
    /// `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, or with `Thh:mm`, seconds, a fraction and a zone; without a zone it is UTC.
    pub(in crate::sandbox) fn parse(text: &str) -> Option<Self> {
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let mut parts = date.split('-');
        let year = number(parts.next()?, 4)?;
        let month = parts
            .next()
            .map(|month| number(month, 2))
            .map_or(Some(None), |it| it.map(Some))?;
        let day = parts
            .next()
            .map(|day| number(day, 2))
            .map_or(Some(None), |it| it.map(Some))?;
        if parts.next().is_some() {
            return None;
        }
        let from = days(year, month.unwrap_or(1), day.unwrap_or(1))? * DAY;
        let until = match (month, day) {
            (None, _) => days(year + 1, 1, 1)? * DAY,
            (Some(12), None) => days(year + 1, 1, 1)? * DAY,
            (Some(month), None) => days(year, month + 1, 1)? * DAY,
            (Some(_), Some(_)) => from + DAY,
        };
        match (time, day) {
            (None, _) => Some(Self { from, until }),
            (Some(time), Some(_)) => Self::of_time(from, time),
            (Some(_), None) => None,
        }
    }

    fn of_time(midnight: i64, text: &str) -> Option<Self> {
        let zone_at = text.find(['Z', '+', '-']).unwrap_or(text.len());
        let (time, zone) = text.split_at_checked(zone_at)?;
        let offset = match zone.split_at_checked(1) {
            None | Some(("Z", "")) => 0,
            Some((sign, offset)) => {
                let (hours, minutes) = offset.split_once(':')?;
                let minutes = number(hours, 2)? * 60 + number(minutes, 2)?;
                if sign == "-" { -minutes } else { minutes }
            }
        };
        let mut parts = time.splitn(3, ':');
        let (hour, minute) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
        if hour > 23 || minute > 59 {
            return None;
        }
        let start = midnight + (hour * 60 + minute - offset) * MINUTE;
        let (from, length) = match parts.next() {
            None => (start, MINUTE),
            Some(seconds) => match seconds.split_once('.') {
                None => (start + number(seconds, 2)? * 1000, 1000),
                Some((seconds, fraction)) => {
                    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
                    (start + number(seconds, 2)? * 1000 + number(&fraction, 3)?, 1)
                }
            },
        };
        Some(Self {
            from,
            until: from + length,
        })
    }

    /// The time of a date or a period in a resource. A period without an end is not over.
    pub(super) fn of_value(value: &Value) -> Option<Self> {
        if let Value::String(text) = value {
            return Self::parse(text);
        }
        let end = |name: &str| value.get(name).and_then(Value::as_str).map(Self::parse);
        match (end("start"), end("end")) {
            (None, None) => None,
            (start, end) => Some(Self {
                from: start.map_or(Some(i64::MIN), |it| it.map(|it| it.from))?,
                until: end.map_or(Some(i64::MAX), |it| it.map(|it| it.until))?,
            }),
        }
    }
}

fn number(text: &str, digits: usize) -> Option<i64> {
    let is_written_so = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    is_written_so.then(|| text.parse().ok()).flatten()
}

/// Days since 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms").
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=longest).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let from_march = (month + 9) % 12;
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_all_of_its_moments() {
        for (text, from, length) in [
            ("1970", 0, 365 * DAY),
            ("1970-01", 0, 31 * DAY),
            ("1970-12", 334 * DAY, 31 * DAY),
            ("1972-02", 761 * DAY, 29 * DAY),
            ("1970-01-02", DAY, DAY),
            ("2025-07-01", 1_751_328_000_000, DAY),
            ("1970-01-01T00:01Z", MINUTE, MINUTE),
            ("1970-01-01T01:00:01+01:00", 1000, 1000),
            ("1969-12-31T23:00:00-01:00", 0, 1000),
            ("1970-01-01T00:00:00.5Z", 500, 1),
            ("1970-01-01T00:00:00", 0, 1000),
        ] {
            let range = DateRange::parse(text).unwrap();
            assert_eq!((range.from, range.until - range.from), (from, length), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "70",
            "1970-1",
            "1970-13",
            "1970-02-29",
            "1900-02-29",
            "1970-01-32",
            "1970-01-01T24:00Z",
            "1970-01-01T00:60Z",
            "1970-01T00:00Z",
            "1970-01-01T00:00:00+1",
            "today",
            "1970-01-01-01",
        ] {
            assert_eq!(DateRange::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_period_without_an_end_is_not_over() {
        let open = DateRange::of_value(&serde_json::json!({"start": "1970-01-02"})).unwrap();
        assert_eq!((open.from, open.until), (DAY, i64::MAX));
        let began = DateRange::of_value(&serde_json::json!({"end": "1970-01-02"})).unwrap();
        assert_eq!((began.from, began.until), (i64::MIN, 2 * DAY));
        assert_eq!(DateRange::of_value(&serde_json::json!({})), None);
    }
}
