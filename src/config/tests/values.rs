//! Options beside the EHRs.

use std::time::Duration;

use super::*;
use crate::{
    CookiePolicy,
    config::{CertificateError, CookiePolicyError, PathError, Paths, Relaunch, StandaloneLaunch},
    options::SameSite,
    store::{BrowserLimits, Lifetimes},
    time::{ManualClock, Timestamp},
};

const CERTIFICATE: &str = include_str!("../../../tests/fixtures/keys/certificate.pem");

#[test]
fn a_time_that_nobody_waits_for_is_refused() {
    let fields = [
        "connect_timeout",
        "request_timeout",
        "token_deadline",
        "on_launch_timeout",
        "signer_timeout",
    ];
    let all = |timeout| {
        builder()
            .connect_timeout(timeout)
            .request_timeout(timeout)
            .token_deadline(timeout)
            .on_launch_timeout(timeout)
            .signer_timeout(timeout)
    };
    let most = Duration::from_secs(60 * 60);
    for long in [most + Duration::from_nanos(1), Duration::MAX] {
        let expected = fields.map(|field| invalid(field, InvalidReason::TooLong { most }));
        assert_eq!(refused(all(long)), expected, "{long:?}");
    }
    assert!(all(most).build().is_ok());
}

#[test]
fn a_duration_or_an_amount_of_zero_is_refused_where_it_makes_no_sense() {
    let zero = Duration::ZERO;
    let limits = BrowserLimits {
        launches: 0,
        ..BrowserLimits::default()
    };
    let all = builder()
        .lifetimes(Lifetimes::default())
        .pending_lifetime(zero)
        .idle_lifetime(zero)
        .absolute_lifetime(zero)
        .connect_timeout(zero)
        .request_timeout(zero)
        .token_deadline(zero)
        .default_token_lifetime(zero)
        .body_limit(0)
        .browser_limits(limits);
    let fields = [
        "pending_lifetime",
        "idle_lifetime",
        "absolute_lifetime",
        "default_token_lifetime",
        "connect_timeout",
        "request_timeout",
        "token_deadline",
        "body_limit",
        "browser_limits",
    ];
    assert_eq!(refused(all), fields.map(|field| invalid(field, InvalidReason::Zero)));
    let allowed = builder()
        .metadata_ttl(zero)
        .refresh_wait_due(zero)
        .refresh_wait_unusable(zero);
    assert!(allowed.build().is_ok());
    assert!(
        builder()
            .body_limit(1)
            .connect_timeout(Duration::from_nanos(1))
            .build()
            .is_ok()
    );
}

#[test]
fn a_user_agent_must_fit_into_a_header() {
    for bad in ["", "a\r\nb: c", "ä"] {
        assert_eq!(
            refused(builder().user_agent(bad)),
            [invalid("user_agent", InvalidReason::HeaderCharacters)],
            "{bad}"
        );
    }
    let config = builder().user_agent("my-app/1.0 (hospital)").build().unwrap();
    assert_eq!(
        config.runtime().settings.http.transport.user_agent,
        "my-app/1.0 (hospital)"
    );
}

#[test]
fn relaunching_standalone_needs_standalone_launches() {
    let relaunch = builder().relaunch(Relaunch::Standalone);
    assert!(relaunch.clone().build().is_ok());
    assert_eq!(
        refused(relaunch.standalone(StandaloneLaunch::NotOffered)),
        [invalid("relaunch", InvalidReason::RelaunchNotOffered)]
    );
}

#[test]
fn cookies_paths_and_certificates_are_checked_with_everything_else() {
    let wrong = SmartConfig::builder()
        .ehr(ehr().client_id(""))
        .cookie(CookiePolicy::default().same_site(SameSite::Strict))
        .landing("/home")
        .extra_root_certificates("nothing");
    assert_eq!(
        refused(wrong),
        [
            missing("client_id"),
            invalid("landing", PathError::NoLaunchSegment),
            invalid("cookie", CookiePolicyError::Strict),
            invalid("extra_root_certificates", CertificateError::NoCertificate),
        ]
    );
}

#[test]
fn extra_roots_of_all_texts_are_trusted() {
    let config = builder()
        .extra_root_certificates(CERTIFICATE)
        .extra_root_certificates(CERTIFICATE)
        .build()
        .unwrap();
    assert_eq!(config.runtime().settings.http.transport.extra_roots.len(), 2);
}

#[test]
fn the_clock_is_the_one_that_was_given() {
    let clock = ManualClock::new(Timestamp::from_millis(7));
    let config = builder().clock(clock.clone()).build().unwrap();
    clock.advance(Duration::from_millis(1));
    assert_eq!(config.runtime().now(), Timestamp::from_millis(8));
}

#[test]
fn paths_that_were_given_are_used() {
    let config = SmartConfig::builder()
        .ehr(ehr().redirect_uri("https://app.example/app/back"))
        .public_path("/app")
        .callback_path("/back")
        .launch_path("/go")
        .logout_path("/bye")
        .jwks_path("/keys")
        .after_logout("/")
        .danger_one_launch_per_browser()
        .danger_allow_cross_site()
        .build()
        .unwrap();
    let paths: &Paths = &config.runtime().settings.paths;
    assert_eq!(
        (paths.callback(), paths.launch(), paths.logout(), paths.jwks()),
        ("/back", "/go", "/bye", "/keys")
    );
    assert_eq!(paths.external_after_logout().as_deref(), Some("/app/"));
    assert_eq!(
        config.runtime().settings.policies.cross_site,
        crate::config::CrossSite::DangerAllow
    );
}

#[test]
fn a_style_may_come_from_an_origin_and_from_nothing_more_precise() {
    for good in [
        "https://styles.ehr.example",
        "https://styles.ehr.example/",
        "http://127.0.0.1:8080",
    ] {
        let config = builder().smart_style_origin(good).build().unwrap();
        assert_eq!(config.runtime().settings.style_origins.len(), 1, "{good}");
    }
    for bad in [
        "",
        "styles.ehr.example",
        "http://styles.ehr.example",
        "https://styles.ehr.example/style",
        "https://styles.ehr.example?a",
        "https://user@styles.ehr.example",
        "https://*.ehr.example/x",
    ] {
        let found = refused(
            builder()
                .smart_style_origin("https://good.example")
                .smart_style_origin(bad),
        );
        assert_eq!(
            found,
            [invalid("smart_style_origin", InvalidReason::NotAnOrigin)],
            "{bad}"
        );
    }
}
