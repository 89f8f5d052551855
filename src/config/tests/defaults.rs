//! A default that the documentation of an option gives as a duration or a count is what the builder begins with.

use std::{collections::BTreeMap, time::Duration};

use crate::SmartConfig;

const SOURCES: [&str; 6] = [
    include_str!("../builder.rs"),
    include_str!("../builder/limits.rs"),
    include_str!("../builder/paths.rs"),
    include_str!("../builder/policies.rs"),
    include_str!("../builder/sending.rs"),
    include_str!("../ehr_builder.rs"),
];

#[derive(Debug, PartialEq, Eq)]
enum Amount {
    Time(Duration),
    Bytes(usize),
    Count(usize),
}

#[test]
fn a_documented_duration_or_count_is_the_default() {
    use Amount::{Bytes, Count, Time};
    let builder = SmartConfig::builder();
    let (lifetimes, limits) = (builder.rules.lifetimes, builder.rules.limits);
    let actual = BTreeMap::from([
        ("resolver_ttl", vec![Time(builder.resolver_ttl)]),
        ("pending_lifetime", vec![Time(lifetimes.pending)]),
        ("idle_lifetime", vec![Time(lifetimes.launch_idle)]),
        ("absolute_lifetime", vec![Time(lifetimes.launch_absolute)]),
        ("browser_limits", vec![Count(limits.pending), Count(limits.launches)]),
        ("connect_timeout", vec![Time(builder.http.transport.connect_timeout)]),
        ("request_timeout", vec![Time(builder.http.request_timeout)]),
        ("body_limit", vec![Bytes(builder.http.transport.body_limit)]),
        ("token_deadline", vec![Time(builder.tokens.deadline)]),
        ("metadata_ttl", vec![Time(builder.metadata_ttl)]),
        ("default_token_lifetime", vec![Time(builder.tokens.default_lifetime)]),
        ("refresh_wait_due", vec![Time(builder.tokens.wait_when_due)]),
        ("refresh_wait_unusable", vec![Time(builder.tokens.wait_when_unusable)]),
        ("on_launch_timeout", vec![Time(builder.on_launch_timeout)]),
        ("signer_timeout", vec![Time(builder.signer_timeout)]),
    ]);
    let documented: BTreeMap<_, _> = SOURCES
        .into_iter()
        .flat_map(options)
        .map(|(option, documentation)| (option, default_of(&documentation)))
        .filter(|(_, amounts)| !amounts.is_empty())
        .collect();
    assert_eq!(documented, actual);
}

#[test]
fn amounts_are_read_as_a_person_reads_them() {
    use Amount::{Bytes, Count, Time};
    let seconds = |seconds| vec![Time(Duration::from_secs(seconds))];
    assert_eq!(default_of("How long. Default: 5 minutes; at most 30 s."), seconds(300));
    assert_eq!(default_of("Default: 1 hour. Zero asks, 2 s."), seconds(3_600));
    assert_eq!(default_of("Default: 12 hours."), seconds(43_200));
    assert_eq!(default_of("Default: 1 MiB."), [Bytes(1_048_576)]);
    assert_eq!(default_of("Default: 8 pages and 16 launches."), [Count(8), Count(16)]);
    assert_eq!(default_of("Default: none. At most 16."), []);
    assert_eq!(default_of("At most 16."), []);
}

/// The public methods of a source, with their documentation in one line.
fn options(source: &str) -> Vec<(&str, String)> {
    let (mut found, mut documentation) = (Vec::new(), String::new());
    for line in source.lines().map(str::trim_start) {
        if let Some(text) = line.strip_prefix("///") {
            documentation.push_str(text);
            continue;
        }
        let method = line
            .strip_prefix("pub fn ")
            .or_else(|| line.strip_prefix("pub const fn "));
        if let Some(name) = method.and_then(|rest| rest.split(['(', '<']).next()) {
            found.push((name, documentation.clone()));
        }
        documentation.clear();
    }
    found
}

/// The amounts between "Default:" and the end of its sentence.
fn default_of(documentation: &str) -> Vec<Amount> {
    let Some((_, default)) = documentation.split_once("Default: ") else {
        return Vec::new();
    };
    let sentence = default.split([';', '.']).next().unwrap_or_default();
    let words: Vec<&str> = sentence.split_whitespace().collect();
    words
        .windows(2)
        .filter_map(|pair| Some(amount(pair[0].parse().ok()?, pair[1])))
        .collect()
}

fn amount(number: u64, unit: &str) -> Amount {
    let time = |seconds| Amount::Time(Duration::from_secs(number * seconds));
    let count = usize::try_from(number).unwrap();
    match unit {
        "s" => time(1),
        "minute" | "minutes" => time(60),
        "hour" | "hours" => time(60 * 60),
        "MiB" => Amount::Bytes(count * 1024 * 1024),
        _ => Amount::Count(count),
    }
}
