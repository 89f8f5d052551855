//! Rows: `access_denied`; other EHR errors; `invalid_grant` and `invalid_client` at exchange; the application's no.

use actix_smart_auth::{
    Launched, Refuse, StandaloneLaunch,
    sandbox::{AutomaticAnswer, Fault, FaultPoint, IssParameter, Times, When},
};

use super::{assert_page, assert_problem, callback_of, start_link};
use crate::support::{App, Browser, Logs, Profile};

const HOSTILE: &str = "<script>alert('x')</script> & \"more\"";
const HOSTILE_ESCAPED: &str = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;more&quot;";

pub(super) fn exchange_error(app: &App, status: u16, error: &str, description: &str) {
    let (error, description) = (error.to_owned(), Some(description.to_owned()));
    let fault = Fault::OAuthError {
        status,
        error,
        description,
    };
    app.sandbox
        .inject(FaultPoint::Exchange, When::Before, fault, Times::Always);
}

/// The callback of an authorization, changed to what an EHR might send instead of a code.
pub(super) async fn callback_with(app: &App, browser: &Browser, answer: &str) -> String {
    let callback = callback_of(app, browser).await;
    let state = callback.split("state=").nth(1).unwrap().split('&').next().unwrap();
    app.url(&format!("/auth/callback?{answer}&state={state}"))
}

#[actix_web::test]
async fn access_denied_is_403_and_the_attempt_is_over() {
    let app = App::builder()
        .sandbox(|sandbox| sandbox.automatic_answer(AutomaticAnswer::Deny))
        .start();
    let browser = Browser::new();
    let callback = callback_of(&app, &browser).await;
    let title = "Access was declined";
    let page = browser.get(&callback).await;
    assert_page(
        &page,
        403,
        "access-denied",
        title,
        "was declined at your health record system. If you want to use it after all, please start again.",
    );
    assert!(
        page.body.contains("Your health record system wrote: access_denied"),
        "{}",
        page.body
    );
    assert!(page.body.contains(&start_link("/auth/launch")), "{}", page.body);
    assert!(page.launch_cookies().is_empty());
    let problem = assert_problem(&browser.api(&callback).await, 403, "access-denied", title);
    assert_eq!(problem["launch_url"], "/auth/launch");
    // A code for the same state comes too late.
    let state = callback.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let late = app.url(&format!("/auth/callback?code=abc&state={state}"));
    assert_eq!(browser.get(&late).await.status, 409);
    assert_eq!(app.exchanges(), 0);
}

#[actix_web::test]
async fn access_denied_to_a_launch_from_the_ehr_leads_back_to_the_chart() {
    let app = App::builder()
        .sandbox(|sandbox| sandbox.automatic_answer(AutomaticAnswer::Deny))
        .start();
    let browser = Browser::new();
    let page = browser.navigate(&app.ehr_launch_url("amber-testwood", None)).await;
    let sentence = "If you want to use it after all, please open the application again from the patient's chart.";
    assert_page(&page, 403, "access-denied", "Access was declined", sentence);
    assert!(!page.body.contains("href"), "{}", page.body);
}

#[actix_web::test]
async fn other_ehr_errors_are_502_with_the_code_and_the_description_as_text() {
    let app = App::start();
    let browser = Browser::new();
    let title = "Your health record system reported a problem";
    for (error, shown) in [
        ("server_error", "server_error"),
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("%3Cb%3E", "unknown"),
    ] {
        let description: String = url::form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect();
        let answer = format!("error={error}&error_description={description}&error_uri=https://evil.example/");
        let callback = callback_with(&app, &browser, &answer).await;
        let page = browser.get(&callback).await;
        assert_page(
            &page,
            502,
            "ehr-error",
            title,
            "The sign-in could not be finished. Please start again.",
        );
        let quoted = format!("Your health record system wrote: {shown}: “{HOSTILE_ESCAPED}”");
        assert!(page.body.contains(&quoted), "{}", page.body);
        assert!(!page.body.contains("evil.example"), "{}", page.body);
        let problem = assert_problem(&browser.api(&callback).await, 502, "ehr-error", title);
        assert_eq!(
            problem["explanation"],
            format!("Your health record system wrote: {shown}: “{HOSTILE}”")
        );
    }
    assert_eq!(app.exchanges(), 0);
}

#[actix_web::test]
async fn other_ehr_errors_of_the_token_endpoint_are_502_too() {
    let app = App::start();
    let browser = Browser::new();
    exchange_error(&app, 400, "invalid_scope", HOSTILE);
    let callback = callback_of(&app, &browser).await;
    let page = browser.get(&callback).await;
    let title = "Your health record system reported a problem";
    assert_page(&page, 502, "ehr-error", title, "Please start again.");
    assert!(
        page.body.contains(&format!("invalid_scope: “{HOSTILE_ESCAPED}”")),
        "{}",
        page.body
    );
    assert_problem(&browser.api(&callback).await, 502, "ehr-error", title);
    assert_eq!(app.exchanges(), 1);
}

