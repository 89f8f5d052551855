//! What becomes of settings that are said after others.

use super::*;

#[test]
fn what_is_not_said_stays_and_what_is_said_takes_the_place_of_what_was() {
    let mut settings = Settings::default();
    settings.change(read(
        json!({"token-lifetime": 5, "metadata-fields": {"a": 1}, "peculiarities": ["no-revocation"]}),
    ));
    settings.change(read(
        json!({"metadata-fields": {"b": 2}, "peculiarities": ["state-echoed"]}),
    ));
    assert_eq!(settings.token_lifetime, Duration::from_secs(5));
    assert_eq!(settings.metadata_fields, [("b".to_owned(), json!(2))]);
    assert_eq!(settings.peculiarities, [Peculiarity::StateEchoed]);
    settings.change(read(json!({"metadata-fields": {}, "refresh-token-lifetime": 9})));
    assert_eq!(settings.metadata_fields, []);
    assert_eq!(settings.refresh_token_lifetime, Some(Duration::from_secs(9)));
    settings.change(read(json!({"refresh-token-lifetime": "for-good"})));
    assert_eq!(settings.refresh_token_lifetime, None);
}

#[test]
fn a_vendor_comes_before_what_else_is_said() {
    let mut settings = Settings::default();
    settings.change(read(
        json!({"vendor": "oracle-health", "token-lifetime": 5, "peculiarities": ["no-revocation"]}),
    ));
    assert_eq!(settings.token_lifetime, Duration::from_secs(5));
    assert_eq!(settings.refresh_tokens, RefreshTokens::Stable);
    assert!(settings.has(&Peculiarity::ScopesDropped) && settings.has(&Peculiarity::NoRevocation));
}

#[test]
fn times_are_seconds_that_are_not_negative() {
    for wrong in [json!(-1), json!(1e300), json!("5")] {
        let read: Result<SandboxSettings, _> = serde_json::from_value(json!({ "token-lifetime": wrong }));
        assert!(read.is_err(), "{wrong}");
    }
}

#[test]
fn a_fault_needs_no_more_than_where_and_what() {
    let read: SandboxFault = serde_json::from_value(json!({"on": "exchange", "fault": {"status": 500}})).unwrap();
    let wanted = SandboxFault::new(
        FaultPoint::Exchange,
        When::Before,
        Fault::Status(500),
        super::super::super::Times::Once,
    );
    assert_eq!(read, wanted);
}

#[test]
fn a_vendor_takes_the_place_of_the_one_before_and_leaves_what_was_said_of_other_things() {
    let changed = |changes: &[Value]| {
        let mut settings = Settings::default();
        for change in changes {
            settings.change(read(change.clone()));
        }
        SandboxSettings::of(&settings)
    };
    let (epic, oracle) = (json!({"vendor": "epic"}), json!({"vendor": "oracle-health"}));
    for one in ["epic", "oracle-health", "athena-one", "athena-practice"] {
        for other in ["epic", "oracle-health", "athena-one", "athena-practice"] {
            let (one, other) = (json!({ "vendor": one }), json!({ "vendor": other }));
            assert_eq!(changed(&[one.clone(), other.clone()]), changed(&[other]), "{one}");
        }
    }
    // Said before the vendor, or of nothing that a vendor changes.
    for said in [
        json!({"token-lifetime": 5, "refresh-tokens": "none", "refresh-context": "repeated"}),
        json!({"mode": "interactive", "token-response-fields": {"intent": "order"}}),
    ] {
        let twice = changed(&[said.clone(), oracle.clone(), epic.clone()]);
        assert_eq!(twice, changed(&[said, epic.clone()]));
    }
    // Said after it.
    let said = json!({"token-lifetime": 5});
    let after = changed(&[oracle.clone(), said.clone(), epic.clone()]);
    assert_eq!(after, changed(&[said, epic.clone()]));
    let fields = json!({"token-response-fields": {"intent": "order"}});
    let after = changed(&[oracle, fields.clone(), epic.clone()]);
    assert_eq!(after, changed(&[fields, epic]));
}

#[test]
fn the_builder_resembles_one_vendor_and_keeps_what_was_chosen_beside_it() {
    let built = |choose: fn(SandboxBuilder) -> SandboxBuilder| choose(SandboxServer::builder()).initial.settings;
    let twice = built(|b| {
        b.peculiarity(Peculiarity::FormPost)
            .like(Vendor::AthenaPractice)
            .like(Vendor::Epic)
    });
    let once = built(|b| b.peculiarity(Peculiarity::FormPost).like(Vendor::Epic));
    assert_eq!(SandboxSettings::of(&twice), SandboxSettings::of(&once));
}
