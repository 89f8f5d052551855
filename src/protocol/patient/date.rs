//! A date of FHIR, of which day or month may be unknown: [`FhirDate`], and how old somebody is: [`Age`].

use std::{fmt, time::SystemTime};

use serde::{Deserialize, Serialize};

use crate::time::{Civil, Timestamp};

/// A date as FHIR writes it: `1987-02-20`, `1987-02` or `1987`.
///
/// `Display` gives that text again; people everywhere read it the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FhirDate {
    year: u16,
    month: Option<u8>,
    day: Option<u8>,
}

/// How old somebody is, in the unit in which people say it. `about`: day or month of birth is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Age {
    /// From the second birthday on; also where no more is known than the year.
    Years {
        /// Whole years.
        years: u16,
        /// Whether it may be a year less.
        about: bool,
    },
    /// From two months up to the second birthday.
    Months {
        /// Whole months.
        months: u16,
        /// Whether it may be a month less.
        about: bool,
    },
    /// In the first two months.
    Days {
        /// Whole days; zero on the day of birth.
        days: u16,
    },
}

impl FhirDate {
    /// Reads a date of FHIR; of a point in time (`2026-11-29T10:00:00Z`) the date that stands there. `None`: it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let date = text.split_once('T').map_or(text, |(date, _)| date);
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
        Self::checked(year, month, day)
    }

    /// A whole date. `None` when there is no such day.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        Self::checked(year, Some(u16::from(month)), Some(u16::from(day)))
    }

    /// The date at that moment in Greenwich. Where somebody is a day older in the time zone of the hospital, and that matters, make
    /// the date there with [`new`](Self::new).
    #[must_use]
    pub fn in_utc(moment: SystemTime) -> Self {
        let Civil { year, month, day, .. } = Civil::of(Timestamp::from(moment));
        Self {
            year: u16::try_from(year).unwrap_or(9_999).min(9_999),
            month: u8::try_from(month).ok(),
            day: u8::try_from(day).ok(),
        }
    }

    fn checked(year: u16, month: Option<u16>, day: Option<u16>) -> Option<Self> {
        let in_range = match (month, day) {
            (None, None) => true,
            (Some(month), None) => (1..=12).contains(&month),
            (Some(month), Some(day)) => day >= 1 && day <= days_in(year, month),
            (None, Some(_)) => false,
        };
        (in_range && (1..=9_999).contains(&year)).then_some(Self {
            year,
            month: month.and_then(|it| u8::try_from(it).ok()),
            day: day.and_then(|it| u8::try_from(it).ok()),
        })
    }

    /// The year.
    #[must_use]
    pub const fn year(&self) -> u16 {
        self.year
    }

    /// The month, if it is known: 1 to 12.
    #[must_use]
    pub const fn month(&self) -> Option<u8> {
        self.month
    }

    /// The day of the month, if it is known.
    #[must_use]
    pub const fn day(&self) -> Option<u8> {
        self.day
    }

    /// How old somebody who was born on this day is on another. `None` when that is before it, or when it cannot be said.
    #[must_use]
    pub fn age_on(&self, day: Self) -> Option<Age> {
        let years = day.year.checked_sub(self.year)?;
        let (Some(born_in), Some(now_in)) = (self.month, day.month) else {
            return Some(Age::Years { years, about: true });
        };
        let months = i32::from(years) * 12 + i32::from(now_in) - i32::from(born_in);
        let (months, about) = match (self.day, day.day) {
            (Some(born_on), Some(now_on)) if now_on < born_on => (months - 1, false),
            (Some(_), Some(_)) => (months, false),
            _ => (months, true),
        };
        let months = u16::try_from(months).ok()?;
        if months >= 24 {
            // Only in the month of birth does the day decide the year.
            let about = about && months % 12 == 0;
            return Some(Age::Years {
                years: months / 12,
                about,
            });
        }
        match (self.day_number(), day.day_number()) {
            (Some(born), Some(now)) if months < 2 => Some(Age::Days {
                days: u16::try_from(now.checked_sub(born)?).ok()?,
            }),
            _ => Some(Age::Months { months, about }),
        }
    }

    /// Days since some day before all dates, where the day is known.
    fn day_number(&self) -> Option<u32> {
        let (month, day) = (u16::from(self.month?), u32::from(self.day?));
        let before = u32::from(self.year) - 1;
        let leap_days = before / 4 - before / 100 + before / 400;
        let of_months: u32 = (1..month).map(|month| u32::from(days_in(self.year, month))).sum();
        Some(before * 365 + leap_days + of_months + day)
    }
}

fn number(text: &str, digits: usize) -> Option<u16> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

const fn days_in(year: u16, month: u16) -> u16 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 0,
    }
}

impl fmt::Display for FhirDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if let Some(month) = self.month {
            write!(f, "-{month:02}")?;
        }
        if let Some(day) = self.day {
            write!(f, "-{day:02}")?;
        }
        Ok(())
    }
}

impl From<FhirDate> for String {
    fn from(date: FhirDate) -> Self {
        date.to_string()
    }
}

impl TryFrom<String> for FhirDate {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a date")
    }
}

#[cfg(test)]
mod tests;