#[actix_web::test]
async fn an_unusable_token_response_is_502_without_a_word_of_it() {
    let app = App::start();
    let browser = Browser::new();
    let title = "Your health record system gave an answer that cannot be used";
    for fault in [
        Fault::OmitFields(vec!["access_token".to_owned()]),
        Fault::OmitFields(vec!["token_type".to_owned()]),
        Fault::HtmlBody { status: 200 },
        Fault::EmptyBody,
    ] {
        app.sandbox
            .inject(FaultPoint::Exchange, When::Before, fault.clone(), Times::Once);
        let callback = callback_of(&app, &browser).await;
        let page = browser.get(&callback).await;
        assert_page(&page, 502, "ehr-error", title, "Please start again.");
        assert!(!page.body.contains("Something between"), "{fault:?}: {}", page.body);
        assert_problem(&browser.api(&callback).await, 502, "ehr-error", title);
    }
}

#[actix_web::test]
async fn an_answer_of_another_issuer_is_502_and_its_code_is_not_sent() {
    let app = App::builder()
        .sandbox(|sandbox| sandbox.iss_parameter(IssParameter::Sent))
        .start();
    let browser = Browser::new();
    let callback = callback_of(&app, &browser).await;
    let url = url::Url::parse(&callback).unwrap();
    let pairs = url.query_pairs().filter(|(name, _)| name != "iss");
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .append_pair("iss", "https://evil.example")
        .finish();
    let page = browser.get(&app.url(&format!("/auth/callback?{query}"))).await;
    let title = "This sign-in was stopped for safety";
    assert_page(&page, 502, "wrong-issuer", title, "Please start again.");
    assert_eq!(app.exchanges(), 0);
}

#[actix_web::test]
async fn invalid_grant_at_exchange_is_a_401_page_with_start_again_and_never_a_redirect() {
    let app = App::start();
    let browser = Browser::new();
    app.sandbox
        .inject(FaultPoint::Exchange, When::Before, Fault::InvalidGrant, Times::Always);
    for _ in 0..2 {
        let callback = callback_of(&app, &browser).await;
        let title = "This sign-in is not valid any more";
        let page = browser.get(&callback).await;
        assert_page(
            &page,
            401,
            "code-refused",
            title,
            "did not accept it. Please start again.",
        );
        assert!(page.body.contains(&start_link("/auth/launch")), "{}", page.body);
        // What the EHR wrote is for whoever is asked for help, below the code.
        let (_, small) = page.body.split_once("Code: code-refused</p>").unwrap();
        assert!(
            small.contains("<p>Your health record system wrote: invalid_grant"),
            "{small}"
        );
        let problem = assert_problem(&browser.api(&callback).await, 401, "code-refused", title);
        assert_eq!(problem["launch_url"], "/auth/launch");
    }
    assert_eq!(app.exchanges(), 2);
}

#[actix_web::test]
async fn invalid_client_at_exchange_is_500_with_the_cause_in_the_log_only() {
    let logs = Logs::collect();
    let app = App::builder().profile(Profile::Secret).start();
    let browser = Browser::new();
    exchange_error(&app, 401, "invalid_client", "ask <Jo> about contract 4711");
    let callback = callback_of(&app, &browser).await;
    let title = "Your health record system did not accept this application";
    let page = browser.get(&callback).await;
    assert_page(
        &page,
        500,
        "client-refused",
        title,
        "Please tell the support team of this application.",
    );
    let api = browser.api(&callback).await;
    assert_problem(&api, 500, "client-refused", title);
    for body in [&page.body, &api.body] {
        assert!(!body.contains("invalid_client") && !body.contains("4711"), "{body}");
        assert!(!body.contains("/auth/launch"), "starting again cannot help: {body}");
    }
    let line = "the EHR refuses this application; the line above says what is known and what to try";
    let text = logs.text();
    let logged = text
        .lines()
        .find(|text| text.contains(line) && text.contains(app.sandbox.origin().as_str()));
    assert!(logged.unwrap().contains("invalid_client"), "{logged:?}");
}

#[actix_web::test]
async fn a_launch_that_the_application_refuses_is_403_with_its_words() {
    let app = App::builder()
        .config(|config| {
            config
                .standalone(StandaloneLaunch::Offered)
                .on_launch(|_: Launched| async { Err(Refuse::because("Ask the front desk for an account <now>.")) })
        })
        .start();
    let browser = Browser::new();
    let callback = callback_of(&app, &browser).await;
    let title = "This application is not available to you";
    assert_page(
        &browser.get(&callback).await,
        403,
        "refused",
        title,
        "Ask the front desk for an account &lt;now&gt;.",
    );
    let problem = assert_problem(&browser.api(&callback).await, 403, "refused", title);
    assert_eq!(problem["detail"], "Ask the front desk for an account <now>.");
}
