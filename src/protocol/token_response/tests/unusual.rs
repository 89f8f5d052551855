//! What is not as the specifications say, understood all the same, and told.

use super::*;

#[test]
fn white_space_around_a_token_is_cut_off_and_told() {
    for blanks in [" T", "T\n", "\t T \r\n"] {
        let access = with(json!({ "access_token": blanks })).unwrap();
        assert_eq!(access.access_token.expose_secret(), "T");
        assert_eq!(noted(&access), [TokenResponseFinding::BlanksAroundToken]);
        let refresh = with(json!({ "refresh_token": blanks })).unwrap();
        assert_eq!(refresh.refresh_token.as_ref().unwrap().expose_secret(), "T");
        assert_eq!(noted(&refresh), [TokenResponseFinding::BlanksAroundToken]);
        let id_token = with(json!({ "id_token": blanks })).unwrap();
        assert_eq!(id_token.id_token.as_ref().unwrap().expose_secret(), "T");
        assert_eq!(noted(&id_token), [TokenResponseFinding::BlanksAroundToken]);
    }
    for field in ["refresh_token", "id_token"] {
        assert_eq!(noted(&with(json!({ field: "T", "tenant": " t " })).unwrap()), []);
        assert_eq!(noted(&with(json!({ field: " " })).unwrap()), []);
    }
    // The longest, without what is cut off.
    let longest = format!(" {} ", "a".repeat(64 * 1024));
    assert!(with(json!({ "access_token": longest })).is_ok());
}

#[test]
fn a_missing_token_type_is_told_on_refresh_and_refused_on_exchange_unless_bearer_is_assumed() {
    for missing in [json!(null), json!(""), json!(" ")] {
        let read = |answer_to, policy| answer(answer_to, policy, json!({ "token_type": missing }));
        let refused = read(Grant::Code, TokenType::Required).unwrap_err();
        assert!(matches!(refused, TokenError::TokenType { .. }));
        for (answer_to, policy) in [
            (Grant::RefreshToken, TokenType::Required),
            (Grant::RefreshToken, TokenType::AssumedBearer),
            (Grant::Code, TokenType::AssumedBearer),
        ] {
            let told = noted(&read(answer_to, policy).unwrap());
            assert_eq!(told, [TokenResponseFinding::NoTokenType], "{answer_to:?}, {policy:?}");
        }
    }
}

#[test]
fn another_token_type_is_told_where_bearer_is_assumed_and_refused_everywhere_else() {
    for answer_to in [Grant::Code, Grant::RefreshToken] {
        let read = |policy, kind: &Value| answer(answer_to, policy, json!({ "token_type": kind }));
        let other = json!("BearerToken");
        assert_eq!(
            noted(&read(TokenType::AssumedBearer, &other).unwrap()),
            [TokenResponseFinding::OtherTokenType]
        );
        let refused = read(TokenType::Required, &other).unwrap_err();
        assert!(matches!(refused, TokenError::TokenType { .. }));
        for unusable in [json!("DPoP"), json!("mac"), json!("N_A"), json!(1), json!(["Bearer"])] {
            let refused = read(TokenType::AssumedBearer, &unusable).unwrap_err();
            assert!(matches!(refused, TokenError::TokenType { .. }), "{unusable}");
        }
    }
}

#[test]
fn an_error_that_is_no_text_is_none_beside_a_token_and_a_refusal_without_one() {
    for error in [json!(false), json!(0), json!({}), json!([])] {
        let read = with(json!({ "error": error, "error_description": "x" })).unwrap();
        assert_eq!(noted(&read), [TokenResponseFinding::ErrorIsNoText], "{error}");
        assert!(read.context.other().is_empty());
        for access_token in [json!(null), json!(1)] {
            let refused = with(json!({ "error": error, "access_token": access_token })).unwrap_err();
            assert_eq!(refused.error_code(), Some("unknown"), "{error}");
        }
        let body = json!({ "access_token": "AT", "token_type": "Bearer", "error": error }).to_string();
        assert!(matches!(raw(400, &body), Err(TokenError::UnexpectedStatus { .. })));
    }
    assert_eq!(noted(&with(json!({ "error": null })).unwrap()), []);
    let refused = with(json!({ "error": "invalid_grant" })).unwrap_err();
    assert_eq!(refused.error_code(), Some("invalid_grant"));
}

