use super::*;

#[test]
fn a_token_is_refused_by_status_401_unless_another_reason_is_named() {
    for (status, challenges, is_refused) in [
        (401, &[][..], true),
        (401, &["Bearer"], true),
        (401, &["Bearer realm=\"fhir\", error=\"invalid_token\""], true),
        (401, &["Bearer error=\"INVALID_TOKEN\""], true),
        (401, &["Bearer error=\"insufficient_scope\""], false),
        (401, &["Bearer error=\"insufficient_scope\"", "Basic"], false),
        (401, &["Bearer error=\"x\"", "Bearer error=\"invalid_token\""], true),
        (403, &["Bearer error=\"invalid_token\""], false),
        (200, &[], false),
    ] {
        let headers: Vec<_> = challenges
            .iter()
            .map(|challenge| ("WWW-Authenticate".to_owned(), (*challenge).to_owned()))
            .collect();
        assert_eq!(refuses_token(status, &headers), is_refused, "{status} {challenges:?}");
    }
    let elsewhere = [("x-reason".to_owned(), "error=x".to_owned())];
    assert!(refuses_token(401, &elsewhere));
}
