//! The flow of a browser.

use actix_smart_auth::{
    options::AuthorizeMethod,
    sandbox::{Endpoint, Fault, FaultPoint, Times, When},
};
use awc::http::Method;
use serde_json::json;
use url::Url;

use super::{CLIENT_SECRET, PATIENT, app, assert_nothing_leaked, spy::Spy};
use crate::support::{Answer, App, Browser, Logs, Profile, eventually};

#[actix_web::test]
async fn a_public_client_leaks_nothing() {
    whole_flow(Profile::Public, AuthorizeMethod::Get).await;
}

#[actix_web::test]
async fn a_client_with_a_secret_leaks_nothing() {
    whole_flow(Profile::Secret, AuthorizeMethod::Post).await;
}

#[actix_web::test]
async fn a_client_with_a_key_leaks_nothing() {
    whole_flow(Profile::Es384, AuthorizeMethod::Post).await;
}

async fn whole_flow(profile: Profile, method: AuthorizeMethod) {
    let logs = Logs::collect();
    let (app, spy) = app(profile, method);
    let browser = Browser::new();
    use_a_launch(&app, &browser).await;
    refreshes_fail(&app, &browser, &spy).await;
    let stranger = Browser::new();
    callbacks_fail(&app, &stranger).await;
    revocations_fail(&app, &browser, &spy).await;

    let requests = app.sandbox.received_requests();
    spy.secrets.learn_from(&requests);
    let mut expected = vec![
        "access token",
        "browser cookie",
        "client secret",
        "code",
        "id token",
        "launch cookie",
        "launch value",
        "nonce",
        "private key",
        "refresh token",
        "state",
        "verifier",
    ];
    if profile == Profile::Es384 {
        expected.insert(1, "assertion");
    }
    assert_eq!(
        spy.secrets.kinds().into_iter().collect::<Vec<_>>(),
        expected,
        "not all secrets are known"
    );
    for answer in browser.answers().into_iter().chain(stranger.answers()) {
        assert_clean(&app, &spy, &answer);
    }
    assert_nothing_leaked(&app, &spy, &logs);
    let text = logs.text();
    for line in [
        "launch opened",
        "the EHR refused a request",
        "a callback without `state`",
    ] {
        assert!(text.contains(line), "nothing was logged about that: {line}");
    }
}

/// Searches an answer of the application. What is there for the browser to carry is left out.
fn assert_clean(app: &App, spy: &Spy, answer: &Answer) {
    if !answer.url.starts_with(&app.origin) {
        return;
    }
    let path = Url::parse(&answer.url).unwrap().path().to_owned();
    let carried: &[&str] = match path.as_str() {
        "/auth/launch" => &["state", "nonce", "launch value"],
        _ => &[],
    };
    for (name, value) in &answer.headers {
        let carried = if path == "/auth/callback" && name == "set-cookie" {
            &["launch cookie", "browser cookie"][..]
        } else {
            carried
        };
        spy.secrets
            .assert_not_in(value.to_str().unwrap(), &format!("{name} of {path}"), carried);
    }
    spy.secrets
        .assert_not_in(&answer.body, &format!("body of {path}"), carried);
}

/// A launch, with a form or a redirect, up to the callback's address.
async fn callback_of(app: &App, browser: &Browser) -> String {
    let answer = browser.get(&app.ehr_launch_url(PATIENT, None)).await;
    let back = if answer.status == 200 {
        let form = form_of(&answer.body);
        browser
            .send(Method::POST, &app.sandbox.authorization_endpoint(), &[], Some(&form))
            .await
    } else {
        browser.get(answer.location()).await
    };
    assert!(back.location().starts_with(&app.url("/auth/callback?")), "{back:?}");
    back.location().to_owned()
}

/// What a browser would post.
fn form_of(page: &str) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for input in page.split("<input type=\"hidden\" name=\"").skip(1) {
        let (name, rest) = input.split_once("\" value=\"").unwrap();
        let value = rest.split_once('"').unwrap().0;
        form.append_pair(
            name,
            &value.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"),
        );
    }
    form.finish()
}

async fn open(app: &App, browser: &Browser) -> String {
    let landed = browser.get(&callback_of(app, browser).await).await;
    assert_eq!(landed.status, 303, "{}", landed.body);
    app.url(landed.location().trim_end_matches("/patient"))
}

