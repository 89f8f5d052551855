use super::*;
use crate::{SmartConfig, time::Timestamp};

fn found(number: usize, page: &str, token: &str) -> (String, Found) {
    let ehr = Ehr::builder(format!("https://{number}.example/fhir"))
        .client_id("app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient")
        .endpoints(page, token);
    let config = SmartConfig::builder().ehr(ehr).build().unwrap();
    let ehr = Arc::clone(&config.ehrs()[0]);
    let key = ehr.fhir_base_url().normalized().to_owned();
    (key, Found::new(ehr, Timestamp::from_millis(0)))
}

const PAGE: &str = "https://sign-in.example/authorize";
const OTHER_PAGE: &str = "https://other.example/authorize";
const TOKEN: &str = "https://sign-in.example/token";

/// Which of them a server would meet that has this page, and codes of its own.
fn met(all: &FoundEhrs, page: &str) -> Vec<String> {
    let (_, thief) = found(0, page, "https://thief.example/token");
    let sign_in = SignIn::configured(&thief.ehr).unwrap();
    let mut met: Vec<_> = all
        .with_codes_elsewhere(&sign_in)
        .map(|ehr| ehr.key().to_owned())
        .collect();
    met.sort_unstable();
    met
}

fn with(ehrs: &[(usize, &str)], capacity: usize) -> FoundEhrs {
    let mut all = FoundEhrs::new(capacity);
    for (number, page) in ehrs {
        let (key, found) = found(*number, page, TOKEN);
        all.insert(&key, found);
    }
    all
}

#[test]
fn one_that_is_found_again_with_other_endpoints_is_met_by_these_alone() {
    let mut all = with(&[(1, PAGE)], 10);
    assert_eq!(met(&all, PAGE), ["https://1.example/fhir"]);
    let (key, again) = found(1, OTHER_PAGE, TOKEN);
    all.insert(&key, again);
    assert_eq!(met(&all, PAGE), Vec::<String>::new());
    assert_eq!(met(&all, OTHER_PAGE), ["https://1.example/fhir"]);
    all.remove(&key);
    assert!(all.sign_ins.is_empty());
}

#[test]
fn one_that_was_pushed_out_is_met_no_more() {
    let all = with(&[(1, PAGE), (2, OTHER_PAGE), (3, PAGE)], 2);
    assert_eq!(met(&all, PAGE), ["https://3.example/fhir"]);
    assert_eq!(met(&all, OTHER_PAGE), ["https://2.example/fhir"]);
}

#[test]
fn looking_at_one_keeps_it_no_longer() {
    let mut all = with(&[(1, PAGE), (2, PAGE)], 2);
    assert!(all.at("https://1.example/fhir").is_some());
    let (key, third) = found(3, PAGE, TOKEN);
    all.insert(&key, third);
    assert!(all.at("https://1.example/fhir").is_none());
    assert_eq!(met(&all, PAGE), ["https://2.example/fhir", "https://3.example/fhir"]);
}
