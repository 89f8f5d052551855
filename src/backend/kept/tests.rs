use super::*;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn full() -> Kept {
    Kept {
        token: Some(BackendToken {
            access_token: AccessToken::new("the-token"),
            granted: Scopes::parse("system/Patient.rs system/Observation.rs"),
            requested_at: at(1_000),
            expires_at: at(301_000),
        }),
        failure: Some(KeptFailure {
            what: BackendFailure::NoAnswer,
            until: at(5_000),
            in_a_row: 3,
            whose: None,
        }),
        asking: Some(Asking::new([7; 16], at(20_000))),
    }
}

#[test]
fn what_is_written_is_read_again() {
    for kept in [full(), Kept::default()] {
        let read = Kept::from_bytes(&kept.to_bytes()).unwrap();
        assert_eq!(format!("{read:?}"), format!("{kept:?}"));
        let token = |kept: &Kept| {
            let token = kept.token.as_ref();
            token.map(|token| token.access_token.expose_secret().to_owned())
        };
        assert_eq!(token(&read), token(&kept));
    }
}

#[test]
fn what_the_first_version_wrote_is_read() {
    let written = br#"{"token":{"access_token":"the-token","granted":"system/Patient.rs system/Observation.rs","requested_at":1000,"expires_at":301000},"failure":{"what":"no_answer","until":5000,"in_a_row":3},"asking":{"by":[7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7],"until":20000}}"#;
    assert_eq!(full().to_bytes(), written);
    assert_eq!(
        format!("{:?}", Kept::from_bytes(written).unwrap()),
        format!("{:?}", full())
    );
}

#[test]
fn a_failure_that_a_later_version_names_is_left_out() {
    let kept = Kept::from_bytes(br#"{"failure":{"what":"of-later","until":5000,"in_a_row":3},"more":1}"#).unwrap();
    assert_eq!(kept.failure, None);
}

#[test]
fn it_is_kept_as_long_as_anything_in_it_is_good_for_something() {
    let mut kept = full();
    assert_eq!(kept.until(), Some(at(301_000)));
    kept.token = None;
    assert_eq!(kept.until(), Some(at(125_000)));
    kept.failure = None;
    assert_eq!(kept.until(), Some(at(20_000)));
    kept.asking = None;
    assert_eq!(kept.until(), None);
}

#[test]
fn another_asks_until_its_moment_is_over() {
    let kept = full();
    assert!(kept.is_asked_for_by_another([1; 16], at(19_999)));
    assert!(!kept.is_asked_for_by_another([1; 16], at(20_000)));
    assert!(!kept.is_asked_for_by_another([7; 16], at(10_000)));
    let far = Kept {
        asking: Some(Asking::new([7; 16], at(100_000))),
        ..kept
    };
    assert!(far.is_asked_for_by_another([1; 16], at(70_000)));
    assert!(
        !far.is_asked_for_by_another([1; 16], at(69_999)),
        "the clock was set back"
    );
}

#[test]
fn a_failure_is_everybodys_or_of_the_same_credentials_or_of_the_same_process() {
    let asker = |process, credentials| Asker {
        process: [process; 16],
        credentials: [credentials; 16],
    };
    let failed = asker(1, 11);
    for (what, same_credentials, other_credentials) in [
        (BackendFailure::NoAnswer, true, true),
        (BackendFailure::ScopesRefused, true, true),
        (BackendFailure::ClientRefused, true, false),
        (BackendFailure::NotSigned, false, false),
        (BackendFailure::Busy, false, false),
    ] {
        let failure = KeptFailure {
            what,
            until: at(5_000),
            in_a_row: 1,
            whose: failed.whose(what),
        };
        let kept = Kept {
            failure: Some(failure),
            ..Kept::default()
        };
        let failure = Kept::from_bytes(&kept.to_bytes())
            .and_then(|kept| kept.failure)
            .unwrap();
        assert!(failure.concerns(&failed), "{what:?}");
        assert_eq!(failure.concerns(&asker(2, 11)), same_credentials, "{what:?}");
        assert_eq!(failure.concerns(&asker(2, 12)), other_credentials, "{what:?}");
    }
}

#[test]
fn a_failure_holds_until_its_moment_and_not_from_a_future_that_never_was() {
    let failure = full().failure.unwrap();
    assert!(failure.holds(at(4_999)));
    assert!(!failure.holds(at(5_000)));
    let far = KeptFailure {
        until: at(460_000),
        ..failure
    };
    assert!(far.holds(at(100_000)));
    assert!(!far.holds(at(99_999)));
}
