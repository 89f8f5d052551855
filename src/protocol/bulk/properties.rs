//! What holds for every input.

use proptest::{
    prelude::*,
    sample::{select, subsequence},
};
use serde_json::{Value, json};
use url::Url;

use super::{
    lines::Lines,
    manifest::{ManifestPage, ManifestProblem},
    place::TokenPlaces,
    place::place,
    progress::ExportProgress,
};
use crate::protocol::visible::is_invisible;

const MEMBERS: [&str; 9] = [
    "transactionTime",
    "request",
    "requiresAccessToken",
    "output",
    "deleted",
    "error",
    "outcome",
    "link",
    "extension",
];

const GOOD: [(&str, &str); 9] = [
    ("transactionTime", r#""2026-01-31T08:15:00Z""#),
    ("request", r#""https://ehr.example/fhir/$export""#),
    ("requiresAccessToken", "true"),
    ("output", r#"[{"type":"Patient","url":"/1","count":3},{"url":"/2"}]"#),
    ("deleted", r#"[{"type":"Bundle","url":"/3"}]"#),
    ("error", r#"[{"type":"OperationOutcome","url":"/4"}]"#),
    ("outcome", r#"[{"type":"OperationOutcome","url":"/5"}]"#),
    ("link", r#"[{"relation":"next","url":"/more"}]"#),
    ("extension", r#"{"a":[null,1.5,"x"]}"#),
];

/// Values that make a good manifest one that is refused.
const MISTAKES: [(&str, &str); 16] = [
    ("transactionTime", "null"),
    ("transactionTime", r#""2026-01-31""#),
    ("requiresAccessToken", "1"),
    ("requiresAccessToken", "null"),
    ("output", "null"),
    ("output", "{}"),
    ("output", r#"[{"type":"Patient"}]"#),
    ("output", r#"[{"type":"../x","url":"/1"}]"#),
    ("output", r#"[{"type":"P.1","url":"/1"}]"#),
    ("output", r#"["/1"]"#),
    ("deleted", r#"[{"url":null}]"#),
    ("error", r#""none""#),
    ("outcome", r#"[[]]"#),
    ("link", r#"{"relation":"next"}"#),
    ("link", r#"[{"relation":"next"}]"#),
    ("extension", "{"),
];

const MANIFEST: &str = r#"{"transactionTime":"2026-01-31T08:15:00Z","requiresAccessToken":true,"output":[{"type":"Patient","url":"/1","count":3}],"deleted":[{"type":"Bundle","url":"/3"}],"error":[],"link":[{"relation":"next","url":"/more"}]}"#;

const PLACES: [&str; 14] = [
    "/transactionTime",
    "/requiresAccessToken",
    "/output",
    "/output/0",
    "/output/0/type",
    "/output/0/url",
    "/output/0/count",
    "/deleted",
    "/deleted/0/type",
    "/error",
    "/link",
    "/link/0",
    "/link/0/relation",
    "/link/0/url",
];

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        select(vec![
            json!(null),
            json!(true),
            json!([]),
            json!({}),
            json!([{}]),
            json!([{"url": "/1"}]),
            json!("next")
        ]),
        any::<i64>().prop_map(Value::from),
        "[A-Z][a-zA-Z0-9]{0,70}".prop_map(Value::from),
        ".{0,10}".prop_map(Value::from),
    ]
}

proptest! {
    #[test]
    fn nothing_is_asked_but_by_https_or_beside_a_server_of_this_machine_and_no_token_leaves_its_origin(
        text in r"(https?:)?(//)?([a-z@:./\\%0-9\[\]-]{0,40}|ehr\.example|127\.0\.0\.1)(:[0-9]{1,5})?(/[^ ]{0,20})?",
        is_here: bool,
    ) {
        let base = if is_here { "http://127.0.0.1:8080/fhir" } else { "https://ehr.example/fhir" };
        let base: Url = base.parse().unwrap();
        if let Ok(address) = place(&base, &base, &text) {
            prop_assert!(address.has_host() && address.username().is_empty() && address.password().is_none());
            prop_assert!(address.scheme() == "https" || is_here, "{address}");
            let goes = TokenPlaces::default().have(&base, &address);
            prop_assert_eq!(goes, address.origin() == base.origin(), "{}", address);
        }
    }

    #[test]
    fn a_manifest_that_is_read_has_all_that_was_written_and_one_that_is_not_has_a_mistake(
        members in subsequence(MEMBERS.to_vec(), MEMBERS.len() - 3..=MEMBERS.len()).prop_shuffle(),
        mistakes in subsequence(MISTAKES.to_vec(), 0..=1),
    ) {
        let written = |member: &&str| {
            let mistake = mistakes.iter().find(|(mistaken, _)| mistaken == member);
            let good = GOOD.iter().find(|(good, _)| good == member);
            mistake.or(good).map(|(_, value)| format!("\"{member}\":{value}"))
        };
        let text = format!("{{{}}}", members.iter().filter_map(written).collect::<Vec<_>>().join(","));
        let has = |member: &str| members.contains(&member);
        let is_good = has("transactionTime") && has("output") && !mistakes.iter().any(|(mistaken, _)| has(mistaken));
        match ManifestPage::read(text.as_bytes()) {
            Ok(page) => {
                prop_assert!(is_good, "{}", text);
                let files = [("output", 2), ("deleted", 1), ("error", 1), ("outcome", 1)];
                let count: usize = files.iter().filter(|(member, _)| has(member)).map(|(_, count)| count).sum();
                prop_assert_eq!(page.files.len(), count);
                prop_assert_eq!(page.next.is_some(), has("link"));
                prop_assert_eq!(page.requires_access_token, has("requiresAccessToken"));
            }
            Err(problem) => prop_assert!(!is_good, "{}: {}", problem, text),
        }
    }

    #[test]
    fn a_good_manifest_with_another_value_in_one_place_is_read_without_a_loss_or_refused_by_a_name(
        place in select(PLACES.to_vec()),
        value in value(),
    ) {
        let mut manifest: Value = serde_json::from_str(MANIFEST).unwrap();
        *manifest.pointer_mut(place).unwrap() = value;
        match ManifestPage::read(manifest.to_string().as_bytes()) {
            Ok(page) => {
                let listed = ["output", "deleted", "error"].map(|name| manifest[name].as_array().map_or(0, Vec::len));
                prop_assert_eq!(page.files.len(), listed.iter().sum::<usize>());
                prop_assert_eq!(page.next.is_some(), manifest["link"][0]["relation"] == "next");
                for file in page.files {
                    prop_assert!(file.resource_type.bytes().all(|byte| byte.is_ascii_alphanumeric()));
                    prop_assert!((1..=64).contains(&file.resource_type.len()));
                }
            }
            Err(problem) => prop_assert!(problem != ManifestProblem::NotJson, "{}", manifest),
        }
    }

    #[test]
    fn a_good_manifest_with_other_bytes_in_one_place_is_read_as_the_json_that_it_is_or_refused(
        at in 0..=MANIFEST.len(),
        left_out in 0_usize..12,
        put_in in prop_oneof!["[{}\\[\\]\",:0-9a-zA-Z./\\\\-]{0,8}", ".{0,8}"],
    ) {
        let end = (at + left_out).min(MANIFEST.len());
        let good = MANIFEST.as_bytes();
        let text = [&good[..at], put_in.as_bytes(), &good[end..]].concat();
        if ManifestPage::read(&text).is_ok() {
            let value: Value = serde_json::from_slice(&text).unwrap();
            prop_assert!(value["output"].is_array() && value["transactionTime"].is_string());
        }
    }

    #[test]
    fn progress_is_a_percentage_and_a_short_text_that_can_be_seen(text in ".{0,200}") {
        let progress = ExportProgress::read(Some(&text));
        prop_assert!(progress.percent.is_none_or(|percent| percent <= 100));
        let text = progress.text.unwrap_or_default();
        prop_assert!(text.chars().count() <= 100 && !text.chars().any(|c| c.is_control() || is_invisible(c)));
    }

    #[test]
    fn all_that_came_are_the_lines_that_have_something_in_them(text in "[a\n\r]{0,100}", size in 1_usize..20) {
        let mut lines = Lines::new(1_000);
        let mut came = Vec::new();
        for piece in text.as_bytes().chunks(size) {
            lines.push(piece);
            while let Some(line) = lines.next().unwrap() {
                came.push(line.to_vec());
            }
        }
        lines.end();
        while let Some(line) = lines.next().unwrap() {
            came.push(line.to_vec());
        }
        let expected = text.split('\n').filter(|line| !line.trim_ascii().is_empty());
        let expected: Vec<_> = expected.map(|line| line.strip_suffix('\r').unwrap_or(line).as_bytes().to_vec()).collect();
        prop_assert_eq!(lines.count(), expected.len() as u64);
        let ended = text.strip_suffix('\n').unwrap_or(&text);
        let numbered = if text.is_empty() { 0 } else { ended.split('\n').count() as u64 };
        prop_assert_eq!(lines.number(), numbered);
        prop_assert_eq!(came, expected);
    }
}
