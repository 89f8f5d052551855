//! Which former clients wait, and for how long.

use super::*;
use crate::protocol::{
    client_registration::Management,
    secret::{ClientSecret, RegistrationAccessToken, RegistrationUri},
    urls::FhirBaseUrl,
};

const HOUR: u64 = 3_600_000;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn client(id: &str, management: Management) -> ClientRegistration {
    ClientRegistration {
        parts: Parts {
            fhir_base_url: FhirBaseUrl::parse("https://ehr.example/fhir").unwrap(),
            client_id: id.to_owned(),
            secret: Some(ClientSecret::new("its secret")),
            secret_expiry: SecretExpiry::At(at(1)),
            issued_at: None,
            token: Some(RegistrationAccessToken::new("token")),
            uri: Some(RegistrationUri::new(format!("https://ehr.example/register/{id}"))),
            management,
            origins: vec!["https://ehr.example".to_owned()],
            asked: [("scope".to_owned(), "much text".into())].into_iter().collect(),
            members: Map::new(),
        },
    }
}

fn ids(clients: &[ToDelete]) -> Vec<&str> {
    let ids = clients.iter().map(|one| one.client.client_id.as_deref());
    ids.map(Option::unwrap_or_default).collect()
}

#[test]
fn a_former_client_waits_for_twelve_hours() {
    let mut waiting = Superseded::default();
    waiting.add(&client("a", Management::Offered), at(HOUR));
    waiting.add(&client("b", Management::Offered), at(2 * HOUR));
    assert!(!waiting.has_due(at(13 * HOUR - 1)));
    assert!(waiting.has_due(at(13 * HOUR)));
    assert_eq!(ids(&waiting.begun(at(13 * HOUR)).0), ["a"]);
}

#[test]
fn one_that_is_being_deleted_is_due_again_after_an_hour_and_a_half_and_may_be_gone_then() {
    let mut waiting = Superseded::default();
    waiting.add(&client("a", Management::Offered), at(0));
    let (due, waiting) = waiting.begun(at(12 * HOUR));
    assert!(!due[0].may_be_gone);
    let until = 12 * HOUR + 90 * 60_000;
    assert!(!waiting.has_due(at(until - 1)));
    // As another process finds it.
    let written = serde_json::to_string(&waiting.to_form()).unwrap();
    let waiting = Superseded::of_form(serde_json::from_str(&written).unwrap()).unwrap();
    let (due, waiting) = waiting.begun(at(until));
    assert!(due[0].may_be_gone);
    assert!(waiting.without_deleted(&due).client_ids().is_empty());
}

/// An EHR gave it again with another token, and it waits anew.
#[test]
fn that_one_was_deleted_is_not_said_of_a_later_one_with_its_id() {
    let mut waiting = Superseded::default();
    waiting.add(&client("a", Management::Offered), at(0));
    let (deleted, _) = waiting.begun(at(12 * HOUR));
    let mut again = client("a", Management::Offered);
    again.parts.token = Some(RegistrationAccessToken::new("another"));
    let mut waiting = Superseded::default();
    waiting.add(&again, at(12 * HOUR));
    assert!(!waiting.has(&deleted[0].client));
    assert_eq!(waiting.without_deleted(&deleted).client_ids(), ["a"]);
}

#[test]
fn one_that_the_ehr_does_not_let_be_deleted_does_not_wait() {
    for management in [
        Management::NotOffered,
        Management::OtherOrigin,
        Management::UnusableAddress,
    ] {
        let mut waiting = Superseded::default();
        waiting.add(&client("a", management), at(0));
        assert!(waiting.client_ids().is_empty(), "{management:?}");
    }
}

#[test]
fn of_more_than_thirty_two_the_oldest_do_not_wait_on() {
    let mut waiting = Superseded::default();
    for number in 0..32 {
        waiting.add(&client(&number.to_string(), Management::Offered), at(0));
    }
    assert!(!waiting.has_due(at(0)));
    waiting.add(&client("32", Management::Offered), at(0));
    assert_eq!(ids(&waiting.begun(at(0)).0), ["0"]);
}

/// The process that deletes them is at it, and launches of the others go on.
#[test]
fn of_more_than_thirty_two_those_that_are_being_deleted_are_left_to_whoever_does_it() {
    let mut waiting = Superseded::default();
    waiting.add(&client("being deleted", Management::Offered), at(0));
    let (_, mut waiting) = waiting.begun(at(12 * HOUR));
    for number in 1..33 {
        waiting.add(&client(&number.to_string(), Management::Offered), at(12 * HOUR));
    }
    assert!(!waiting.has_due(at(12 * HOUR)));
    waiting.add(&client("33", Management::Offered), at(12 * HOUR));
    assert_eq!(ids(&waiting.begun(at(12 * HOUR)).0), ["1"]);
}

#[test]
fn one_that_is_used_again_does_not_wait() {
    let mut waiting = Superseded::default();
    waiting.add(&client("a", Management::Offered), at(0));
    waiting.add(&client("b", Management::Offered), at(0));
    assert_eq!(waiting.without(&client("a", Management::Offered)).client_ids(), ["b"]);
}

/// Deleting the one at an address deletes the other.
#[test]
fn one_whose_address_a_client_in_use_has_now_does_not_wait() {
    let mut waiting = Superseded::default();
    waiting.add(&client("a", Management::Offered), at(0));
    waiting.add(&client("b", Management::Offered), at(0));
    let mut in_use = client("a", Management::Offered);
    in_use.parts.client_id = "c".to_owned();
    assert_eq!(waiting.without(&in_use).client_ids(), ["b"]);
}

#[test]
fn what_is_written_is_read_and_has_what_deleting_needs_and_no_secret_of_the_client() {
    let mut waiting = Superseded::default();
    waiting.add(&client("a", Management::Offered), at(HOUR));
    let written = serde_json::to_string(&waiting.to_form()).unwrap();
    assert!(
        !written.contains("its secret") && !written.contains("much text"),
        "{written}"
    );
    let read = Superseded::of_form(serde_json::from_str(&written).unwrap()).unwrap();
    let (due, _) = read.begun(at(13 * HOUR));
    let (uri, token) = (&due[0].client.uri, &due[0].client.token);
    assert_eq!(
        (uri.expose_secret(), token.expose_secret()),
        ("https://ehr.example/register/a", "token")
    );
    assert_eq!(serde_json::to_string(&waiting.to_form()).unwrap(), written);
}
