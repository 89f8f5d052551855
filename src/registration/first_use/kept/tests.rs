//! What is written, and what there is to do.

use serde_json::{Value, json};

use super::*;
use crate::protocol::{
    client_registration::{Management, Parts},
    secret::{ClientSecret, RegistrationAccessToken, RegistrationUri},
    urls::FhirBaseUrl,
};

const HOUR: u64 = 3_600_000;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn registration(expiry: SecretExpiry, secret: Option<&str>) -> ClientRegistration {
    ClientRegistration {
        parts: Parts {
            fhir_base_url: FhirBaseUrl::parse("https://ehr.example/fhir").unwrap(),
            client_id: "c".to_owned(),
            secret: secret.map(ClientSecret::new),
            secret_expiry: expiry,
            issued_at: Some(at(5_000)),
            token: Some(RegistrationAccessToken::new("t")),
            uri: Some(RegistrationUri::new("https://ehr.example/register/c")),
            management: Management::Offered,
            origins: vec!["https://ehr.example".to_owned()],
            asked: [("scope".to_owned(), json!("a b"))].into_iter().collect(),
            members: [("scope".to_owned(), json!("a"))].into_iter().collect(),
        },
    }
}

/// As the first version that kept them wrote it: it goes on reading.
fn first() -> Value {
    json!({
        "v": 1,
        "registration": {
            "v": 1, "ehr": "https://ehr.example/fhir", "client_id": "c", "secret": "s", "secret_expires_at": 57_600_000,
            "issued_at": 5_000, "token": "t", "uri": "https://ehr.example/register/c", "management": "offered",
            "origins": ["https://ehr.example"], "asked": {"scope": "a b"}, "members": {"scope": "a"},
        },
        "since": 1_000,
        "renewal_tried": 2_000,
        "failure": {"what": "it failed", "until": 7_000, "in_a_row": 1},
        "asking": {"by": vec![7; 16], "until": 20_000},
        "written_at": 3_000,
    })
}

#[test]
fn what_the_first_version_wrote_is_read_and_still_what_is_written() {
    let kept = Kept::from_bytes(first().to_string().as_bytes()).unwrap();
    let expected = Kept {
        registration: Some(registration(SecretExpiry::At(at(16 * HOUR)), Some("s"))),
        since: at(1_000),
        renewal_tried: Some(at(2_000)),
        failure: Some(KeptFailure::after(
            None,
            "it failed".to_owned(),
            Duration::from_secs(5),
            at(2_000),
        )),
        asking: Some(Asking::new([7; 16], at(20_000))),
        written_at: at(3_000),
        ..Kept::default()
    };
    assert_eq!(kept.to_bytes().unwrap(), expected.to_bytes().unwrap());
    let written: Value = serde_json::from_slice(&kept.to_bytes().unwrap()).unwrap();
    assert_eq!(written, first());
    let mut later = first();
    later["more"] = json!({"x": 1});
    assert!(Kept::from_bytes(later.to_string().as_bytes()).is_some());
}

#[test]
fn former_clients_and_how_many_were_short_lived_are_written_and_read() {
    let secret = |seconds: u64| registration(SecretExpiry::At(at(seconds * 1000)), Some("s"));
    let mut second = secret(600);
    second.parts.client_id = "second".to_owned();
    second.parts.uri = Some(RegistrationUri::new("https://ehr.example/register/second"));
    let kept = Kept::default().succeeded_by(secret(300), at(0));
    let kept = kept.succeeded_by(second, at(300_000));
    let read = Kept::from_bytes(&kept.to_bytes().unwrap()).unwrap();
    assert_eq!((read.short_lived, read.superseded.client_ids()), (2, vec!["c"]));
    assert_eq!(read.to_bytes().unwrap(), kept.to_bytes().unwrap());
}

#[test]
fn a_client_that_the_ehr_gives_again_is_not_to_be_deleted() {
    let same = || registration(SecretExpiry::At(at(HOUR)), Some("s"));
    let kept = Kept::default().succeeded_by(same(), at(0)).succeeded_by(same(), at(1));
    assert!(kept.superseded.client_ids().is_empty());
    let mut second = same();
    second.parts.client_id = "second".to_owned();
    second.parts.uri = Some(RegistrationUri::new("https://ehr.example/register/second"));
    let kept = kept.succeeded_by(second, at(2));
    assert_eq!(kept.superseded.client_ids(), ["c"]);
    assert_eq!(kept.succeeded_by(same(), at(3)).superseded.client_ids(), ["second"]);
}

#[test]
fn the_pause_between_clients_whose_secrets_live_shortly_doubles_up_to_half_an_hour() {
    let lives = |seconds: u64, now: u64| registration(SecretExpiry::At(at(now + seconds * 1000)), Some("s"));
    let mut kept = Kept::default();
    assert_eq!(kept.pause(at(0)), None);
    for (now, minutes) in [
        (0, 2),
        (HOUR, 4),
        (2 * HOUR, 8),
        (3 * HOUR, 16),
        (4 * HOUR, 30),
        (5 * HOUR, 30),
    ] {
        kept = kept.succeeded_by(lives(1_799, now), at(now));
        let pause = Duration::from_secs(minutes * 60);
        assert_eq!(kept.pause(at(now)), Some(pause), "{minutes}");
        assert_eq!(
            kept.pause(at(now + minutes * 60_000 - 1)),
            Some(Duration::from_millis(1))
        );
        assert_eq!(kept.pause(at(now + minutes * 60_000)), None);
    }
    // One that lives for half an hour is never waited for.
    let long = kept.succeeded_by(lives(1_800, 6 * HOUR), at(6 * HOUR));
    assert_eq!((long.short_lived, long.pause(at(6 * HOUR))), (0, None));
    let without = kept.succeeded_by(registration(SecretExpiry::At(at(1)), None), at(0));
    assert_eq!(without.short_lived, 0);
}