async fn use_a_launch(app: &App, browser: &Browser) {
    let launch = open(app, browser).await;
    for (path, status) in [
        ("/patient", 200),
        ("/maybe", 200),
        ("/optional", 200),
        ("/two", 200),
        ("/encounter", 403),
        ("/guarded/page", 200),
    ] {
        assert_eq!(browser.get(&format!("{launch}{path}")).await.status, status, "{path}");
        assert_eq!(browser.api(&format!("{launch}{path}")).await.status, status, "{path}");
        assert_ne!(Browser::new().api(&format!("{launch}{path}")).await.status, 500);
    }
    app.advance(3600 - 200);
    assert_eq!(browser.get(&format!("{launch}/patient")).await.status, 200);
    app.advance(100);
    assert_eq!(browser.post(&format!("{launch}/refresh")).await.body, "refreshed");
    assert_eq!(app.refreshes(), 2);
    assert_eq!(browser.post(&format!("{launch}/auth/logout")).await.status, 200);
    assert_eq!(browser.api(&format!("{launch}/patient")).await.status, 401);
    assert_eq!(browser.post(&app.url("/auth/logout")).await.status, 200);
}

/// Every kind of failing refresh, each with an answer that repeats what it got.
async fn refreshes_fail(app: &App, browser: &Browser, spy: &Spy) {
    let launch = open(app, browser).await;
    app.advance(3580);
    let oauth = |status, error: &str, text: String| Fault::OAuthError {
        status,
        error: error.to_owned(),
        description: Some(text),
    };
    let token = spy.refresh_token();
    let echo = format!(
        "no such refresh token: {token} {}",
        url::form_urlencoded::byte_serialize(token.as_bytes()).collect::<String>()
    );
    // Without a secret, which would have the whole text dropped.
    let user = spy.users.last("user");
    let names = format!("Session of {user} for Patient/{PATIENT} ({PATIENT}) is over");
    let json_of = |status, body: serde_json::Value| Fault::Raw {
        status,
        content_type: "application/json".to_owned(),
        body: body.to_string().into_bytes(),
    };
    let access = spy.secrets.last("access token");
    for fault in [
        oauth(400, "weird_code", names.clone()),
        oauth(503, "temporarily_unavailable", names.clone()),
        json_of(401, json!({ "message": names })),
        oauth(401, "invalid_client", names.clone()),
        json_of(
            403,
            json!({"error": "x", "error_description": "x", "error_uri": format!("https://e.example/?p={PATIENT}&u={user}")}),
        ),
        Fault::Raw {
            status: 400,
            content_type: "text/plain".to_owned(),
            body: format!("{names} {user}").into_bytes(),
        },
        oauth(503, "temporarily_unavailable", format!("not with {access}")),
        oauth(503, "temporarily_unavailable", echo.clone()),
        oauth(400, &token, echo.clone()),
        oauth(401, "invalid_client", format!("{echo} {CLIENT_SECRET}")),
        Fault::Raw {
            status: 500,
            content_type: "text/html".to_owned(),
            body: format!("<html>{echo}").into_bytes(),
        },
        Fault::Raw {
            status: 200,
            content_type: "application/json".to_owned(),
            body: json!({ &token: 1, "access_token": [token] }).to_string().into_bytes(),
        },
        Fault::Raw {
            status: 200,
            content_type: "text/plain".to_owned(),
            body: echo.clone().into_bytes(),
        },
        Fault::Redirect {
            status: 307,
            location: format!("{}/?{token}", app.sandbox.origin()),
        },
        Fault::OperationOutcome { status: 401 },
        Fault::Reset,
        oauth(400, "invalid_grant", echo.clone()),
    ] {
        app.sandbox
            .inject(FaultPoint::Refresh, When::Before, fault.clone(), Times::Once);
        let before = app.refreshes();
        let page = browser.get(&format!("{launch}/patient")).await;
        assert!(
            matches!(page.status, 303 | 401 | 500 | 502 | 503),
            "{fault:?}: {}",
            page.status
        );
        assert_eq!(app.refreshes(), before + 1, "{fault:?}: {}", page.status);
        browser.api(&format!("{launch}/current")).await;
        app.advance(61);
    }
    assert_eq!(
        browser.api(&format!("{launch}/patient")).await.status,
        401,
        "the last one ended the launch"
    );
    app.sandbox.clear_faults();
}

