//! Quirks that cannot be what was meant are refused when the configuration is built.

use std::time::Duration;

use super::*;
use crate::{
    Quirks,
    options::{DiscoveryHeader, PkceListing, ScopeVersionChoice, WildcardScopes},
    protocol::{
        authorization::is_our_parameter,
        findings::{TokenResponseFinding, TokenResponseReport},
        scope::ScopeVersion,
    },
};

fn problems_of(quirks: Quirks) -> Vec<(&'static str, ProblemKind)> {
    problems_with(ehr(), quirks)
}

fn problems_with(ehr: EhrBuilder, quirks: Quirks) -> Vec<(&'static str, ProblemKind)> {
    match SmartConfig::builder().ehr(ehr.quirks(quirks)).build() {
        Ok(_) => Vec::new(),
        Err(error) => found(&error),
    }
}

#[test]
fn every_preset_builds() {
    let narrow = || ehr().scopes("launch/patient patient/Patient.rs");
    for preset in [Quirks::epic(), Quirks::oracle_health(), Quirks::athenahealth()] {
        assert_eq!(problems_with(narrow(), preset), []);
    }
}

#[test]
fn a_header_is_refused_that_has_no_possible_name_or_one_of_our_own() {
    for name in [
        "",
        "X Y",
        "X:Y",
        "X\r\nY",
        "Ü",
        "accept",
        "Host",
        "User-Agent",
        "Content-Length",
    ] {
        let quirks = Quirks::none().discovery_header(DiscoveryHeader::new(name, "v"));
        assert_eq!(
            problems_of(quirks),
            [invalid("discovery_header", InvalidReason::HeaderName { name })],
            "{name:?}"
        );
    }
    for name in ["Epic-Client-ID", "x-api-key", "!#$%&'*+-.^_`|~09"] {
        let quirks = Quirks::none().discovery_header(DiscoveryHeader::new(name, "v"));
        assert_eq!(problems_of(quirks), [], "{name}");
    }
}

#[test]
fn a_header_is_refused_whose_value_cannot_stand_in_one() {
    for value in ["", " v", "v ", "a\r\nb", "a\tb", "ü", "\u{7f}"] {
        let quirks = Quirks::none().discovery_header(DiscoveryHeader::new("x", value));
        let expected = [invalid("discovery_header", InvalidReason::HeaderCharacters)];
        assert_eq!(problems_of(quirks), expected, "{value:?}");
    }
    let quirks = || Quirks::none().discovery_header(DiscoveryHeader::client_id("x"));
    let expected = [invalid("discovery_header", InvalidReason::HeaderCharacters)];
    assert_eq!(problems_with(ehr().client_id("ü"), quirks()), expected);
    assert_eq!(problems_with(ehr().client_id("a b"), quirks()), []);
}

