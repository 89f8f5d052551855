//! One test per rule of the authorization endpoint.

use actix_smart_auth::sandbox::{AutomaticAnswer, SandboxServer, Strictness};

use crate::support::*;

/// Refused on a page: nothing is sent to an address that is not known to be the application's.
async fn on_a_page(text: &str, change: fn(Form) -> Form) {
    let (sandbox, _) = sandbox(Kind::Public);
    let answer = change(authorization(&sandbox))
        .get(&sandbox.authorization_endpoint())
        .await;
    answer.is_problem(text);
}

async fn redirected(error: &str, text: &str, change: fn(Form) -> Form) {
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
    answer.is_redirected(error, &filled(text, &sandbox));
    let sent = request.0.iter().find(|(k, _)| k == "state").map(|(_, v)| v.clone());
    assert_eq!(answer.location("state"), sent);
}

macro_rules! on_a_page {
    ($($name:ident: $text:expr, $change:expr;)*) => {$(
        #[actix_web::test]
        async fn $name() {
            on_a_page($text, $change).await;
        }
    )*};
}

macro_rules! redirected {
    ($($name:ident: $error:literal, $text:literal, $change:expr;)*) => {$(
        #[actix_web::test]
        async fn $name() {
            redirected($error, $text, $change).await;
        }
    )*};
}

const OTHER_URI: &str = "http://127.0.0.1:7777/auth/callback";
const ONE_CLIENT_ID: &str = "The request has to name exactly one client_id.";
const ONE_REDIRECT_URI: &str = "The request has to name exactly one redirect_uri.";

fn not_registered(uri: &str) -> String {
    format!("redirect_uri is {uri} and has to be a registered one, character for character: {CALLBACK}")
}

on_a_page! {
    an_unknown_client_is_not_redirected: "No application is registered here with the client_id nobody", |r| r.with("client_id", "nobody");
    a_missing_client_id_is_not_redirected: ONE_CLIENT_ID, |r| r.without("client_id");
    a_repeated_client_id_is_not_redirected: ONE_CLIENT_ID, |r| r.again("client_id", CLIENT);
    an_unregistered_redirect_uri_is_not_redirected: &not_registered(OTHER_URI), |r| r.with("redirect_uri", OTHER_URI);
    a_redirect_uri_with_one_more_slash_is_not_redirected: &not_registered(&format!("{CALLBACK}/")), |r| r.with("redirect_uri", &format!("{CALLBACK}/"));
    a_missing_redirect_uri_is_not_redirected: ONE_REDIRECT_URI, |r| r.without("redirect_uri");
    a_repeated_redirect_uri_is_not_redirected: ONE_REDIRECT_URI, |r| r.again("redirect_uri", CALLBACK);
}

