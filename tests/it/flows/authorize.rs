//! What the authorization request says.

use actix_smart_auth::{
    options::AuthorizeMethod,
    sandbox::{Endpoint, ReceivedRequest},
};
use url::Url;

use crate::support::{App, Browser, CLIENT_ID};

/// The authorization requests that the sandbox received.
pub fn requests(app: &App) -> Vec<ReceivedRequest> {
    let mut requests = app.sandbox.received_requests();
    requests.retain(|request| request.endpoint == Endpoint::Authorize);
    requests
}

fn pairs(request: &ReceivedRequest) -> Vec<(String, String)> {
    if request.method == "POST" {
        request.form()
    } else {
        request.query.clone()
    }
}

fn names(request: &ReceivedRequest) -> Vec<String> {
    pairs(request).into_iter().map(|(name, _)| name).collect()
}

fn scopes(request: &ReceivedRequest) -> Vec<String> {
    let scope = request.parameter("scope").unwrap();
    scope.split(' ').map(str::to_owned).collect()
}

#[actix_web::test]
async fn the_launch_value_is_echoed_byte_for_byte() {
    for method in [AuthorizeMethod::Get, AuthorizeMethod::Post] {
        let app = App::builder().ehr(move |ehr| ehr.authorize_method(method)).start();
        let url = app.ehr_launch_url("amber-testwood", None);
        let value = Url::parse(&url)
            .unwrap()
            .query_pairs()
            .find_map(|(name, value)| (name == "launch").then(|| value.into_owned()))
            .unwrap();
        assert!(
            value.contains('+') && value.contains('/') && value.contains('='),
            "{value}"
        );
        let page = Browser::new().open(&url).await;
        assert_eq!(page.status, 200, "{method:?}");
        let sent = requests(&app);
        assert_eq!(sent[0].parameter("launch"), Some(value), "{method:?}");

        // Some EHRs do not encode `+` and `=`. What a form decoder would make of them, the EHR would not know again.
        let url = app.ehr_launch_url("amber-testwood", None);
        let raw = url.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
        assert_ne!(raw, url);
        assert_eq!(Browser::new().open(&raw).await.status, 200, "{method:?}");
    }
}

#[actix_web::test]
async fn the_request_has_all_parameters_once_and_nothing_else() {
    for method in [AuthorizeMethod::Get, AuthorizeMethod::Post] {
        let app = App::builder().ehr(move |ehr| ehr.authorize_method(method)).start();
        Browser::new().open(&app.url("/auth/launch")).await;
        Browser::new().open(&app.ehr_launch_url("amber-testwood", None)).await;
        let sent = requests(&app);
        let mut standalone = names(&sent[0]);
        standalone.sort();
        let expected = [
            "aud",
            "client_id",
            "code_challenge",
            "code_challenge_method",
            "nonce",
            "redirect_uri",
            "response_type",
            "scope",
            "state",
        ];
        assert_eq!(standalone, expected, "{method:?}");
        let mut from_ehr = names(&sent[1]);
        from_ehr.retain(|name| name != "launch");
        from_ehr.sort();
        assert_eq!(from_ehr, expected, "{method:?}");
        for request in &sent {
            assert_eq!(request.parameter("client_id").as_deref(), Some(CLIENT_ID));
            assert_eq!(request.parameter("aud"), Some(app.sandbox.fhir_base_url()));
            assert_eq!(request.parameter("redirect_uri"), Some(app.url("/auth/callback")));
        }
        for once in ["state", "code_challenge", "nonce"] {
            assert_ne!(sent[0].parameter(once), sent[1].parameter(once), "{once}");
        }
        if method == AuthorizeMethod::Post {
            assert!(sent.iter().all(|request| request.query.is_empty()));
            assert_eq!(
                sent[0].header("content-type"),
                Some("application/x-www-form-urlencoded")
            );
        } else {
            assert!(sent.iter().all(|request| request.body.is_empty()));
        }
    }
}

