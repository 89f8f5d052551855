//! Callbacks that somebody made up, changed or repeated: the state is checked first, and nothing is sent for them.

use actix_smart_auth::{
    AuthorizationRedirect, PendingAuthorization, SmartClient, StartOptions, error::CallbackQueryError,
    sandbox::IssParameter,
};
use url::Url;

use super::{assert_unharmed, encoded};
use crate::{
    refusal::Refusal,
    support::{App, Browser, RawServer},
};

pub(super) struct Row {
    name: &'static str,
    /// Makes the query from the real one.
    query: fn(&Real) -> String,
    error: Refusal<'static>,
    status: u16,
    code: &'static str,
    /// Whether the real callback still works afterwards.
    then: Then,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// Nothing was consumed.
    RealOneWorks,
    /// The sign-in is over, and the real callback is told so.
    Over,
}

/// What the EHR really sent, encoded.
struct Real {
    state: String,
    code: String,
    iss: String,
}

const fn row(
    name: &'static str,
    query: fn(&Real) -> String,
    error: Refusal<'static>,
    (status, code): (u16, &'static str),
    then: Then,
) -> Row {
    Row {
        name,
        query,
        error,
        status,
        code,
        then,
    }
}

const BAD: (u16, &str) = (400, "bad-callback");
const UNKNOWN: (u16, &str) = (401, "sign-in-expired");
const EHR: (u16, &str) = (502, "ehr-error");
const STOPPED: (u16, &str) = (502, "wrong-issuer");

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("nothing at all", |_| String::new(), Refusal::Query(CallbackQueryError::StateMissing), BAD, Then::RealOneWorks),
    row("no state", |it| format!("code={}", it.code), Refusal::Query(CallbackQueryError::StateMissing), BAD, Then::RealOneWorks),
    row("an empty state", |it| format!("state=&code={}", it.code), Refusal::Query(CallbackQueryError::StateMissing), BAD, Then::RealOneWorks),
    row("an error without a state", |_| "error=access_denied".into(), Refusal::Query(CallbackQueryError::StateMissing), BAD, Then::RealOneWorks),
    row("the state twice", |it| format!("state={0}&code={1}&state={0}", it.state, it.code),
        Refusal::repeated("state"), BAD, Then::RealOneWorks),
    row("the state twice, one spelled with an escape", |it| format!("state={0}&code={1}&%73tate=x", it.state, it.code),
        Refusal::repeated("state"), BAD, Then::RealOneWorks),
    row("the code twice", |it| format!("state={0}&code={1}&code=x", it.state, it.code),
        Refusal::repeated("code"), BAD, Then::RealOneWorks),
    row("the error twice", |it| format!("state={}&error=a&error=b", it.state),
        Refusal::repeated("error"), BAD, Then::RealOneWorks),
    row("iss twice", |it| format!("state={}&code={}&iss={2}&iss={2}", it.state, it.code, it.iss),
        Refusal::repeated("iss"), BAD, Then::RealOneWorks),
    row("a state of somebody else", |it| format!("state={}&code={}", "A".repeat(43), it.code),
        Refusal::StateMismatch, UNKNOWN, Then::RealOneWorks),
    row("a state with one letter more", |it| format!("state={}A&code={}", it.state, it.code),
        Refusal::StateMismatch, UNKNOWN, Then::RealOneWorks),
    row("a state with one letter less", |it| format!("state={}&code={}", &it.state[1..], it.code),
        Refusal::StateMismatch, UNKNOWN, Then::RealOneWorks),
    row("a state in another case", |it| format!("state={}&code={}", swapped(&it.state), it.code),
        Refusal::StateMismatch, UNKNOWN, Then::RealOneWorks),
    row("a forged error", |_| "state=x&error=access_denied".into(), Refusal::StateMismatch, UNKNOWN, Then::RealOneWorks),
    row("a state that is no text", |it| format!("state=%FF&code={}", it.code),
        Refusal::not_text("state"), BAD, Then::RealOneWorks),
    row("a state as long as allowed", |it| format!("state={}&code={}", "s".repeat(512), it.code),
        Refusal::StateMismatch, UNKNOWN, Then::RealOneWorks),
    row("a state too long by one", |it| format!("state={}&code={}", "s".repeat(513), it.code),
        Refusal::too_long("state", 512), BAD, Then::RealOneWorks),
    row("a code that is no text", |it| format!("state={}&code=%FF%FE", it.state),
        Refusal::not_text("code"), BAD, Then::RealOneWorks),
    row("60 kB of code", |it| format!("state={}&code={}", it.state, "c".repeat(60_000)),
        Refusal::too_long("code", 16384), BAD, Then::RealOneWorks),
    row("iss too long by one", |it| format!("state={}&code={}&iss={}", it.state, it.code, "i".repeat(2_049)),
        Refusal::too_long("iss", 2048), BAD, Then::RealOneWorks),
    row("neither code nor error", |it| format!("state={}", it.state), Refusal::NoCode, BAD, Then::Over),
    row("an empty code", |it| format!("state={}&code=&error=", it.state), Refusal::NoCode, BAD, Then::Over),
    row("access denied", |it| format!("state={}&error=access_denied", it.state),
        Refusal::by_ehr("access_denied", None), (403, "access-denied"), Then::Over),
    row("an error beside a code", |it| format!("state={}&code={}&error=server_error", it.state, it.code),
        Refusal::by_ehr("server_error", None), EHR, Then::Over),
    row("an error that nobody knows", |it| format!("state={}&error=moon_phase", it.state),
        Refusal::by_ehr("moon_phase", None), EHR, Then::Over),
    row("an error that is a sentence", |it| format!("state={}&error=Call+555-0100+now", it.state),
        Refusal::by_ehr("unknown", None), EHR, Then::Over),
    row("an error that is markup, with a script for a link", |it| format!(
            "state={}&error=%3Cscript%3Ealert(1)%3C/script%3E&error_description=%3Cscript%3Ealert(2)%3C/script%3E&error_uri=javascript:alert(3)",
            it.state),
        Refusal::Ehr { code: "unknown", description: Some(25), uri: Some(19) },
        EHR, Then::Over),
    row("an explanation with control characters, in Latin-1", |it| format!(
            "state={}&error=server_error&error_description=%00%1B%5B31mgr%FC%DFe%0D%0ASet-Cookie:x", it.state),
        Refusal::by_ehr("server_error", Some(23)), EHR, Then::Over),
    row("an explanation of 50 kB", |it| format!("state={}&error=server_error&error_description={}", it.state, "x".repeat(50_000)),
        Refusal::by_ehr("server_error", Some(1000)), EHR, Then::Over),
    row("another issuer", |it| format!("state={}&code={}&iss=https%3A%2F%2Fevil.example", it.state, it.code),
        Refusal::WrongIssuer, STOPPED, Then::Over),
    row("the issuer with a slash more", |it| format!("state={}&code={}&iss={}%2F", it.state, it.code, it.iss),
        Refusal::WrongIssuer, STOPPED, Then::Over),
    row("an error of another issuer", |it| format!("state={}&error=access_denied&iss=x", it.state),
        Refusal::WrongIssuer, STOPPED, Then::Over),
];

