//! Settings and faults while it runs, and the way back to the start.

use super::*;

#[actix_web::test]
async fn settings_are_changed_while_it_runs_and_given_as_they_are() {
    let (north, control) = driven();
    let change =
        json!({"token-lifetime": 5, "metadata-fields": {"extra": true}, "peculiarities": [{"unlisted": "jwks_uri"}]});
    let answer = call(&control, "PATCH", "/ehrs/north/settings", change).await;
    assert_eq!((answer.status, &answer.json()["token-lifetime"]), (200, &json!(5)));
    let metadata = get(&format!("{}/.well-known/smart-configuration", north.fhir_base_url()))
        .await
        .json();
    assert_eq!((&metadata["extra"], metadata.get("jwks_uri")), (&json!(true), None));
    let now = call(&control, "GET", "/ehrs/north/settings", Value::Null).await;
    assert_eq!(now.json(), answer.json());
}

#[actix_web::test]
async fn a_setting_that_is_none_is_refused_with_its_key_and_the_choices() {
    let (_north, control) = driven();
    for (change, says) in [
        (
            json!({"mode": "fast"}),
            "mode: unknown variant `fast`, expected `automatic` or `interactive`",
        ),
        (json!({"mod": "automatic"}), "`mode`"),
        (json!({"token-lifetime": -1}), "token-lifetime: -1 is no time"),
        (
            json!({"peculiarities": ["no-revocation", "odd"]}),
            "peculiarities[1]: unknown variant `odd`",
        ),
        (json!("mode"), "expected settings by their keys"),
    ] {
        let answer = call(&control, "PATCH", "/ehrs/north/settings", change).await;
        is_refused(&answer, 400, "invalid-body", says);
    }
    let other_port = json!({"mode": "interactive", "export": {"files-at": "other-port"}});
    let answer = call(&control, "PATCH", "/ehrs/north/settings", other_port).await;
    is_refused(&answer, 409, "needs-a-restart", "opened at the start");
    let now = call(&control, "GET", "/ehrs/north/settings", Value::Null).await.json();
    assert_eq!(now["mode"], "automatic", "nothing of it was changed");
}

#[actix_web::test]
async fn a_clock_that_is_ahead_makes_tokens_old() {
    let (north, control) = driven();
    register(&control).await;
    let access = token(&north, "launch/patient patient/*.rs").await;
    let read = async || {
        crate::support::fhir(&north, &access, "Patient/amber-testwood")
            .await
            .status
    };
    assert_eq!(read().await, 200);
    call(&control, "PATCH", "/ehrs/north/settings", json!({"clock-ahead": 3599})).await;
    assert_eq!(read().await, 200);
    call(&control, "PATCH", "/ehrs/north/settings", json!({"clock-ahead": 3601})).await;
    assert_eq!(read().await, 401);
}