redirected! {
    a_repeated_parameter_is_refused: "invalid_request", "The parameter scope is repeated; it may be there once.", |r| r.again("scope", "openid");
    a_repeated_unknown_parameter_is_refused: "invalid_request", "The parameter x is repeated; it may be there once.", |r| r.again("x", "1").again("x", "1");
    a_missing_response_type_is_refused: "invalid_request", "response_type is missing; it has to be code.", |r| r.without("response_type");
    another_response_type_is_refused: "unsupported_response_type", "Only response_type=code is supported.", |r| r.with("response_type", "token");
    a_missing_state_is_refused: "invalid_request", "state is missing.", |r| r.without("state");
    a_state_of_21_characters_is_refused: "invalid_request", "state is too short to carry 122 random bits: it needs 22 characters. (strict check state-length)", |r| r.with("state", "123456789012345678901");
    a_missing_nonce_is_refused: "invalid_request", "An authorization that asks for openid needs a nonce. (strict check nonce)", |r| r.without("nonce");
    plain_pkce_is_refused: "invalid_request", "code_challenge_method has to be S256.", |r| r.with("code_challenge_method", "plain");
    a_missing_challenge_method_is_refused: "invalid_request", "code_challenge_method has to be S256.", |r| r.without("code_challenge_method");
    a_missing_challenge_beside_its_method_is_refused: "invalid_request", "code_challenge is missing.", |r| r.without("code_challenge");
    a_missing_challenge_is_refused: "invalid_request", "code_challenge is missing. (strict check challenge)", |r| r.without("code_challenge").without("code_challenge_method");
    a_challenge_of_42_characters_is_refused: "invalid_request", "code_challenge has to be the base64url of a SHA-256 hash: 43 characters of A-Z a-z 0-9 - _", |r| r.with("code_challenge", &"a".repeat(42));
    a_challenge_of_44_characters_is_refused: "invalid_request", "code_challenge has to be the base64url of a SHA-256 hash: 43 characters of A-Z a-z 0-9 - _", |r| r.with("code_challenge", &"a".repeat(44));
    a_challenge_in_plain_base64_is_refused: "invalid_request", "code_challenge has to be the base64url of a SHA-256 hash: 43 characters of A-Z a-z 0-9 - _", |r| r.with("code_challenge", &"+".repeat(43));
    a_secret_is_refused: "invalid_request", "client_secret does not belong here, where the browser reads it: it is for token requests. (strict check nothing-secret-by-browser)", |r| r.with("client_secret", SECRET);
    an_assertion_is_refused: "invalid_request", "client_assertion does not belong here, where the browser reads it: it is for token requests. (strict check nothing-secret-by-browser)", |r| r.with("client_assertion", "a.b.c");
    a_verifier_is_refused: "invalid_request", "code_verifier does not belong here, where the browser reads it: it is for token requests. (strict check nothing-secret-by-browser)", |r| r.with("code_verifier", VERIFIER);
    a_missing_aud_is_refused: "invalid_request", "aud is missing; it has to be {fhir}", |r| r.without("aud");
    a_foreign_aud_is_refused: "invalid_request", "Bad audience value: aud is https://ehr.example.com/fhir and has to be {fhir}", |r| r.with("aud", "https://ehr.example.com/fhir");
    an_aud_with_a_trailing_slash_is_a_bad_audience: "invalid_request", "Bad audience value: aud is {fhir}/ and has to be {fhir} (strict check exact-audience)", |r| { let aud = format!("{}/", value(&r, "aud")); r.with("aud", &aud) };
    an_unknown_launch_value_is_refused: "invalid_request", "Unknown launch value: it has to be the one of the launch URL, decoded.", |r| r.with("launch", "x").with("scope", "launch openid");
    the_scope_launch_without_its_parameter_is_refused: "invalid_request", "The scope launch needs the parameter launch of an EHR launch. (strict check launch-with-its-scope)", |r| r.with("scope", "launch openid");
    a_missing_scope_is_refused: "invalid_scope", "scope is missing.", |r| r.without("scope");
    patient_scopes_without_a_patient_are_refused: "invalid_scope", "patient/*.rs needs a patient: ask for launch/patient as well.", |r| r.with("scope", "openid patient/*.rs");
    a_scope_out_of_order_is_refused: "invalid_scope", "patient/Observation.sr is not a scope of SMART App Launch 2.2. (strict check scope-grammar)", |r| r.with("scope", "launch/patient patient/Observation.sr");
    an_invented_scope_is_refused: "invalid_scope", "patients/*.rs is not a scope of SMART App Launch 2.2. (strict check scope-grammar)", |r| r.with("scope", "launch/patient patients/*.rs");
    a_scope_with_a_parameter_that_is_not_known_is_refused: "invalid_scope", "patient/Observation.rs?no-such=1 cannot be granted: this server does not know the search parameter no-such.", |r| r.with("scope", "launch/patient patient/Observation.rs?no-such=1");
    the_scope_fhir_user_without_openid_is_refused: "invalid_scope", "The scope fhirUser needs the scope openid. (strict check fhir-user-with-openid)", |r| r.with("scope", "launch/patient fhirUser");
    system_scopes_alone_are_refused: "invalid_scope", "None of these scopes can be granted: this server gives launch, identity, patient/ and user/ scopes.", |r| r.with("scope", "system/*.rs");
    silence_beside_a_prompt_is_refused: "invalid_request", "prompt=none does not go with another value of prompt.", |r| r.with("prompt", "none login");
    an_age_that_is_no_number_is_refused: "invalid_request", "max_age has to be a whole number of seconds.", |r| r.with("max_age", "soon");
    a_negative_age_is_refused: "invalid_request", "max_age has to be a whole number of seconds.", |r| r.with("max_age", "-1");
    silence_where_nobody_is_signed_in_is_refused: "login_required", "Somebody has to sign in, and prompt=none forbids to ask.", |r| r.with("prompt", "none");
}

#[actix_web::test]
async fn what_is_repeated_of_a_request_has_the_characters_of_an_error_description() {
    let (sandbox, _) = sandbox(Kind::Public);
    let request = authorization(&sandbox).with("aud", "ü\"\\\n");
    let answer = request.get(&sandbox.authorization_endpoint()).await;
    let expected = "Bad audience value: aud is ?'?? and has to be {fhir}";
    answer.is_redirected("invalid_request", &filled(expected, &sandbox));
    let request = authorization(&sandbox).with("aud", &"x".repeat(2_000));
    let answer = request.get(&sandbox.authorization_endpoint()).await;
    assert_eq!(answer.location("error_description").unwrap().len(), 1_000);
}

