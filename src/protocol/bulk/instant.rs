//! A moment as FHIR writes it: [`FhirInstant`].

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::time::{Civil, Timestamp};

/// A moment as FHIR writes it (`instant`), such as `2026-01-31T08:15:00Z`.
///
/// It keeps the server's own writing, so that the next export can ask for what changed since, to the last digit.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{bulk::FhirInstant, time::Timestamp};
///
/// let since: FhirInstant = "2026-01-31T08:15:00+01:00".parse()?;
/// assert_eq!(since.as_str(), "2026-01-31T08:15:00+01:00");
/// assert_eq!(FhirInstant::from(Timestamp::from_millis(0)).as_str(), "1970-01-01T00:00:00.000Z");
/// # Ok::<(), actix_smart_auth::bulk::InvalidInstant>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FhirInstant(String);

/// The text is no instant of FHIR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an instant of FHIR has date, time and zone, such as 2026-01-31T08:15:00Z")]
pub struct InvalidInstant;

impl FhirInstant {
    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FhirInstant {
    type Err = InvalidInstant;

    fn from_str(text: &str) -> Result<Self, InvalidInstant> {
        is_instant(text).then(|| Self(text.to_owned())).ok_or(InvalidInstant)
    }
}

impl TryFrom<String> for FhirInstant {
    type Error = InvalidInstant;

    fn try_from(text: String) -> Result<Self, InvalidInstant> {
        text.parse()
    }
}

impl From<FhirInstant> for String {
    fn from(instant: FhirInstant) -> Self {
        instant.0
    }
}

impl From<Timestamp> for FhirInstant {
    fn from(moment: Timestamp) -> Self {
        Self(Civil::of(moment).to_string())
    }
}

impl fmt::Display for FhirInstant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `YYYY-MM-DDThh:mm:ss`, a fraction if there is one, and `Z` or `±hh:mm`.
fn is_instant(text: &str) -> bool {
    let Some((date_and_time, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let is_written_so = date_and_time
        .bytes()
        .zip("0000-00-00T00:00:00".bytes())
        .all(|(byte, form)| fits(byte, form));
    let part = |from: usize| {
        let digits = date_and_time.get(from..from + 2);
        digits.and_then(|digits| digits.parse::<u8>().ok()).unwrap_or(u8::MAX)
    };
    let is_possible =
        (1..=12).contains(&part(5)) && (1..=31).contains(&part(8)) && part(11) < 24 && part(14) < 60 && part(17) < 61;
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if zone.len() == fraction.len() || fraction.len() > 40 {
                return false;
            }
            zone
        }
        None => rest,
    };
    let is_offset = zone.len() == 6
        && zone.starts_with(['+', '-'])
        && zone
            .bytes()
            .skip(1)
            .zip("00:00".bytes())
            .all(|(byte, form)| fits(byte, form));
    is_written_so && is_possible && (zone == "Z" || is_offset)
}

const fn fits(byte: u8, form: u8) -> bool {
    match form {
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_has_date_time_and_zone() {
        for text in [
            "2026-01-31T08:15:00Z",
            "2026-12-31T23:59:60.123456+14:00",
            "0001-01-01T00:00:00-00:00",
            "2026-01-31T08:59:00Z",
        ] {
            assert_eq!(text.parse::<FhirInstant>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "2026-01-31",
            "2026-01-31T08:15Z",
            "2026-01-31T08:15:00",
            "2026-01-31 08:15:00Z",
            "2026-13-31T08:15:00Z",
            "2026-01-32T08:15:00Z",
            "2026-01-31T24:15:00Z",
            "2026-01-31T08:60:00Z",
            "2026-01-31T08:15:61Z",
            "2026-01-31T08:15:00.Z",
            "2026-01-31T08:15:00x00:00",
            "2026-01-31T08:15:00.5x00:00",
            "2026-01-31T08:15:00+",
            "2026-01-31T08:15:00+00",
            "2026-01-31T08:15:00+00:0",
            "2026-01-31T08:15:00+00:000",
            "2026-01-31T08:15:00+1:00",
            "2026-01-31T08:15:00Z ",
            "2026-01-31T08:15:0\u{e9}Z",
        ] {
            assert_eq!(text.parse::<FhirInstant>(), Err(InvalidInstant), "{text}");
        }
        // With the zone at most 40 characters behind the point.
        let of = |digits| format!("2026-01-31T08:15:00.{}Z", "1".repeat(digits)).parse::<FhirInstant>();
        assert!(of(39).is_ok());
        for digits in [40, 41] {
            assert_eq!(of(digits), Err(InvalidInstant), "{digits}");
        }
    }
}