/// Every kind of failing revocation, each with an answer that repeats what it got.
async fn revocations_fail(app: &App, browser: &Browser, spy: &Spy) {
    for kind in 0..7 {
        let launch = open(app, browser).await;
        let (refresh, access) = (spy.refresh_token(), spy.secrets.last("access token"));
        let echo = format!("{refresh} {access} {CLIENT_SECRET}");
        let oauth = |status, error: &str| Fault::OAuthError {
            status,
            error: error.to_owned(),
            description: Some(echo.clone()),
        };
        let raw = |status| Fault::Raw {
            status,
            content_type: "text/html".to_owned(),
            body: format!("<html>{echo}").into_bytes(),
        };
        let fault = match kind {
            0 => oauth(400, "unsupported_token_type"),
            1 => oauth(401, "invalid_client"),
            2 => oauth(400, &refresh),
            3 => raw(500),
            4 => raw(200),
            5 => Fault::Redirect {
                status: 307,
                location: format!("{}/?{access}", app.sandbox.origin()),
            },
            _ => Fault::Reset,
        };
        let revoked = || {
            let requests = app.sandbox.received_requests();
            requests.iter().filter(|it| it.endpoint == Endpoint::Revocation).count()
        };
        let before = revoked();
        app.sandbox
            .inject(FaultPoint::Revocation, When::Before, fault, Times::N(2));
        assert_eq!(browser.post(&format!("{launch}/auth/logout")).await.status, 200);
        eventually("both were tried", || revoked() == before + 2).await;
    }
    // What is logged comes after the last answer.
    app.config.shutdown(std::time::Duration::from_secs(10)).await;
}

/// Every kind of failing callback, each with an answer that repeats what it got.
async fn callbacks_fail(app: &App, browser: &Browser) {
    for kind in 0..10 {
        let callback = callback_of(app, browser).await;
        let url = Url::parse(&callback).unwrap();
        let value = |name| url.query_pairs().find(|(it, _)| it == name).unwrap().1.into_owned();
        let (state, code) = (value("state"), value("code"));
        let oauth = |status, error: &str| Fault::OAuthError {
            status,
            error: error.to_owned(),
            description: Some(format!("the code {code} is not known, nor is {CLIENT_SECRET}")),
        };
        let raw = |status, content_type: &str, body: String| Fault::Raw {
            status,
            content_type: content_type.to_owned(),
            body: body.into_bytes(),
        };
        let fault = match kind {
            0 => oauth(400, "invalid_grant"),
            1 => oauth(401, "invalid_client"),
            2 => oauth(400, &code),
            3 => raw(200, "application/json", json!({ &code: 1 }).to_string()),
            4 => raw(502, "text/html", format!("<html>{code}")),
            5 => raw(
                200,
                "application/json",
                json!({ "access_token": "x", "token_type": code }).to_string(),
            ),
            6 => Fault::Reset,
            7 => Fault::InvalidGrant,
            9 => Fault::OAuthError {
                status: 400,
                error: "invalid_request".to_owned(),
                description: Some(format!("the patient {PATIENT} is not known, see Patient/{PATIENT}")),
            },
            _ => oauth(400, "invalid_request"),
        };
        app.sandbox
            .inject(FaultPoint::Exchange, When::Before, fault, Times::Once);
        assert!(browser.get(&callback).await.status >= 400);
        assert!(browser.api(&callback).await.status >= 400);
        app.sandbox.clear_faults();

        let second = callback_of(app, browser).await;
        let state_of_second = Url::parse(&second)
            .unwrap()
            .query_pairs()
            .find(|(it, _)| it == "state")
            .unwrap()
            .1
            .into_owned();
        let error = ["access_denied", "server_error", state_of_second.as_str()][kind % 3];
        let echo: String =
            url::form_urlencoded::byte_serialize(format!("{state_of_second} {state} {code}").as_bytes()).collect();
        let query = format!(
            "state={state_of_second}&code={}&error={error}&error_description={state_of_second}&error_uri=/?{state_of_second}",
            url::form_urlencoded::byte_serialize(code.as_bytes()).collect::<String>()
        );
        for query in [
            format!("code={echo}"),
            format!("state=x&code={echo}"),
            format!("{query}&state=x"),
            query,
            format!("error={state}&error_description={state}"),
            format!("error=access_denied&error_description=patient+{PATIENT}"),
        ] {
            let url = app.url(&format!("/auth/callback?{query}"));
            assert!(browser.get(&url).await.status >= 400);
            assert!(Browser::new().api(&url).await.status >= 400);
        }
    }
}
