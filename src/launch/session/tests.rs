use super::*;
use crate::{
    SmartConfig,
    store::acceptance::sample::{self, browser},
};

fn config(fhir_base_url: &str) -> SmartConfig {
    let ehr = Ehr::builder(fhir_base_url)
        .client_id("my-app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient");
    SmartConfig::builder().ehr(ehr).build().unwrap()
}

fn session(config: &SmartConfig, launch_use: LaunchUse) -> SmartSession {
    let browser = browser();
    let id = LaunchId::random(browser, LaunchKind::Ehr, &mut rand::rng());
    let record = Arc::new(sample::launch(browser, config.runtime().now()));
    config.sessions().session(id, record, launch_use)
}

#[test]
fn a_session_says_of_which_ehr_it_is_and_what_the_log_calls_it() {
    let config = config("https://ehr.example/fhir");
    let session = session(&config, LaunchUse::Counts);
    assert_eq!(session.ehr_key(), "https://ehr.example/fhir");
    assert_eq!(session.ehr().unwrap().key(), session.ehr_key());
    let id = session.launch_id();
    assert_eq!(session.log_name(), id.key().reference());
    assert_eq!(session.path("/labs"), format!("/~{}/labs", id.as_str()));
}

#[test]
fn the_ehr_of_a_session_may_be_registered_no_more() {
    let config = config("https://another.example/fhir");
    assert!(session(&config, LaunchUse::Counts).ehr().is_none());
}

#[test]
fn a_session_counts_as_a_use_as_it_was_told() {
    let config = config("https://ehr.example/fhir");
    for launch_use in [LaunchUse::Counts, LaunchUse::DoesNotCount] {
        assert_eq!(session(&config, launch_use).launch_use(), launch_use);
        for before in [LaunchUse::Counts, LaunchUse::DoesNotCount] {
            assert_eq!(session(&config, before).counting(launch_use).launch_use(), launch_use);
        }
    }
}

#[cfg(feature = "actix")]
#[tokio::test]
async fn clones_of_a_session_know_that_one_of_them_ended_the_launch() {
    let config = config("https://ehr.example/fhir");
    let [session, other] = [(); 2].map(|()| session(&config, LaunchUse::Counts));
    let clone = session.clone();
    assert!(!session.was_ended() && !clone.was_ended());
    session.end().await.unwrap();
    assert!(clone.was_ended() && !other.was_ended());
}
