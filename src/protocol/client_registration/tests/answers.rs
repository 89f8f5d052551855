use serde_json::{Map, Value, json};

use crate::{
    protocol::{
        body_kind::BodyKind,
        client_registration::{
            Answer, ClientRegistration, Management, SecretExpiry, Server, TokenEndpointAuthMethod, UnusableAnswer,
        },
        http::HttpResponse,
        urls::{EndpointUrl, FhirBaseUrl},
    },
    time::Timestamp,
};

fn read(body: &str) -> Result<Answer, UnusableAnswer> {
    Answer::read(&HttpResponse::new(201, Vec::new(), body.as_bytes().to_vec()))
}

fn registration(answer: Value, origins: &[&str]) -> ClientRegistration {
    let server = Server {
        fhir_base_url: FhirBaseUrl::parse("https://ehr.example/fhir").unwrap(),
        endpoint: EndpointUrl::parse("https://ehr.example/register").unwrap(),
        management_origins: origins.iter().map(|origin| (*origin).to_owned()).collect(),
    };
    let asked = json!({"token_endpoint_auth_method": "client_secret_basic"});
    ClientRegistration::new(server, asked.as_object().unwrap(), read(&answer.to_string()).unwrap())
}

fn managed_at(uri: Value, origins: &[&str]) -> Management {
    let answer = json!({"client_id": "c", "registration_access_token": "t", "registration_client_uri": uri});
    registration(answer, origins).management()
}

#[test]
fn an_answer_without_a_usable_client_id_is_none_and_says_what_came() {
    for body in [
        r#"{"client_secret":"s"}"#,
        r#"{"client_id":" ","client_secret":"s"}"#,
        r#"{"client_id":null,"client_secret":"s"}"#,
        r#"{"client_id":7,"client_secret":"s"}"#,
        r#"{"client_id":"","client_secret":"s"}"#,
        r#"{"client_id":"a\nb","client_secret":"s"}"#,
        r#"{"client_id":"a\u0000","client_secret":"s"}"#,
        r#"{"client_id":"a ","client_secret":"s"}"#,
        r#"{"client_id":"a","client_id":"b","client_secret":"s"}"#,
    ] {
        let Err(UnusableAnswer::Member {
            member,
            received_fields,
        }) = read(body)
        else {
            panic!("{body}")
        };
        assert_eq!(member, "client_id", "{body}");
        assert!(received_fields.contains(&"client_secret".to_owned()), "{body}");
    }
    for (body, kind) in [
        ("", BodyKind::Empty),
        ("[]", BodyKind::Json),
        ("{\"client", BodyKind::BrokenOff),
    ] {
        assert_eq!(read(body).err(), Some(UnusableAnswer::NotAnObject(kind)), "{body}");
    }
}

#[test]
fn a_secret_of_the_wrong_type_or_that_comes_twice_is_not_used() {
    for body in [
        r#"{"client_id":"a","client_secret":1}"#,
        r#"{"client_id":"a","registration_access_token":["t"]}"#,
        r#"{"client_id":"a","registration_client_uri":"u","registration_client_uri":"v"}"#,
    ] {
        assert!(matches!(read(body), Err(UnusableAnswer::Member { .. })), "{body}");
    }
}

#[test]
fn a_secret_works_for_good_until_a_moment_or_nobody_said() {
    let expiry = |value: Option<Value>| {
        let mut answer = json!({"client_id": "c", "client_secret": "s"});
        if let Some(value) = value {
            answer["client_secret_expires_at"] = value;
        }
        registration(answer, &[]).client_secret_expiry()
    };
    let at = SecretExpiry::At(Timestamp::from_millis(1_900_000_000_000));
    assert_eq!(expiry(Some(json!(0))), SecretExpiry::Never);
    assert_eq!(expiry(Some(json!(1_900_000_000))), at);
    assert_eq!(expiry(Some(json!("1900000000"))), at);
    for unclear in [
        None,
        Some(json!(-1)),
        Some(json!("soon")),
        Some(json!(null)),
        Some(json!("NaN")),
    ] {
        assert_eq!(expiry(unclear), SecretExpiry::NotSaid);
    }
    assert_eq!(
        registration(json!({"client_id": "c"}), &[]).client_secret_expiry(),
        SecretExpiry::Never
    );
}

#[test]
fn the_token_goes_to_the_origin_of_the_endpoint_or_one_that_was_allowed_and_nowhere_else() {
    assert_eq!(
        managed_at(json!("https://ehr.example/r/1?x=1"), &[]),
        Management::Offered
    );
    assert_eq!(managed_at(json!(null), &[]), Management::NotOffered);
    for elsewhere in [
        "https://evil.example/r/1",
        "https://ehr.example:8443/r/1",
        "https://ehr.example.evil.example/r/1",
        "http://127.0.0.1/r/1",
    ] {
        assert_eq!(
            managed_at(json!(elsewhere), &[]),
            Management::OtherOrigin,
            "{elsewhere}"
        );
    }
    for unusable in [
        "/r/1",
        "http://ehr.example/r/1",
        "https://a:b@ehr.example/r/1",
        "https://ehr.example/r#1",
    ] {
        assert_eq!(
            managed_at(json!(unusable), &[]),
            Management::UnusableAddress,
            "{unusable}"
        );
    }
    assert_eq!(
        managed_at(json!("https://api.example/r/1"), &["https://api.example"]),
        Management::Offered
    );
}