#[actix_web::test]
async fn another_key_signs_when_that_is_asked() {
    let (north, control) = driven();
    let before = get(&north.jwks_url()).await.json();
    let answer = call(
        &control,
        "POST",
        "/ehrs/north/keys/rotate",
        json!({"rotation": "drop-old"}),
    )
    .await;
    let after = get(&answer.text("jwks-url")).await.json();
    assert_ne!(before, after);
    assert_eq!(after["keys"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_reset_forgets_what_happened_and_goes_back_to_the_start() {
    let settings = serde_json::from_value(json!({"token-lifetime": 77})).unwrap();
    let fault = serde_json::from_value(json!({"on": "jwks", "fault": "empty-body"})).unwrap();
    let north = SandboxServer::builder().change(settings).fault(fault).start().unwrap();
    let north = Arc::new(north);
    let control = ControlServer::builder()
        .ehr("north", Arc::clone(&north))
        .start()
        .unwrap();
    register(&control).await;
    token(&north, "launch/patient patient/*.rs").await;
    call(
        &control,
        "PATCH",
        "/ehrs/north/settings",
        json!({"token-lifetime": 5, "mode": "interactive"}),
    )
    .await;
    call(&control, "DELETE", "/ehrs/north/faults", Value::Null).await;
    let next = call(&control, "GET", "/ehrs/north/requests", Value::Null).await.json()["next"].clone();

    for path in ["/ehrs/north/reset", "/reset"] {
        assert_eq!(call(&control, "POST", path, Value::Null).await.status, 204);
        assert!(north.client_ids().is_empty() && north.grants().is_empty());
        let now = call(&control, "GET", "/ehrs/north/settings", Value::Null).await.json();
        assert_eq!(
            (&now["token-lifetime"], &now["mode"]),
            (&json!(77), &json!("automatic"))
        );
        let faults = call(&control, "GET", "/ehrs/north/faults", Value::Null).await.json();
        assert_eq!(faults["faults"][0]["fault"], "empty-body");
        let seen = call(&control, "GET", "/ehrs/north/requests", Value::Null).await.json();
        assert_eq!((&seen["requests"], &seen["next"]), (&json!([]), &next), "numbers go on");
    }
    register(&control).await;
    token(&north, "launch/patient patient/*.rs").await;
    let grants = call(&control, "GET", "/ehrs/north/grants", Value::Null).await.json();
    assert_eq!(
        grants["grants"][0]["number"], 1,
        "that of a grant of before never comes again"
    );
}

#[actix_web::test]
async fn faults_that_cannot_be_are_refused_with_what_may_be() {
    let (_north, control) = driven();
    for (fault, says) in [
        (json!({"on": "fhir", "fault": {"status": 99}}), "from 100 to 599"),
        (json!({"on": "fhir", "fault": {"status": 600}}), "from 100 to 599"),
        (
            json!({"on": "fhir", "fault": {"html-body": {"status": 42}}}),
            "from 100 to 599",
        ),
        (
            json!({"on": "fhir", "fault": {"huge-body": u64::MAX}}),
            "at most 67108864",
        ),
        (
            json!({"on": "fhir", "fault": {"huge-body": 67_108_865}}),
            "at most 67108864",
        ),
        (json!({"on": "fhir", "fault": "reset", "times": 0}), "give 1 or more"),
    ] {
        let answer = call(&control, "POST", "/ehrs/north/faults", fault).await;
        is_refused(&answer, 400, "invalid-body", says);
    }
    for fault in [
        json!({"on": "fhir", "fault": {"status": 100}}),
        json!({"on": "fhir", "fault": {"status": 599}}),
        json!({"on": "fhir", "fault": {"huge-body": 67_108_864}}),
        json!({"on": "fhir", "fault": "reset", "times": 1}),
    ] {
        let answer = call(&control, "POST", "/ehrs/north/faults", fault).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
}

#[actix_web::test]
async fn settings_that_name_somebody_who_is_not_there_are_refused_as_at_the_start() {
    let (north, control) = driven();
    let before = north.settings();
    for settings in [
        json!({"automatic-patient": "nobody", "token-lifetime": 1}),
        json!({"automatic-user": "Practitioner/nobody", "token-lifetime": 1}),
    ] {
        let answer = call(&control, "PATCH", "/ehrs/north/settings", settings).await;
        is_refused(&answer, 409, "nobody", "name one of them");
    }
    assert_eq!(north.settings(), before);
    let known = json!({"automatic-patient": "bruno-fixture", "automatic-user": "Practitioner/otto-outline"});
    assert_eq!(call(&control, "PATCH", "/ehrs/north/settings", known).await.status, 200);
}

#[actix_web::test]
async fn a_vendor_takes_the_place_of_the_one_before() {
    let (_north, control) = driven();
    let changed = async |change: Value| {
        let answer = call(&control, "PATCH", "/ehrs/north/settings", change).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let epic = changed(json!({"vendor": "epic"})).await;
    changed(json!({"vendor": "oracle-health"})).await;
    assert_eq!(changed(json!({"vendor": "epic"})).await, epic);
}
