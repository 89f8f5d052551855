//! Who the patient is, and the banner that says so.

use serde_json::Value;

use crate::{
    pages::patient_banner::PatientBanner,
    protocol::{
        patient::{date::FhirDate, facts::PatientFacts},
        visible::is_invisible,
    },
};

/// The longest text of a fact, and the `…` behind what was cut.
const LONGEST: usize = 301;
/// What a banner is made of. All else in it is text.
const TAGS: [&str; 10] = [
    "section class=\"smart-patient-banner\" aria-label=\"Patient\"",
    "p class=\"smart-patient-name\"",
    "dl class=\"smart-patient-facts\"",
    "div class=\"smart-patient-born\"",
    "div class=\"smart-patient-gender\"",
    "div class=\"smart-patient-identifier\"",
    "div class=\"smart-patient-deceased\"",
    "bdi",
    "dt",
    "dd",
];

/// The day in the first line, then a `Patient`.
pub fn patient_facts(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (day, resource) = super::line_and_rest(text);
    let day = FhirDate::parse(day).or(FhirDate::new(2026, 11, 29)).expect("a day");
    is_printed_as_it_is_read(day);
    let Ok(resource) = serde_json::from_str::<Value>(resource) else {
        return;
    };
    let id = resource.get("id").and_then(Value::as_str).unwrap_or_default();
    assert!(PatientFacts::read(&resource, &format!("{id}x")).is_none());
    let Some(facts) = PatientFacts::read(&resource, id) else {
        return;
    };
    assert!(resource.get("resourceType").is_some_and(|it| it == "Patient"));
    assert!(facts.id() == id && !id.is_empty());
    facts_are_short_and_can_be_seen(&facts);
    the_name_is_one_of_today(&facts, day);
    comes_back_from_the_store(&facts);
    the_banner_is_made_of_our_tags(facts, day);
}

fn is_printed_as_it_is_read(date: FhirDate) {
    assert_eq!(FhirDate::parse(&date.to_string()), Some(date));
}

fn facts_are_short_and_can_be_seen(facts: &PatientFacts) {
    assert!(facts.names().len() <= 20 && facts.identifiers().len() <= 50);
    for name in facts.names() {
        is_text(name.text());
        name.family().into_iter().for_each(is_text);
        name.given().iter().for_each(|given| is_text(given));
    }
    for number in facts.identifiers() {
        let more = [number.system(), number.type_code(), number.type_text()];
        more.into_iter().flatten().for_each(is_text);
        is_text(number.value());
    }
    facts.birth_date().into_iter().for_each(is_printed_as_it_is_read);
}

fn is_text(text: &str) {
    assert!(!text.is_empty() && text.trim() == text, "{text:?}");
    assert!(text.chars().count() <= LONGEST);
    assert!(!text.contains(|c: char| c.is_control() || is_invisible(c)), "{text:?}");
}

fn the_name_is_one_of_today(facts: &PatientFacts, day: FhirDate) {
    let shown = facts.name_on(day);
    assert_eq!(shown.is_some(), !facts.names().is_empty());
    let is_past = shown.is_some_and(|name| name.is_past_on(day));
    assert!(!is_past || facts.names().iter().all(|name| name.is_past_on(day)));
}

fn comes_back_from_the_store(facts: &PatientFacts) {
    let stored = serde_json::to_string(facts).expect("facts are stored");
    let back: PatientFacts = serde_json::from_str(&stored).expect("stored facts are read");
    assert!(back == *facts, "facts change when they are stored");
}

fn the_banner_is_made_of_our_tags(facts: PatientFacts, day: FhirDate) {
    let banner = PatientBanner::new(facts, day);
    let shown = banner.identifiers();
    assert!(shown.len() <= 2);
    assert!(shown.iter().all(|it| it.is_record_number() && !it.is_past_on(day)));
    let html = banner.to_string();
    let (before, tags) = html.split_once('<').expect("a banner has tags");
    assert!(before.is_empty());
    let mut open = Vec::new();
    for piece in tags.split('<') {
        let (tag, text) = piece.split_once('>').expect("a tag ends");
        assert!(!text.contains(['>', '"', '\'']), "{html}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{html}");
            continue;
        }
        let date = tag
            .strip_prefix("time datetime=\"")
            .and_then(|tag| tag.strip_suffix('"'));
        let is_date = date.is_some_and(|date| FhirDate::parse(date).is_some());
        assert!(is_date || TAGS.contains(&tag), "{tag}");
        open.push(tag.split(' ').next().unwrap_or_default());
    }
    assert!(open.is_empty(), "{html}");
}
