//! One test per rule of the authorization endpoint.

use actix_smart_auth::sandbox::AutomaticAnswer;

use crate::support::*;

/// Refused on a page: nothing is sent to an address that is not known to be the application's.
async fn not_redirected(change: impl FnOnce(Form) -> Form) {
    let (sandbox, _) = sandbox(Kind::Public);
    let answer = change(authorization(&sandbox))
        .get(&sandbox.authorization_endpoint())
        .await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.header("location"), None);
    assert!(answer.header("content-type").unwrap().starts_with("text/html"));
}

async fn redirected(error: &str, change: impl FnOnce(Form) -> Form) {
    let (sandbox, _) = sandbox(Kind::Public);
    let request = change(authorization(&sandbox));
    let answer = request.get(&sandbox.authorization_endpoint()).await;
    assert!(
        answer
            .header("location")
            .unwrap()
            .starts_with(&format!("{CALLBACK}&error=")),
        "{answer:?}"
    );
    assert_eq!(answer.location("error").as_deref(), Some(error), "{answer:?}");
    assert_eq!(answer.location("code"), None);
    let sent = request.0.iter().find(|(k, _)| k == "state").map(|(_, v)| v.clone());
    assert_eq!(answer.location("state"), sent);
}

macro_rules! rules {
    ($($name:ident: $check:ident $(as $error:literal)?, $change:expr;)*) => {$(
        #[actix_web::test]
        async fn $name() {
            let change: fn(Form) -> Form = $change;
            $check($($error,)? change).await;
        }
    )*};
}

rules! {
    an_unknown_client_is_not_redirected: not_redirected, |r| r.with("client_id", "nobody");
    a_missing_client_id_is_not_redirected: not_redirected, |r| r.without("client_id");
    a_repeated_client_id_is_not_redirected: not_redirected, |r| r.again("client_id", CLIENT);
    an_unregistered_redirect_uri_is_not_redirected: not_redirected, |r| r.with("redirect_uri", "http://127.0.0.1:7777/auth/callback");
    a_redirect_uri_with_one_more_slash_is_not_redirected: not_redirected, |r| r.with("redirect_uri", &format!("{CALLBACK}/"));
    a_missing_redirect_uri_is_not_redirected: not_redirected, |r| r.without("redirect_uri");
    a_repeated_redirect_uri_is_not_redirected: not_redirected, |r| r.again("redirect_uri", CALLBACK);
    a_repeated_parameter_is_refused: redirected as "invalid_request", |r| r.again("scope", "openid");
    a_repeated_unknown_parameter_is_refused: redirected as "invalid_request", |r| r.again("x", "1").again("x", "1");
    a_missing_response_type_is_refused: redirected as "invalid_request", |r| r.without("response_type");
    another_response_type_is_refused: redirected as "unsupported_response_type", |r| r.with("response_type", "token");
    a_missing_state_is_refused: redirected as "invalid_request", |r| r.without("state");
    a_state_of_21_characters_is_refused: redirected as "invalid_request", |r| r.with("state", "123456789012345678901");
    plain_pkce_is_refused: redirected as "invalid_request", |r| r.with("code_challenge_method", "plain");
    a_missing_challenge_method_is_refused: redirected as "invalid_request", |r| r.without("code_challenge_method");
    a_missing_challenge_is_refused: redirected as "invalid_request", |r| r.without("code_challenge");
    a_challenge_of_42_characters_is_refused: redirected as "invalid_request", |r| r.with("code_challenge", &"a".repeat(42));
    a_challenge_of_44_characters_is_refused: redirected as "invalid_request", |r| r.with("code_challenge", &"a".repeat(44));
    a_challenge_in_plain_base64_is_refused: redirected as "invalid_request", |r| r.with("code_challenge", &"+".repeat(43));
    a_missing_aud_is_refused: redirected as "invalid_request", |r| r.without("aud");
    a_foreign_aud_is_refused: redirected as "invalid_request", |r| r.with("aud", "https://ehr.example.com/fhir");
    an_unknown_launch_value_is_refused: redirected as "invalid_request", |r| r.with("launch", "x").with("scope", "launch openid");
    the_scope_launch_without_its_parameter_is_refused: redirected as "invalid_request", |r| r.with("scope", "launch openid");
    a_missing_scope_is_refused: redirected as "invalid_scope", |r| r.without("scope");
    patient_scopes_without_a_patient_are_refused: redirected as "invalid_scope", |r| r.with("scope", "openid patient/*.rs");
    a_scope_out_of_order_is_refused: redirected as "invalid_scope", |r| r.with("scope", "launch/patient patient/Observation.sr");
    an_invented_scope_is_refused: redirected as "invalid_scope", |r| r.with("scope", "launch/patient patients/*.rs");
    system_scopes_alone_are_refused: redirected as "invalid_scope", |r| r.with("scope", "system/*.rs");
}

#[actix_web::test]
async fn an_aud_with_a_trailing_slash_is_a_bad_audience() {
    let (sandbox, _) = sandbox(Kind::Public);
    let request = authorization(&sandbox).with("aud", &format!("{}/", sandbox.fhir_base_url()));
    let answer = request.get(&sandbox.authorization_endpoint()).await;
    assert_eq!(answer.location("error").as_deref(), Some("invalid_request"));
    assert_eq!(
        answer.location("error_description").as_deref(),
        Some("Bad audience value")
    );
}

#[actix_web::test]
async fn a_state_of_22_characters_is_long_enough() {
    let (sandbox, _) = sandbox(Kind::Public);
    code_for(
        &sandbox,
        &authorization(&sandbox).with("state", "1234567890123456789012"),
    )
    .await;
}

#[actix_web::test]
async fn a_launch_value_works_once_and_only_with_its_scope() {
    let (sandbox, _) = sandbox(Kind::Public);
    let url = url::Url::parse(&sandbox.ehr_launch_url(LAUNCH, "bruno-fixture", None)).unwrap();
    let launch = url.query_pairs().find(|(k, _)| k == "launch").unwrap().1.into_owned();
    assert!(['+', '/', '='].iter().all(|c| launch.contains(*c)));
    let endpoint = sandbox.authorization_endpoint();
    let request = authorization(&sandbox).with("launch", &launch);
    let answer = request.get(&endpoint).await;
    assert_eq!(
        answer.location("error").as_deref(),
        Some("invalid_request"),
        "the scope launch is missing"
    );
    let request = request.with("scope", "launch patient/*.rs");
    assert!(request.get(&endpoint).await.location("code").is_some());
    let answer = request.get(&endpoint).await;
    assert_eq!(
        answer.location("error").as_deref(),
        Some("invalid_request"),
        "it has been used"
    );
}

#[actix_web::test]
async fn a_post_that_is_no_form_is_refused() {
    let (sandbox, _) = sandbox(Kind::Public);
    let body = authorization(&sandbox).encoded();
    let answer = send(
        "POST",
        &sandbox.authorization_endpoint(),
        &[("content-type", "text/plain")],
        &body,
    )
    .await
    .unwrap();
    assert_eq!(answer.status, 400);
    let answer = send("PUT", &sandbox.authorization_endpoint(), &[], "").await.unwrap();
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, POST")));
}

#[actix_web::test]
async fn an_automatic_denial_is_access_denied() {
    let (sandbox, _) = sandbox(Kind::Public);
    sandbox.set_automatic_answer(AutomaticAnswer::Deny);
    let answer = authorization(&sandbox).get(&sandbox.authorization_endpoint()).await;
    assert_eq!(answer.location("error").as_deref(), Some("access_denied"));
    assert_eq!(answer.location("state").as_deref(), Some(STATE));
}
