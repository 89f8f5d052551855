//! Which of somebody's names is shown ([`PersonName`]).

use serde_json::Value;

use super::{fhir::DateRange, records::text};
use crate::time::Timestamp;

/// The name of somebody, of those that FHIR has of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PersonName {
    /// All of it.
    pub(super) text: String,
    pub(super) given: Option<String>,
    pub(super) family: Option<String>,
}

impl PersonName {
    /// Of the names of a Patient or a Practitioner the official one, else the usual one, else one without a use; a name whose period is over
    /// comes last, and of several that are alike the first counts. `None`: nobody has written a name.
    pub(super) fn of(resource: &Value, now: Timestamp) -> Option<Self> {
        let names = resource.get("name").and_then(Value::as_array)?;
        let readable = names
            .iter()
            .filter_map(|name| Some((rank(name, now), Self::read(name)?)));
        readable.min_by_key(|(rank, _)| *rank).map(|(_, name)| name)
    }

    fn read(name: &Value) -> Option<Self> {
        let parts = |member: &str| {
            let all = name.get(member).and_then(Value::as_array).into_iter().flatten();
            let all: Vec<_> = all.filter_map(Value::as_str).filter_map(visible).collect();
            visible(&all.join(" "))
        };
        let (given, family) = (parts("given"), visible(text(name, "family")));
        let in_parts = [parts("prefix"), given.clone(), family.clone(), parts("suffix")];
        let in_parts: Vec<_> = in_parts.into_iter().flatten().collect();
        let text = visible(text(name, "text")).or_else(|| visible(&in_parts.join(" ")))?;
        Some(Self { text, given, family })
    }
}

/// The smallest is shown.
fn rank(name: &Value, now: Timestamp) -> u8 {
    let (by_use, is_old) = match text(name, "use") {
        "official" => (0, false),
        "usual" => (1, false),
        "temp" => (3, false),
        "nickname" => (4, false),
        "anonymous" => (5, false),
        "maiden" => (6, false),
        "old" => (7, true),
        _ => (2, false),
    };
    let last_day = name.pointer("/period/end").and_then(Value::as_str);
    let last_day = last_day.and_then(|end| DateRange::parse(end.split('T').next().unwrap_or(end)));
    // The last day belongs to the period.
    let is_over = last_day.is_some_and(|day| u64::try_from(day.until).is_ok_and(|until| until <= now.as_millis()));
    if is_old || is_over { by_use + 10 } else { by_use }
}

/// Longer than any name; what is behind it is cut, and `…` says so.
const LONGEST: usize = 300;

/// What can be seen of a text, in one line: without characters of control, and without those that turn the direction of what follows.
pub(super) fn visible(text: &str) -> Option<String> {
    let turns = |c: &char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let seen: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !turns(c))
        .collect();
    let line = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => line.split_at_checked(end).map(|(start, _)| format!("{start}…")),
        None => Some(line).filter(|line| !line.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// 2026-11-29T12:00:00Z
    const NOW: Timestamp = Timestamp::from_millis(1_795_953_600_000);

    #[track_caller]
    fn shows(names: &Value, text: Option<&str>) {
        let shown = PersonName::of(&json!({"name": names}), NOW).map(|name| name.text);
        assert_eq!(shown.as_deref(), text, "{names}");
    }

    #[test]
    fn of_several_names_the_one_that_counts_today_is_shown() {
        let maiden = json!({"use": "maiden", "text": "Anna Maiden"});
        let usual = json!({"use": "usual", "text": "Ann"});
        let official = json!({"use": "official", "text": "Anna Married"});
        shows(&json!([maiden, usual, official]), Some("Anna Married"));
        shows(&json!([maiden, usual]), Some("Ann"));
        shows(&json!([maiden]), Some("Anna Maiden"));
        shows(&json!([maiden, {"text": "Anna"}]), Some("Anna"));
        shows(
            &json!([{"use": "official", "text": "One"}, {"use": "official", "text": "Two"}]),
            Some("One"),
        );
    }

    #[test]
    fn a_name_whose_period_is_over_is_shown_only_where_there_is_no_other() {
        let until = |end: &str| json!({"use": "official", "text": "Before", "period": {"end": end}});
        let usual = json!({"use": "usual", "text": "Now"});
        for (end, shown) in [
            ("2026-11-28", "Now"),
            ("2026-11-29", "Before"),
            ("2026-11-29T00:00:00Z", "Before"),
            ("2026-10", "Now"),
            ("2026-11", "Before"),
            ("9999-12-31", "Before"),
            ("some day", "Before"),
        ] {
            shows(&json!([until(end), usual]), Some(shown));
        }
        shows(&json!([until("2020")]), Some("Before"));
        shows(&json!([{"use": "old", "text": "Old"}, usual]), Some("Now"));
    }

    #[test]
    fn what_is_missing_of_a_name_is_left_out() {
        shows(&json!([{"family": "Only"}]), Some("Only"));
        shows(&json!([{"given": ["A", "B"]}]), Some("A B"));
        shows(
            &json!([{"prefix": ["Dr."], "given": ["A"], "family": "B", "suffix": ["PhD"]}]),
            Some("Dr. A B PhD"),
        );
        shows(
            &json!([{"use": "official"}, {"use": "old", "text": "Some"}]),
            Some("Some"),
        );
        for none in [
            json!([]),
            json!([{}]),
            json!("Amber"),
            json!([{"text": " \u{202e}\n"}]),
            json!([{"given": [1]}]),
        ] {
            shows(&none, None);
        }
        assert_eq!(PersonName::of(&json!({}), NOW), None);
    }

    #[test]
    fn characters_that_nobody_sees_are_no_part_of_a_name() {
        shows(
            &json!([{"text": "A\u{202e}m\u{0}ber\r\n Test\u{200b}wood"}]),
            Some("Am ber Testwood"),
        );
        shows(&json!([{"text": "עמית ירוק"}]), Some("עמית ירוק"));
    }
}
