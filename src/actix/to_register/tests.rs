use super::*;
use crate::{
    PrivateKey, PrivateKeyJwt,
    config::{Ehr, EhrBuilder, SmartConfigBuilder, tests::logged},
    options::{EndSession, ScopeVersionChoice},
    resolver::{EhrResolver, FhirBaseUrl, ResolveFuture},
    scope::ScopeVersion,
};

const KEY: &str = include_str!("../../../tests/fixtures/keys/p384-pkcs8.pem");

fn ehr(number: usize) -> EhrBuilder {
    Ehr::builder(format!("https://ehr-{number}.example/fhir"))
        .client_id("app")
        .redirect_uri("https://app.example/smart/auth/callback")
        .scopes("patient/Patient.rs")
}

fn said(config: SmartConfigBuilder) -> Vec<String> {
    let config = config.build().unwrap();
    let (_, text) = logged(|| say(&config));
    text.lines().map(str::to_owned).collect()
}

#[test]
fn it_is_spelled_as_the_browser_sees_it_and_as_the_ehr_is_asked() {
    let quirks = crate::Quirks::none().scope_version(ScopeVersionChoice::Always(ScopeVersion::V1));
    let ehr = ehr(1)
        .quirks(quirks)
        .end_session(EndSession::at("https://ehr-1.example/out").returning_to("https://app.example/smart/auth/logout"));
    let said = said(SmartConfig::builder().ehr(ehr));
    let [line] = &said[..] else { panic!("{said:#?}") };
    for part in [
        "launch_url=\"https://app.example/smart/auth/launch\"",
        "redirect_uri=\"https://app.example/smart/auth/callback\"",
        "post_logout_redirect_uri=\"https://app.example/smart/auth/logout\"",
        "scopes=patient/Patient.read launch launch/patient",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(!line.contains("jwks_url"), "a public client has no keys: {line}");
}

#[test]
fn the_jwks_url_is_the_one_that_assertions_name_or_our_own() {
    let key = || PrivateKeyJwt::new("k", PrivateKey::pem(KEY));
    for (key, url) in [
        (key(), "https://app.example/smart/.well-known/jwks.json"),
        (key().jku("https://keys.example/jwks"), "https://keys.example/jwks"),
    ] {
        let said = said(SmartConfig::builder().ehr(ehr(1).client_auth(key)));
        assert!(said[0].contains(&format!("jwks_url=\"{url}\"")), "{said:#?}");
    }
}

#[test]
fn eight_ehrs_have_a_line_each_and_those_past_them_one_together() {
    let many = |count| said((0..count).fold(SmartConfig::builder(), |config, number| config.ehr(ehr(number))));
    let eight = many(8);
    assert_eq!(eight.len(), 8, "{eight:#?}");
    let ten = many(10);
    assert_eq!(ten.len(), 9, "{ten:#?}");
    assert!(
        ten[8].contains("at the other EHRs too") && ten[8].contains("more=2"),
        "{}",
        ten[8]
    );
}

#[derive(Debug)]
struct Nobody;

impl EhrResolver for Nobody {
    fn resolve<'a>(&'a self, _: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>> {
        Box::pin(async { Ok(None) })
    }
}

#[test]
fn where_a_resolver_knows_them_all_one_line_says_what_is_the_same_for_all() {
    let config = SmartConfig::builder()
        .redirect_uri("https://app.example/auth/callback")
        .ehr_resolver(Nobody);
    let said = said(config);
    let [line] = &said[..] else { panic!("{said:#?}") };
    assert!(
        line.contains("at each EHR of the resolver") && line.contains("jwks_url="),
        "{line}"
    );
}