fn value(request: &Form, name: &str) -> String {
    request.0.iter().find(|(key, _)| key == name).unwrap().1.clone()
}

#[actix_web::test]
async fn what_came_with_an_answered_authorization_is_refused_when_it_comes_again() {
    let builder = SandboxServer::builder().strictness(Strictness::AsSpecified);
    let sandbox = builder.client(client(Kind::Public)).start().unwrap();
    let endpoint = sandbox.authorization_endpoint();
    let first = authorization(&sandbox);
    code_for(&sandbox, &first).await;
    let fresh = authorization(&sandbox)
        .with("state", &STATE.replace('0', "1"))
        .with("nonce", &NONCE.replace('0', "1"))
        .with("code_challenge", &challenge(&"b".repeat(43)));
    for (name, article, check) in [
        ("state", "This state", "state-once"),
        ("nonce", "This nonce", "nonce-once"),
        ("code_challenge", "This code_challenge", "challenge-once"),
    ] {
        let answer = fresh.clone().with(name, &value(&first, name)).get(&endpoint).await;
        answer.is_redirected(
            "invalid_request",
            &format!("{article} was used before: each authorization needs a new one. (strict check {check})"),
        );
    }
    code_for(&sandbox, &fresh).await;
}

#[actix_web::test]
async fn scopes_that_are_not_registered_are_refused_and_the_text_says_which_are() {
    let (sandbox, _) = sandbox(Kind::Public);
    let ask = async |registered: &[&str], asked: &str| {
        sandbox.register(client(Kind::Public).scopes(registered.iter().copied()));
        let request = authorization(&sandbox).with("scope", asked);
        request.get(&sandbox.authorization_endpoint()).await
    };
    ask(&["openid", "user/*.rs"], "launch/patient patient/*.rs")
        .await
        .is_redirected(
            "invalid_scope",
            "None of these scopes can be granted. Registered for this application: openid user/*.rs",
        );
    ask(&["patient/*.rs"], "launch/patient patient/*.rs")
        .await
        .is_redirected(
            "invalid_scope",
            "patient/*.rs needs a patient: launch/patient was asked for, but this client is not registered for it.",
        );
    let answer = ask(&["launch/patient", "patient/*.rs"], "launch/patient patient/*.rs").await;
    assert!(answer.location("code").is_some(), "{answer:?}");
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
    request.get(&endpoint).await.is_redirected(
        "invalid_request",
        "The parameter launch needs the scope launch. (strict check launch-with-its-scope)",
    );
    let request = request.with("scope", "launch patient/*.rs");
    assert!(request.get(&endpoint).await.location("code").is_some());
    request.get(&endpoint).await.is_redirected(
        "invalid_request",
        "This launch value has been used: each authorization needs a new launch.",
    );
}

#[actix_web::test]
async fn a_launch_value_of_another_application_is_refused() {
    let (sandbox, _) = sandbox(Kind::Public);
    sandbox.register_launch_url("another-app", LAUNCH);
    let url = url::Url::parse(&sandbox.ehr_launch_url(LAUNCH, "bruno-fixture", None)).unwrap();
    let launch = url.query_pairs().find(|(k, _)| k == "launch").unwrap().1.into_owned();
    let request = authorization(&sandbox)
        .with("launch", &launch)
        .with("scope", "launch openid");
    request.get(&sandbox.authorization_endpoint()).await.is_redirected(
        "invalid_request",
        "This launch value was made for another application. (strict check launch-of-this-client)",
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
    answer.is_problem("A POST to this address has to have the content type application/x-www-form-urlencoded.");
    let answer = send("PUT", &sandbox.authorization_endpoint(), &[], "").await.unwrap();
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, POST")));
    assert_eq!(answer.body, "Use GET, POST.\n");
}

#[actix_web::test]
async fn an_automatic_denial_is_access_denied() {
    let (sandbox, _) = sandbox(Kind::Public);
    sandbox.set_automatic_answer(AutomaticAnswer::Deny);
    let answer = authorization(&sandbox).get(&sandbox.authorization_endpoint()).await;
    answer.is_redirected("access_denied", "The user did not allow this.");
    assert_eq!(answer.location("state").as_deref(), Some(STATE));
}
