//! Measurements, grouped into one series for each thing that was measured.

use serde_json::Value;

use crate::chart::{concept, text};

/// LOINC's codes for the two values of a blood pressure.
const SYSTOLIC: &str = "8480-6";
const DIASTOLIC: &str = "8462-4";

/// All measurements of one thing, oldest first.
pub(crate) struct Series {
    pub(crate) what: String,
    pub(crate) unit: String,
    pub(crate) points: Vec<Point>,
}

/// One measurement.
pub(crate) struct Point {
    /// `YYYY-MM-DD`.
    pub(crate) date: String,
    /// Two for a blood pressure.
    pub(crate) values: Vec<f64>,
}

impl Point {
    /// As people write it: `134/82`.
    pub(crate) fn in_words(&self) -> String {
        let values: Vec<String> = self.values.iter().map(f64::to_string).collect();
        values.join("/")
    }
}

/// The longest series first: it says the most.
pub(crate) fn series(observations: &[Value]) -> Vec<Series> {
    let mut all: Vec<Series> = Vec::new();
    for observation in observations {
        let Some((point, unit)) = measurement(observation) else {
            continue;
        };
        let what = concept(observation, "/code");
        match all.iter_mut().find(|series| series.what == what && series.unit == unit) {
            Some(series) => series.points.push(point),
            None => all.push(Series {
                what: what.to_owned(),
                unit: unit.to_owned(),
                points: vec![point],
            }),
        }
    }
    for series in &mut all {
        series.points.sort_by(|a, b| a.date.cmp(&b.date));
    }
    all.sort_by_key(|series| std::cmp::Reverse(series.points.len()));
    all
}

fn measurement(observation: &Value) -> Option<(Point, &str)> {
    // It stays on the server, and is no measurement of this patient.
    if text(observation, "/status") == "entered-in-error" {
        return None;
    }
    let date = text(observation, "/effectiveDateTime").get(..10)?.to_owned();
    let number = |of: &Value| of.pointer("/valueQuantity/value").and_then(Value::as_f64);
    if let Some(value) = number(observation) {
        let values = vec![value];
        return Some((Point { date, values }, text(observation, "/valueQuantity/unit")));
    }
    // A blood pressure has its two values as components, in any order.
    let components = observation.pointer("/component").and_then(Value::as_array)?;
    let of = |code: &str| components.iter().find(|part| has_code(part, code));
    let (systolic, diastolic) = (of(SYSTOLIC)?, of(DIASTOLIC)?);
    let values = vec![number(systolic)?, number(diastolic)?];
    let unit = text(systolic, "/valueQuantity/unit");
    (unit == text(diastolic, "/valueQuantity/unit")).then_some((Point { date, values }, unit))
}

fn has_code(part: &Value, loinc: &str) -> bool {
    let codings = part.pointer("/code/coding").and_then(Value::as_array);
    codings
        .into_iter()
        .flatten()
        .any(|coding| text(coding, "/system") == "http://loinc.org" && text(coding, "/code") == loinc)
}
