//! Until when a name or a number is valid: [`LastDay`].

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::date::FhirDate;

/// The last day of a `Period`, which belongs to it. Many servers write one far ahead (`9999-12-31`) and mean: for ever.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct LastDay(FhirDate);

impl LastDay {
    /// Of what has this `period`. `None`: it has no end, or none that can be read.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let end = value.pointer("/period/end")?.as_str()?;
        FhirDate::parse(end).map(Self)
    }

    /// Whether it is certain that it is over on that day. What ends in a month is valid in all of that month.
    pub(super) fn is_before(self, day: FhirDate) -> bool {
        // What one of them does not say decides nothing.
        let compare = |last: Option<u8>, now: Option<u8>| {
            let both = last.zip(now);
            both.map_or(Ordering::Equal, |(last, now)| last.cmp(&now))
        };
        let years = self.0.year().cmp(&day.year());
        let months = compare(self.0.month(), day.month());
        years.then(months).then(compare(self.0.day(), day.day())).is_lt()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_day_belongs_to_a_period_and_so_does_all_of_a_month_or_year() {
        let today = FhirDate::new(2026, 11, 29).unwrap();
        for (end, is_over) in [
            ("2026-11-28", true),
            ("2026-11-29", false),
            ("2026-11-29T00:00:00Z", false),
            ("2026-11-30", false),
            ("2026-10-31", true),
            ("2026-12-01", false),
            ("2026-10", true),
            ("2026-11", false),
            ("2025", true),
            ("2026", false),
            ("2025-12-31", true),
            ("9999-12-31", false),
        ] {
            let last = LastDay::of(&json!({ "period": { "end": end } })).unwrap();
            assert_eq!(last.is_before(today), is_over, "{end}");
        }
        for without in [
            json!({}),
            json!({ "period": { "end": "some day" } }),
            json!({ "period": {} }),
        ] {
            assert!(LastDay::of(&without).is_none(), "{without}");
        }
    }
}
