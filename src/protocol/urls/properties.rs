//! What holds for every `iss`, FHIR base URL and endpoint.

use proptest::{prelude::*, sample::select};

use super::*;
use crate::fuzz::generate::{any_path, any_url, config};

/// A FHIR base URL without a port, as an administrator writes it: host and path.
fn plain() -> impl Strategy<Value = (String, String)> {
    ("[a-z]{1,8}(-[a-z0-9]{1,4})?\\.example", "(/[a-zA-Z0-9._~-]{1,8}){0,3}")
}

fn in_capitals(text: &str, which: u32) -> String {
    let capital = |(at, c): (usize, char)| {
        if which >> (at % 32) & 1 == 1 {
            c.to_ascii_uppercase()
        } else {
            c
        }
    };
    text.chars().enumerate().map(capital).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_text_is_a_panic_or_matches_another_server(base in any_url(), iss in any_url(), text in "\\PC{0,40}", path in any_path()) {
        for (base, iss) in [(&base, &iss), (&base, &base), (&text, &base), (&base, &text), (&base, &path)] {
            crate::fuzz::iss(format!("{base}\n{iss}").as_bytes());
            let _ = FhirBaseUrl::parse(text.as_str()).map(|base| base.matches(iss));
        }
    }

    #[test]
    fn an_iss_matches_in_every_spelling_that_is_forgiven(
        (host, path) in plain(), which in any::<u32>(), port in select(vec!["", ":443"]), slash in select(vec!["", "/"]),
    ) {
        let base = FhirBaseUrl::parse(&format!("https://{host}{path}")).unwrap();
        let iss = format!("{}{port}{path}{slash}", in_capitals(&format!("https://{host}"), which));
        prop_assert!(base.matches(&iss), "{}", iss);
        let registered_like_that = FhirBaseUrl::parse(&iss).unwrap();
        prop_assert_eq!(registered_like_that.normalized(), base.normalized());
        prop_assert!(registered_like_that.matches(base.as_str()));
    }

    #[test]
    fn an_iss_with_one_more_character_anywhere_does_not_match(
        (host, path) in plain(), at in any::<prop::sample::Index>(), more in any::<char>(),
    ) {
        let text = format!("https://{host}{path}");
        let base = FhirBaseUrl::parse(&text).unwrap();
        let at = at.index(text.len() + 1);
        let (before, after) = text.split_at(at);
        let only_a_slash_at_the_end = after.is_empty() && more == '/';
        let changed = format!("{before}{more}{after}");
        prop_assert_eq!(base.matches(&changed), only_a_slash_at_the_end, "{}", changed);
    }

    #[test]
    fn an_iss_with_one_character_less_does_not_match((host, path) in plain(), at in any::<prop::sample::Index>()) {
        let text = format!("https://{host}{path}");
        let at = at.index(text.len());
        let changed: String = text.chars().enumerate().filter(|(place, _)| *place != at).map(|(_, c)| c).collect();
        prop_assert!(!FhirBaseUrl::parse(&text).unwrap().matches(&changed), "{}", changed);
    }

    #[test]
    fn an_endpoint_is_stored_and_read_as_it_was(text in any_url(), base in any_url()) {
        if let Ok(endpoint) = EndpointUrl::parse(&text) {
            prop_assert_eq!(endpoint.as_str(), text.as_str());
        }
        let Ok(base) = FhirBaseUrl::parse(&base) else {
            return Ok(());
        };
        if let Ok(endpoint) = EndpointUrl::resolve(&text, &base) {
            let stored = serde_json::to_string(&endpoint).unwrap();
            prop_assert_eq!(serde_json::from_str::<EndpointUrl>(&stored).unwrap(), endpoint);
        }
    }
}