#[test]
fn debug_output_shows_the_names_of_headers_only() {
    let quirks = Quirks::none().discovery_header(DiscoveryHeader::new("x-key", "MARKER"));
    let shown = format!("{quirks:?}");
    assert!(shown.contains(r#"DiscoveryHeader("x-key")"#), "{shown}");
    assert!(!shown.contains("MARKER"), "{shown}");
}

#[test]
fn a_parameter_is_refused_that_is_ours_repeated_or_nameless() {
    let refused = |name| [invalid("authorization_parameter", InvalidReason::Parameter { name })];
    for name in [
        "",
        "state",
        "redirect_uri",
        "code_challenge_method",
        "launch",
        "nonce",
        "aud",
    ] {
        assert!(name.is_empty() || is_our_parameter(name));
        let quirks = Quirks::none().authorization_parameter(name, "x");
        assert_eq!(problems_of(quirks), refused(name), "{name:?}");
    }
    let once = || Quirks::none().authorization_parameter("prompt", "login");
    assert_eq!(problems_of(once()), []);
    assert_eq!(
        problems_of(once().authorization_parameter("prompt", "none")),
        refused("prompt")
    );
    assert_eq!(
        problems_of(once().authorization_parameter("response_mode", "query")),
        []
    );
}

#[test]
fn aud_is_not_empty_and_has_no_control_characters() {
    assert_eq!(problems_of(Quirks::none().aud("")), [missing("aud")]);
    let expected = [invalid("aud", InvalidReason::ControlCharacters)];
    assert_eq!(problems_of(Quirks::none().aud("https://x/\n")), expected);
    assert_eq!(problems_of(Quirks::none().aud("fhir-server")), []);
}

#[test]
fn what_looks_at_the_metadata_needs_it() {
    let configured = || ehr().endpoints("https://ehr.example/authorize", "https://ehr.example/token");
    let listing = Quirks::none().pkce_listing(PkceListing::Required);
    let version = Quirks::none().scope_version(ScopeVersionChoice::FromMetadata);
    assert_eq!(problems_of(listing.clone()), []);
    assert_eq!(problems_of(version.clone()), []);
    let expected = [invalid("pkce_listing", InvalidReason::NeedsMetadata)];
    assert_eq!(problems_with(configured(), listing), expected);
    let expected = [invalid("scope_version", InvalidReason::NeedsMetadata)];
    assert_eq!(problems_with(configured(), version), expected);
    let always = Quirks::none().scope_version(ScopeVersion::V1);
    assert_eq!(problems_with(configured(), always), []);
}

#[test]
fn a_wildcard_is_refused_where_the_ehr_refuses_it() {
    let quirks = || Quirks::none().wildcard_scopes(WildcardScopes::Refused);
    let with = |scopes| problems_with(ehr().scopes(scopes), quirks());
    for scopes in ["launch patient/*.rs", "user/*.read", "openid system/*.cruds"] {
        assert_eq!(
            with(scopes),
            [invalid("scopes", InvalidReason::WildcardScope)],
            "{scopes}"
        );
    }
    for scopes in ["patient/Patient.*", "patient/Observation.rs?category=*", "launch"] {
        assert_eq!(with(scopes), [], "{scopes}");
    }
    assert_eq!(problems_of(Quirks::none()), []);
}

#[test]
fn times_are_more_than_zero() {
    let expected = [invalid("token_lifetime", InvalidReason::Zero)];
    assert_eq!(problems_of(Quirks::none().token_lifetime(Duration::ZERO)), expected);
    let expected = [invalid("min_refresh_interval", InvalidReason::Zero)];
    assert_eq!(
        problems_of(Quirks::none().min_refresh_interval(Duration::ZERO)),
        expected
    );
    let least = Duration::from_millis(1);
    let quirks = Quirks::none().token_lifetime(least).min_refresh_interval(least);
    assert_eq!(problems_of(quirks), []);
}

#[test]
fn clocks_may_differ_by_ten_minutes_at_most() {
    let with = |tolerance| problems_of(Quirks::none().clock_tolerance(tolerance));
    let most = Duration::from_secs(600);
    for good in [Duration::ZERO, Duration::from_secs(60), most] {
        assert_eq!(with(good), [], "{good:?}");
    }
    let expected = [invalid("clock_tolerance", InvalidReason::TooLong { most })];
    for long in [most + Duration::from_millis(1), Duration::MAX] {
        assert_eq!(with(long), expected, "{long:?}");
    }
    assert_eq!(InvalidReason::TooLong { most }.to_string(), "must be 600 s at most");
}

#[test]
fn the_tolerance_of_a_registration_is_a_minute_or_what_it_says() {
    assert_eq!(Quirks::none().tolerated_clock_difference(), Duration::from_secs(60));
    for said in [Duration::ZERO, Duration::from_secs(300)] {
        let quirks = Quirks::none().clock_tolerance(said);
        assert_eq!(quirks.tolerated_clock_difference(), said);
    }
}

#[test]
fn what_is_unusual_about_token_responses_is_said_once_each() {
    let config = builder().build().unwrap();
    let tell = |findings: &[TokenResponseFinding]| {
        let mut unusual = TokenResponseReport::default();
        findings.iter().for_each(|finding| unusual.note(*finding));
        logged(|| config.ehrs()[0].tell_findings(unusual)).1
    };
    assert_eq!(tell(&[]), "");
    let log = tell(&[TokenResponseFinding::IdIsNumber]);
    assert_eq!((log.matches("INFO").count(), log.lines().count()), (1, 1), "{log}");
    assert!(
        log.contains("https://ehr.example/fhir/R4") && log.contains("has a number as"),
        "{log}"
    );
    let log = tell(&[TokenResponseFinding::IdIsNumber, TokenResponseFinding::ScopeIsArray]);
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("has its scopes as an array"), "{log}");
    assert_eq!(
        tell(&[TokenResponseFinding::ScopeIsArray, TokenResponseFinding::IdIsNumber]),
        ""
    );
}

#[test]
fn what_means_dead_is_a_code_that_can_mean_it() {
    for (given, code) in [
        ("invalid_client", "invalid_client"),
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("server_error", "server_error"),
        ("slow_down", "slow_down"),
        ("unknown", "unknown"),
        ("", "unknown"),
        ("Invalid token!", "unknown"),
    ] {
        let quirks = Quirks::none().dead_refresh_codes(["invalid_request", given]);
        let code = code.to_owned();
        let expected = [invalid("dead_refresh_codes", InvalidReason::NotDead { code })];
        assert_eq!(problems_of(quirks), expected, "{given}");
    }
    let quirks = Quirks::none().dead_refresh_codes(["invalid_request", "expired_token"]);
    assert_eq!(problems_of(quirks), []);
}
