//! Scopes.

use crate::protocol::scope::{Scope, ScopeVersion, Scopes};

/// Two lists, one per line: what is granted and what is needed.
pub fn scope(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    token_is_printed_as_written(text);
    let (granted, needed) = super::line_and_rest(text);
    let (granted, needed) = (Scopes::parse(granted), Scopes::parse(needed));
    for scopes in [&granted, &needed] {
        list_keeps_its_promises(scopes);
    }
    let both: Scopes = granted.iter().chain(needed.iter()).collect();
    assert!(both.covers(&granted) && both.covers(&needed), "{both}");
    let uncovered = granted.uncovered(&needed);
    assert_eq!(granted.covers(&needed), uncovered.is_empty());
    assert!(uncovered.iter().all(|token| needed.contains(token)));
    // Prefixes are put in front of what has none, and nothing is invented.
    let prefixed = granted.with_prefixes_of(&needed);
    assert!(
        prefixed
            .iter()
            .all(|token| granted.iter().any(|written| token.ends_with(written))),
        "{granted} with prefixes of {needed}: {prefixed}"
    );
}

fn token_is_printed_as_written(token: &str) {
    let scope = Scope::parse(token);
    assert_eq!(scope.to_string(), token);
    if let Ok(strict) = Scope::parse_strict(token) {
        assert_eq!(strict, scope);
        assert!(token.bytes().all(|byte| byte.is_ascii_graphic()));
    }
}

fn list_keeps_its_promises(scopes: &Scopes) {
    scopes.iter().for_each(token_is_printed_as_written);
    assert_eq!(&Scopes::parse(scopes.as_str()), scopes);
    assert_eq!(scopes.to_string(), scopes.as_str());
    assert!(scopes.covers(scopes), "{scopes}");
    let strict = Scopes::parse_strict(scopes.as_str());
    assert!(strict.is_err() || strict.as_ref() == Ok(scopes));
    for version in [ScopeVersion::V1, ScopeVersion::V2] {
        let said = scopes.in_version(version);
        assert!(said.covers(scopes), "{said} for {scopes}");
        assert_eq!(said.in_version(version), said);
    }
    assert!(scopes.covers(&scopes.in_version(ScopeVersion::V2)), "{scopes}");
}