#[actix_web::test]
async fn the_launch_scope_goes_with_a_launch_from_the_ehr_only() {
    // Configured or not: what is sent depends on how the launch began.
    for configured in ["launch launch/patient patient/*.rs", "launch/patient patient/*.rs"] {
        let app = App::builder().ehr(move |ehr| ehr.scopes(configured)).start();
        assert_eq!(Browser::new().open(&app.url("/auth/launch")).await.status, 200);
        let from_ehr = app.ehr_launch_url("amber-testwood", None);
        assert_eq!(Browser::new().open(&from_ehr).await.status, 200);
        let sent = requests(&app);
        assert!(!scopes(&sent[0]).contains(&"launch".to_owned()), "{configured}");
        assert_eq!(sent[0].parameter("launch"), None);
        let with_launch = scopes(&sent[1]).into_iter().filter(|scope| scope == "launch").count();
        assert_eq!(with_launch, 1, "{configured}");
    }
}

#[actix_web::test]
async fn a_nonce_is_sent_with_openid_only() {
    for (configured, sends) in [
        ("openid launch/patient patient/*.rs", true),
        ("launch/patient patient/*.rs", false),
    ] {
        let app = App::builder().ehr(move |ehr| ehr.scopes(configured)).start();
        assert_eq!(Browser::new().open(&app.url("/auth/launch")).await.status, 200);
        assert_eq!(requests(&app)[0].parameter("nonce").is_some(), sends, "{configured}");
    }
}

#[actix_web::test]
async fn auto_posts_only_a_long_request_and_only_where_post_is_listed() {
    let long: String = (0..30)
        .map(|number| format!(" patient/Observation.rs?category=http://example.org/some-categories|number-{number}"))
        .collect();
    let short = "openid launch/patient patient/*.rs".to_owned();
    for (scopes, listed, expected) in [
        (format!("{short}{long}"), true, "POST"),
        (format!("{short}{long}"), false, "GET"),
        (short.clone(), true, "GET"),
        (short, false, "GET"),
    ] {
        let app = App::builder()
            .ehr(move |ehr| ehr.scopes(scopes).authorize_method(AuthorizeMethod::Auto))
            .start();
        if !listed {
            let capabilities = serde_json::json!(["launch-standalone", "client-public", "context-standalone-patient"]);
            app.sandbox.set_metadata_field("capabilities", capabilities);
        }
        assert_eq!(Browser::new().open(&app.url("/auth/launch")).await.status, 200);
        assert_eq!(requests(&app)[0].method, expected, "listed: {listed}");
    }
}

#[actix_web::test]
async fn iss_in_another_spelling_is_the_same_ehr_and_comes_back_as_it_was_spelled() {
    let app = App::start();
    let base = app.sandbox.fhir_base_url();
    for spelling in [format!("{base}/"), base.replace("http://", "HTTP://")] {
        app.sandbox.clear_received_requests();
        let url = Url::parse_with_params(&app.url("/auth/launch"), [("iss", spelling.as_str()), ("launch", "x")]);
        let page = Browser::new().open(url.unwrap().as_str()).await;
        let sent = requests(&app);
        assert_eq!(sent[0].parameter("aud"), Some(spelling.clone()));
        assert_eq!(sent[0].parameter("launch").as_deref(), Some("x"));
        // The sandbox compares `aud` as a string, as the specification has it, and refuses.
        assert_eq!(page.status, 502, "{spelling}");
        assert!(page.body.contains("Bad audience value"), "{}", page.body);
        assert_eq!(app.exchanges(), 0);
    }
}

#[actix_web::test]
async fn iss_with_another_path_is_refused_without_any_request() {
    let app = App::start();
    let base = app.sandbox.fhir_base_url();
    for spelling in [
        format!("{base}//"),
        format!("{base}/x"),
        base.replace("/fhir", "/FHIR"),
        format!("{base}?a=b"),
    ] {
        let url = Url::parse_with_params(&app.url("/auth/launch"), [("iss", spelling.as_str()), ("launch", "x")]);
        let page = Browser::new().get(url.unwrap().as_str()).await;
        assert_eq!(page.status, 400, "{spelling}");
        assert!(page.body.contains("Code: unknown-ehr"), "{spelling}");
    }
    assert_eq!(app.sandbox.received_requests(), []);
}