#[test]
fn an_address_without_a_token_or_a_token_without_an_address_manages_nothing() {
    for answer in [
        json!({"client_id": "c", "registration_client_uri": "https://ehr.example/r/1"}),
        json!({"client_id": "c", "registration_access_token": "t"}),
    ] {
        let registration = registration(answer, &[]);
        assert_eq!(registration.management(), Management::NotOffered);
        assert_eq!(registration.access().err(), Some(Management::NotOffered));
    }
}

#[test]
fn secrets_are_no_members_and_all_else_is() {
    let answer = json!({
        "client_id": "c", "client_secret": "s", "client_secret_expires_at": 0, "client_id_issued_at": 5,
        "registration_access_token": "t", "registration_client_uri": "https://ehr.example/r/1",
        "software_statement": "a.b.c", "scope": "x", "vendor": {"tenant": 7},
    });
    let registration = registration(answer, &[]);
    let expected: Map<String, Value> = json!({"scope": "x", "vendor": {"tenant": 7}})
        .as_object()
        .unwrap()
        .clone();
    assert_eq!(registration.members(), &expected);
    assert_eq!(registration.client_id_issued_at(), Some(Timestamp::from_millis(5_000)));
}

fn after(before: &ClientRegistration, answer: Value) -> Option<ClientRegistration> {
    before.after(None, read(&answer.to_string()).unwrap())
}

fn with_everything() -> ClientRegistration {
    let answer = json!({
        "client_id": "c", "client_secret": "s1", "client_secret_expires_at": 9,
        "registration_access_token": "t1", "registration_client_uri": "https://ehr.example/r/1",
    });
    registration(answer, &[])
}

#[test]
fn what_a_later_answer_does_not_repeat_stays_and_what_it_has_replaces_the_old() {
    let before = with_everything();
    let kept = after(&before, json!({"client_id": "c"})).unwrap();
    assert_eq!(kept.client_secret().unwrap().expose_secret(), "s1");
    assert_eq!(kept.client_secret_expiry(), before.client_secret_expiry());
    assert_eq!(kept.registration_access_token().unwrap().expose_secret(), "t1");
    assert_eq!(kept.management(), Management::Offered);
    let new = json!({
        "client_id": "c", "client_secret": "s2", "client_secret_expires_at": 0, "registration_access_token": "t2",
        "registration_client_uri": "https://ehr.example/r/2",
    });
    let new = after(&before, new).unwrap();
    assert_eq!(new.client_secret().unwrap().expose_secret(), "s2");
    assert_eq!(new.client_secret_expiry(), SecretExpiry::Never);
    assert_eq!(new.registration_access_token().unwrap().expose_secret(), "t2");
    assert_eq!(
        new.registration_client_uri().unwrap().expose_secret(),
        "https://ehr.example/r/2"
    );
}

#[test]
fn a_client_id_may_be_long_but_not_of_any_length() {
    let of = |length| read(&json!({ "client_id": "a".repeat(length) }).to_string());
    assert!(of(4096).is_ok());
    let unusable = of(4097).err();
    assert!(
        matches!(
            unusable,
            Some(UnusableAnswer::Member {
                member: "client_id",
                ..
            })
        ),
        "{unusable:?}"
    );
}

#[test]
fn a_later_answer_moves_the_token_to_no_other_host() {
    let moved = json!({"client_id": "c", "registration_client_uri": "https://evil.example/r/1"});
    let moved = after(&with_everything(), moved).unwrap();
    assert_eq!(moved.management(), Management::OtherOrigin);
    assert!(moved.access().is_err());
}

#[test]
fn a_client_that_has_a_key_now_has_no_secret_any_more() {
    let answer = json!({"client_id": "c", "token_endpoint_auth_method": "private_key_jwt"});
    let after = after(&with_everything(), answer).unwrap();
    assert!(after.client_secret().is_none());
    assert_eq!(
        after.token_endpoint_auth_method(),
        Some(TokenEndpointAuthMethod::PrivateKeyJwt)
    );
}

#[test]
fn an_answer_about_another_client_is_none_about_this_one() {
    assert!(after(&with_everything(), json!({"client_id": "d"})).is_none());
}

#[test]
fn when_it_was_registered_and_what_was_asked_for_are_those_of_the_last_change() {
    let issued = |seconds: u64| Some(Timestamp::from_millis(seconds * 1_000));
    let before = registration(json!({"client_id": "c", "client_id_issued_at": 5}), &[]);
    assert_eq!(
        after(&before, json!({"client_id": "c"})).unwrap().client_id_issued_at(),
        issued(5)
    );
    let again = after(&before, json!({"client_id": "c", "client_id_issued_at": 7})).unwrap();
    assert_eq!(again.client_id_issued_at(), issued(7));
    let asked = json!({"client_name": "New"});
    let answer = json!({
        "client_id": "c", "client_name": "Old", "token_endpoint_auth_method": "private_key_jwt",
    });
    let changed = |asked: Option<&Value>| {
        let asked = asked.map(|asked| asked.as_object().unwrap());
        let after = before.after(asked, read(&answer.to_string()).unwrap()).unwrap();
        after
            .changes()
            .into_iter()
            .map(|change| change.member)
            .collect::<Vec<_>>()
    };
    assert_eq!(changed(None), ["token_endpoint_auth_method"]);
    assert_eq!(changed(Some(&asked)), ["client_name"]);
}