fn swapped(text: &str) -> String {
    let swap = |c: char| {
        if c.is_lowercase() {
            c.to_ascii_uppercase()
        } else {
            c.to_ascii_lowercase()
        }
    };
    text.chars().map(swap).collect()
}

impl Real {
    fn of(callback: &str) -> Self {
        let url = Url::parse(callback).unwrap();
        let value = |name| encoded(&url.query_pairs().find(|(it, _)| it == name).unwrap().1);
        Self {
            state: value("state"),
            code: value("code"),
            iss: value("iss"),
        }
    }
}

fn app() -> App {
    App::builder()
        .sandbox(|it| it.iss_parameter(IssParameter::Sent))
        .start()
}

/// A launch up to the point where the EHR sends the browser back.
async fn callback_of(app: &App, browser: &Browser) -> String {
    browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await
}

async fn pending(app: &App) -> (SmartClient, PendingAuthorization, String) {
    let client = SmartClient::new(&app.config).unwrap();
    let (redirect, pending) = client.start(StartOptions::standalone()).await.unwrap();
    let AuthorizationRedirect::Get(url) = redirect else {
        panic!("{redirect:?}")
    };
    let callback = Browser::new()
        .navigate_until(url.as_str(), &app.url("/auth/callback"))
        .await;
    (client, pending, callback)
}