#[test]
fn an_empty_scope_is_nothing_granted_on_exchange_and_no_answer_on_refresh() {
    let read = |answer_to, scope: &Value| answer(answer_to, TokenType::Required, json!({ "scope": scope })).unwrap();
    for (empty, of_form) in [
        (json!(""), None),
        (json!(" "), None),
        (json!([]), Some(TokenResponseFinding::ScopeIsArray)),
        (json!([""]), Some(TokenResponseFinding::ScopeIsArray)),
    ] {
        let exchanged = read(Grant::Code, &empty);
        assert_eq!(exchanged.scope, Some(Scopes::default()), "{empty}");
        assert_eq!(noted(&exchanged), of_form.into_iter().collect::<Vec<_>>());
        let refreshed = read(Grant::RefreshToken, &empty);
        assert_eq!(refreshed.scope, None, "{empty}");
        let mut expected: Vec<_> = of_form.into_iter().collect();
        expected.push(TokenResponseFinding::EmptyScopeOfRefresh);
        assert_eq!(noted(&refreshed), expected, "{empty}");
    }
    let narrowed = read(Grant::RefreshToken, &json!("a"));
    assert_eq!(
        (narrowed.scope, narrowed.report),
        (Some(Scopes::parse("a")), TokenResponseReport::default())
    );
}

#[test]
fn commas_between_scopes_and_arrays_of_them_are_read_and_told() {
    for (scope, expected, findings) in [
        (
            json!("openid,launch"),
            "openid launch",
            &[TokenResponseFinding::ScopeWithCommas][..],
        ),
        (
            json!("openid, launch"),
            "openid launch",
            &[TokenResponseFinding::ScopeWithCommas],
        ),
        (
            json!(["openid", "launch"]),
            "openid launch",
            &[TokenResponseFinding::ScopeIsArray],
        ),
        (
            json!(["openid,launch"]),
            "openid launch",
            &[
                TokenResponseFinding::ScopeWithCommas,
                TokenResponseFinding::ScopeIsArray,
            ],
        ),
        (
            json!("patient/Observation.rs?category=a,b"),
            "patient/Observation.rs?category=a,b",
            &[],
        ),
        (json!("openid launch"), "openid launch", &[]),
    ] {
        for answer_to in [Grant::Code, Grant::RefreshToken] {
            let read = answer(answer_to, TokenType::Required, json!({ "scope": scope })).unwrap();
            assert_eq!(read.scope, Some(Scopes::parse(expected)), "{scope}");
            assert_eq!(noted(&read), findings, "{scope}");
        }
    }
}

#[test]
fn what_is_unusual_about_the_context_is_told() {
    for (members, findings) in [
        (json!({ "patient": "p", "encounter": "e" }), &[][..]),
        (
            json!({ "patient": "Patient/p" }),
            &[TokenResponseFinding::IdIsReference],
        ),
        (
            json!({ "patient": "https://ehr.example/fhir/Patient/p" }),
            &[TokenResponseFinding::IdIsReference],
        ),
        (
            json!({ "encounter": "Encounter/e" }),
            &[TokenResponseFinding::IdIsReference],
        ),
        (json!({ "patient": 1 }), &[TokenResponseFinding::IdIsNumber]),
        (
            json!({ "patient": 1, "encounter": "Encounter/e" }),
            &[TokenResponseFinding::IdIsReference, TokenResponseFinding::IdIsNumber],
        ),
        (
            json!({ "patient": "p", "encounter": {} }),
            &[TokenResponseFinding::UnusableEncounter],
        ),
    ] {
        assert_eq!(noted(&with(members.clone()).unwrap()), findings, "{members}");
    }
    let elsewhere = json!({ "patient": "https://elsewhere.example/fhir/Patient/p" });
    assert_eq!(invalid_field(with(elsewhere)), "patient");
}

#[test]
fn several_unusual_things_of_one_answer_are_all_told() {
    let read = answer(
        Grant::RefreshToken,
        TokenType::Required,
        json!({
            "access_token": " AT", "token_type": null, "error": 0, "scope": "", "patient": "Patient/p", "encounter": 1.5
        }),
    );
    assert_eq!(
        noted(&read.unwrap()),
        [
            TokenResponseFinding::NoTokenType,
            TokenResponseFinding::BlanksAroundToken,
            TokenResponseFinding::ErrorIsNoText,
            TokenResponseFinding::EmptyScopeOfRefresh,
            TokenResponseFinding::IdIsReference,
            TokenResponseFinding::UnusableEncounter,
        ]
    );
}