#[test]
fn what_is_of_another_form_is_not_read() {
    for (member, value) in [
        ("v", json!(2)),
        ("registration", json!({"v": 1})),
        ("since", json!("then")),
        ("asking", json!(7)),
    ] {
        let mut broken = first();
        broken[member] = value;
        assert!(Kept::from_bytes(broken.to_string().as_bytes()).is_none(), "{member}");
    }
    let mut other = first();
    other["registration"]["v"] = json!(2);
    assert!(Kept::from_bytes(other.to_string().as_bytes()).is_none());
    assert!(Kept::from_bytes(b"").is_none());
}

#[test]
fn a_secret_is_read_anew_in_its_last_quarter_and_given_up_in_its_last_minutes() {
    let kept = Kept::with(registration(SecretExpiry::At(at(16 * HOUR)), Some("s")), at(0));
    for (now, need) in [
        (12 * HOUR - 1, Need::Nothing),
        (12 * HOUR, Need::Reading),
        (16 * HOUR - 900_001, Need::Reading),
        (16 * HOUR - 900_000, Need::Registering),
        (17 * HOUR, Need::Registering),
    ] {
        assert_eq!(kept.need(at(now)), need, "{now}");
        assert_eq!(kept.usable(at(now)).is_some(), now < 16 * HOUR, "{now}");
    }
    // A day before, of one that works for years; and not again within the hour.
    let mut long = Kept::with(registration(SecretExpiry::At(at(10_000 * HOUR)), Some("s")), at(0));
    assert_eq!(long.need(at(9_976 * HOUR - 1)), Need::Nothing);
    assert_eq!(long.need(at(9_976 * HOUR)), Need::Reading);
    long.renewal_tried = Some(at(9_976 * HOUR));
    assert_eq!(long.need(at(9_977 * HOUR - 1)), Need::Nothing);
    assert_eq!(long.need(at(9_977 * HOUR)), Need::Reading);
}

#[test]
fn what_does_not_run_out_needs_nothing() {
    for (expiry, secret) in [
        (SecretExpiry::Never, Some("s")),
        (SecretExpiry::NotSaid, Some("s")),
        (SecretExpiry::NotSaid, None),
        // Of a client without a secret it says nothing.
        (SecretExpiry::At(at(1)), None),
    ] {
        let kept = Kept::with(registration(expiry, secret), at(0));
        assert_eq!(kept.need(at(1_000_000 * HOUR)), Need::Nothing);
        assert!(kept.usable(at(1_000_000 * HOUR)).is_some());
    }
    assert_eq!(Kept::default().need(at(0)), Need::Registering);
}

#[test]
fn the_pause_after_failures_doubles_up_to_ten_minutes() {
    let mut failure: Option<KeptFailure> = None;
    for seconds in [60, 120, 240, 480, 600, 600] {
        let next = KeptFailure::after(failure.as_ref(), String::new(), Duration::from_secs(60), at(0));
        assert_eq!(next.left(at(0)), Some(Duration::from_secs(seconds)));
        assert_eq!(next.left(at(seconds * 1000)), None);
        failure = Some(next);
    }
    // Of a time before the clock was set back.
    let far = KeptFailure::after(None, String::new(), Duration::from_secs(60), at(2_000_000));
    assert_eq!(far.left(at(0)), None);
}

#[test]
fn it_is_remembered_until_it_is_time_to_ask_for_another_secret() {
    let runs_out = Kept::with(registration(SecretExpiry::At(at(16 * HOUR)), Some("s")), at(0));
    let tried = Kept {
        renewal_tried: Some(at(12 * HOUR)),
        ..runs_out.clone()
    };
    let millis = |millis: u64| Some(Duration::from_millis(millis));
    for (kept, now, lasts) in [
        (&runs_out, 0, millis(12 * HOUR)),
        (&runs_out, 12 * HOUR - 1, Some(SOON)),
        (&runs_out, 12 * HOUR, Some(SOON)),
        (&tried, 12 * HOUR, millis(HOUR)),
        (&tried, 12 * HOUR + HOUR / 2, millis(HOUR)),
        (&tried, 16 * HOUR, Some(SOON)),
    ] {
        assert_eq!(kept.lasts(at(now)), lasts, "{now}");
    }
    for (expiry, secret) in [
        (SecretExpiry::Never, Some("s")),
        (SecretExpiry::NotSaid, Some("s")),
        (SecretExpiry::At(at(16 * HOUR)), None),
    ] {
        assert_eq!(Kept::with(registration(expiry, secret), at(0)).lasts(at(0)), None);
    }
}