#[actix_web::test]
async fn a_made_up_callback_gets_its_exact_error_and_no_code_is_sent() {
    let (app, canary) = (app(), RawServer::canary());
    for Row { name, query, error, .. } in ROWS {
        let (client, pending, callback) = pending(&app).await;
        let refused = client
            .finish(pending, &query(&Real::of(&callback)))
            .await
            .unwrap_err()
            .error;
        assert_eq!(Refusal::of(&refused), *error, "{name}");
        assert_eq!(app.sandbox.token_requests(), [], "{name}");
    }
    assert_unharmed(&app, &canary, "all").await;
}

#[actix_web::test]
async fn a_made_up_callback_gets_its_exact_answer_and_consumes_only_what_it_may() {
    let (app, canary) = (app(), RawServer::canary());
    for Row {
        name,
        query,
        status,
        code,
        then,
        ..
    } in ROWS
    {
        let browser = Browser::new();
        let real = callback_of(&app, &browser).await;
        let before = app.exchanges();
        let url = app.url(&format!("/auth/callback?{}", query(&Real::of(&real))));
        let problem = browser.api(&url).await;
        assert_eq!(
            (problem.status, problem.json()["code"].as_str()),
            (*status, Some(*code)),
            "{name}: {}",
            problem.body
        );
        let page = browser.get(&url).await;
        assert_eq!(page.status, *status, "{name}: the same again");
        assert!(
            !page.body.contains("<script") && !page.body.contains("javascript:"),
            "{name}: {}",
            page.body
        );
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{name}");
        assert!(
            !browser.jar().iter().any(|(path, ..)| path.starts_with("/~")),
            "{name}: no launch"
        );
        assert_eq!(app.exchanges(), before, "{name}: no code is sent");
        let end = browser.navigate(&real).await;
        match then {
            Then::RealOneWorks => assert_eq!((end.status, app.exchanges()), (200, before + 1), "{name}: {}", end.body),
            Then::Over if url == real => assert_eq!((end.status, app.exchanges()), (*status, before), "{name}"),
            Then::Over => {
                // The same code again is the same callback.
                let same = url.contains(&Real::of(&real).code) && !url.contains("error=");
                let expected = if same { *status } else { 409 };
                assert_eq!(
                    (end.status, app.exchanges()),
                    (expected, before),
                    "{name}: {}",
                    end.body
                );
            }
        }
        assert_unharmed(&app, &canary, name).await;
    }
}

#[actix_web::test]
async fn the_state_of_another_browser_is_unknown_and_stays_usable_for_its_own() {
    let app = app();
    let (browser, thief) = (Browser::new(), Browser::new());
    let callback = callback_of(&app, &browser).await;
    callback_of(&app, &thief).await;
    let refused = thief.api(&callback).await;
    assert_eq!(
        (refused.status, refused.json()["code"].as_str()),
        (401, Some("sign-in-expired"))
    );
    let nobody = Browser::new().api(&callback).await;
    assert_eq!(
        (nobody.status, nobody.json()["code"].as_str()),
        (401, Some("cookies-missing"))
    );
    assert_eq!(app.exchanges(), 0);
    assert_eq!(browser.navigate(&callback).await.body, "patient amber-testwood");
}

#[actix_web::test]
async fn a_callback_is_too_late_exactly_when_the_authorization_has_expired() {
    let app = app();
    let (in_time, late) = (Browser::new(), Browser::new());
    let (one, two) = (callback_of(&app, &in_time).await, callback_of(&app, &late).await);
    let (client, pending, three) = pending(&app).await;
    app.advance(599);
    // The sandbox's code has expired long ago, so the answer is the EHR's, not ours.
    let refused = in_time.api(&one).await;
    assert_eq!(
        (refused.status, refused.json()["code"].as_str()),
        (401, Some("code-refused"))
    );
    app.advance(1);
    let refused = late.api(&two).await;
    assert_eq!(
        (refused.status, refused.json()["code"].as_str()),
        (401, Some("sign-in-expired"))
    );
    let query = Url::parse(&three).unwrap().query().unwrap().to_owned();
    let refused = client.finish(pending, &query).await.unwrap_err().error;
    assert_eq!(Refusal::of(&refused), Refusal::Expired);
    assert_eq!(app.exchanges(), 1);
}
