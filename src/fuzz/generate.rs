//! Inputs for property tests: half right, so that they get past the first check.

use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    sample::select,
    test_runner::Config,
};
use serde_json::{Map, Value, json};

/// Quick, and without files for what was found: that becomes a test of its own.
pub(crate) fn config() -> Config {
    Config {
        cases: 256,
        failure_persistence: None,
        ..Config::default()
    }
}

pub(crate) fn any_json() -> impl Strategy<Value = Value> + Clone {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(|it| json!(it)),
        any::<i64>().prop_map(|it| json!(it)),
        any::<f64>().prop_map(|it| json!(it)),
        "\\PC{0,12}".prop_map(|it| json!(it)),
        any_url().prop_map(|it| json!(it)),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|it| json!(it)),
            btree_map("[a-z]{1,4}", inner, 0..4).prop_map(|it| json!(it)),
        ]
    })
}

/// An object with some of these members.
pub(crate) fn object_of(names: &'static [&'static str]) -> impl Strategy<Value = Map<String, Value>> {
    let members = btree_map(select(names), any_json(), 0..names.len());
    members.prop_map(|members| {
        members
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    })
}

/// What looks like a URL, or like a part of one.
pub(crate) fn any_url() -> impl Strategy<Value = String> + Clone {
    let scheme = select(vec!["https:", "http:", "HTTPS:", "ftp:", "", "", "javascript:"]);
    let slashes = select(vec!["//", "//", "//", "/", "", "///", "\\\\"]);
    let user = select(vec!["", "", "", "", "a@", "a:b@", "@"]);
    let host = select(vec![
        "ehr.example",
        "EHR.example",
        "ehr.example.",
        "localhost",
        "127.0.0.1",
        "2130706433",
        "[::1]",
        "bücher.example",
        "%65hr.example",
        "localhost.evil.example",
        "",
    ]);
    let port = select(vec!["", "", "", ":443", ":80", ":8443", ":", ":0443", ":99999"]);
    let path = prop_oneof![
        Just(String::new()),
        any_path(),
        "(/[a-zA-Z0-9._~-]{1,6}){0,3}/?(\\?[a-z=&]{0,5})?(#[a-z]?)?",
    ];
    (scheme, slashes, user, host, port, path)
        .prop_map(|(scheme, slashes, user, host, port, path)| format!("{scheme}{slashes}{user}{host}{port}{path}"))
}

/// What looks like a path, hostile or not.
pub(crate) fn any_path() -> impl Strategy<Value = String> + Clone {
    let piece = select(vec![
        "/",
        "/",
        "/",
        "/",
        "a",
        "labs",
        ".",
        "..",
        "%2e",
        "%2E%2e",
        "%2F",
        "%2f",
        "%5c",
        "\\",
        "//",
        "@",
        ":",
        "?",
        "#",
        "x=1",
        "&",
        "%",
        "%0d%0a",
        "%00",
        "\t",
        " ",
        "é",
        "%25",
        "~",
        "%7E",
        "~AAAAAAAAAAAAAAAAAAAAAA",
        ";",
        "'",
        "\"",
        "evil.example",
        "https:",
    ]);
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}
