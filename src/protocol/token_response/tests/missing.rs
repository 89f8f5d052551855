//! What was asked for, or is required, and is not there.

use super::*;

const ALL: &str = "openid offline_access launch/patient";

fn full() -> Value {
    json!({
        "expires_in": 3600, "scope": ALL, "id_token": "a.b.c", "refresh_token": "RT", "patient": "p-1",
    })
}

fn missing(answer_to: Grant, members: &Value, requested: &str) -> Vec<TokenResponseFinding> {
    let mut response = answer(answer_to, TokenType::Required, members.clone()).unwrap();
    response.note_missing(answer_to, &Scopes::parse(requested));
    noted(&response)
}

#[test]
fn a_full_answer_misses_nothing() {
    assert_eq!(missing(Grant::Code, &full(), ALL), []);
    assert_eq!(missing(Grant::RefreshToken, &full(), ALL), []);
}

#[test]
fn each_member_is_missed_where_it_was_asked_for() {
    for (member, finding, asked_by) in [
        ("scope", TokenResponseFinding::NoScope, None),
        ("expires_in", TokenResponseFinding::NoExpiresIn, None),
        ("id_token", TokenResponseFinding::NoIdToken, Some("openid")),
        (
            "refresh_token",
            TokenResponseFinding::NoRefreshToken,
            Some("offline_access"),
        ),
        (
            "refresh_token",
            TokenResponseFinding::NoRefreshToken,
            Some("online_access"),
        ),
        ("patient", TokenResponseFinding::NoPatient, Some("launch/patient")),
    ] {
        let mut without = full();
        without.as_object_mut().unwrap().remove(member);
        let requested = asked_by.unwrap_or_default();
        assert_eq!(missing(Grant::Code, &without, requested), [finding], "{member}");
        let of_refresh = missing(Grant::RefreshToken, &without, requested);
        match asked_by {
            // A refresh need not repeat them.
            Some(_) => {
                assert_eq!(missing(Grant::Code, &without, "patient/*.rs"), [], "{member}");
                assert_eq!(of_refresh, [], "{member}");
            }
            None => assert_eq!(of_refresh, [finding], "{member}"),
        }
    }
}

#[test]
fn what_is_there_and_unusable_is_not_missing_too() {
    let mut odd = full();
    odd["expires_in"] = json!("soon");
    assert_eq!(
        missing(Grant::Code, &odd, ALL),
        [TokenResponseFinding::UnusableExpiresIn]
    );
    let mut empty = full();
    empty["scope"] = json!("");
    assert_eq!(
        missing(Grant::RefreshToken, &empty, ALL),
        [TokenResponseFinding::EmptyScopeOfRefresh]
    );
}

#[test]
fn a_report_says_each_finding_on_a_line_of_its_own() {
    let mut response = with(json!({ "patient": 7 })).unwrap();
    response.note_missing(Grant::Code, &Scopes::parse("launch/patient"));
    let report = response.report;
    assert!(!report.is_clean() && TokenResponseReport::default().is_clean());
    assert!(report.has(TokenResponseFinding::NoScope) && !report.has(TokenResponseFinding::NoPatient));
    let text = report.to_string();
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(
        text.lines().all(|line| line.starts_with("the token response has ")),
        "{text}"
    );
    assert_eq!(format!("{report:?}"), "{NoScope, NoExpiresIn, IdIsNumber}");
    assert_eq!(TokenResponseReport::default().to_string(), "");
}
