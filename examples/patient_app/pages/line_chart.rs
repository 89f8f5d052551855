//! A series as a line, drawn on the server: no script, and a screen reader hears what it shows.

use std::fmt::Write as _;

use super::document::escape;
use crate::vitals::{Point, Series};

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 120.0;
/// Room for the numbers at the left, and for the dates below.
const LEFT: f64 = 34.0;
const BELOW: f64 = 18.0;

/// Nothing for a single measurement: its number says it all.
pub(super) fn line_chart(series: &Series) -> String {
    let (Some(first), Some(last)) = (series.points.first(), series.points.last()) else {
        return String::new();
    };
    let (Some(from), Some(to)) = (day(&first.date), day(&last.date)) else {
        return String::new();
    };
    if from == to {
        return String::new();
    }
    let (low, high) = range(&series.points);
    let x = |point: &Point| LEFT + (WIDTH - LEFT - 6.0) * (day(&point.date).unwrap_or(from) - from) / (to - from);
    let y = |value: f64| 8.0 + (HEIGHT - BELOW - 14.0) * (high - value) / (high - low);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n",
        escape(&spoken(series, first, last))
    );
    for value in [low, (low + high) / 2.0, high] {
        let y = y(value);
        let _ = writeln!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 6.0,
            y + 4.0,
            rounded(value, high - low),
        );
    }
    for (anchor, at, point) in [("start", LEFT, first), ("end", WIDTH, last)] {
        let month = point.date.get(..7).unwrap_or_default();
        let _ = writeln!(
            svg,
            "<text x=\"{at}\" y=\"{HEIGHT}\" text-anchor=\"{anchor}\">{}</text>",
            escape(month)
        );
    }
    for index in 0..first.values.len() {
        let points: Vec<(f64, f64)> = series
            .points
            .iter()
            .filter_map(|point| Some((x(point), y(*point.values.get(index)?))))
            .collect();
        let line: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let dots = points
            .iter()
            .map(|(x, y)| format!("<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"));
        let _ = writeln!(
            svg,
            "<g{}><polyline class=\"curve\" points=\"{}\"/>{}</g>",
            if index == 0 { "" } else { " class=\"second\"" },
            line.join(" "),
            dots.collect::<String>()
        );
    }
    svg.push_str("</svg>");
    svg
}

fn spoken(series: &Series, first: &Point, last: &Point) -> String {
    format!(
        "{}: {} measurements, from {} on {} to {} on {}",
        series.what,
        series.points.len(),
        first.in_words(),
        first.date,
        last.in_words(),
        last.date
    )
}

/// Of all values, with some air above and below, and never empty.
fn range(points: &[Point]) -> (f64, f64) {
    let values = points.iter().flat_map(|point| point.values.iter().copied());
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let air = ((high - low) * 0.15).max(high.abs() * 0.01).max(0.1);
    (low - air, high + air)
}

fn rounded(value: f64, of_range: f64) -> String {
    if of_range < 20.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

/// Days since some day long ago, well enough to place a point on a line.
fn day(date: &str) -> Option<f64> {
    let mut parts = date.split('-').map(|part| part.parse::<f64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    Some(year * 365.25 + month * 30.44 + day)
}
