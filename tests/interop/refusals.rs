//! What must not go on, seen from the server: which requests it got, and which it did not.

use url::Url;

use crate::{
    application::{Application, Profile},
    support::{Answer, Browser},
};

/// The address of the callback that the server sends the browser to.
async fn callback(application: &Application, browser: &Browser) -> Url {
    let callback = application.url("/auth/callback");
    let url = browser
        .navigate_until(&application.url("/auth/launch"), &callback)
        .await;
    Url::parse(&url).unwrap()
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// The same address with another value of a parameter.
fn with(url: &Url, name: &str, value: &str) -> Url {
    let pairs = url.query_pairs().map(|(key, old)| {
        let new = if key == name {
            value.to_owned()
        } else {
            old.into_owned()
        };
        (key.into_owned(), new)
    });
    let pairs: Vec<_> = pairs.collect();
    let mut changed = url.clone();
    changed.query_pairs_mut().clear().extend_pairs(pairs);
    changed
}

#[track_caller]
fn is_refused(page: &Answer, status: u16, code: &str) {
    assert_eq!(page.status, status, "{}", page.body);
    assert!(page.body.contains(&format!("Code: {code}")), "{}", page.body);
}

#[actix_web::test]
async fn a_person_who_says_no_gets_a_page_and_no_token_is_asked_for() {
    let Some(application) = Application::start(Profile::Secret) else {
        return;
    };
    application.provider.control(&[("deny", "1")]).await;
    let browser = Browser::new();
    let url = callback(&application, &browser).await;
    assert_eq!(parameter(&url, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&url, "iss").as_ref(), Some(&application.provider.origin));
    let page = browser.get(url.as_str()).await;
    is_refused(&page, 403, "access-denied");
    assert!(page.body.contains("pressed &lt;No&gt; &amp; left"), "{}", page.body);
    assert!(application.provider.token_requests().await.is_empty());

    application.provider.control(&[("deny", "0")]).await;
    let page = browser.navigate(&application.url("/auth/launch")).await;
    assert_eq!(page.status, 200, "{}", page.body);
}

#[actix_web::test]
async fn the_same_callback_again_gets_the_same_answer_and_the_code_is_sent_once() {
    let Some(application) = Application::start(Profile::Es384) else {
        return;
    };
    let browser = Browser::new();
    let url = callback(&application, &browser).await;
    // A server that saw the code twice would end what it gave for it (RFC 6749, section 4.1.2).
    let first = browser.navigate(url.as_str()).await;
    let second = browser.navigate(url.as_str()).await;
    assert_eq!((first.status, &first.url), (200, &second.url));
    assert_eq!(Browser::new().get(url.as_str()).await.status, 401);
    assert_eq!(application.provider.token_requests().await.len(), 1);
    let record = first.url.replace("/patient", "/record");
    assert_eq!(browser.api(&record).await.status, 200);
}

#[actix_web::test]
async fn a_callback_in_the_name_of_another_issuer_is_refused_before_the_code_is_sent() {
    let Some(application) = Application::start(Profile::Public) else {
        return;
    };
    for other in ["https://evil.example", &format!("{}/", application.provider.origin)] {
        let browser = Browser::new();
        let url = callback(&application, &browser).await;
        assert_eq!(parameter(&url, "iss").as_ref(), Some(&application.provider.origin));
        let page = browser.get(with(&url, "iss", other).as_str()).await;
        is_refused(&page, 502, "wrong-issuer");
        // Nor afterwards: the code may have been seen by somebody else.
        assert_eq!(browser.get(url.as_str()).await.status, 502);
    }
    assert!(application.provider.token_requests().await.is_empty());
}

#[actix_web::test]
async fn a_callback_without_the_issuer_that_the_metadata_promises_is_refused() {
    let Some(application) = Application::start(Profile::Public) else {
        return;
    };
    let browser = Browser::new();
    let mut url = callback(&application, &browser).await;
    let kept: Vec<_> = url
        .query_pairs()
        .into_owned()
        .filter(|(name, _)| name != "iss")
        .collect();
    url.query_pairs_mut().clear().extend_pairs(kept);
    is_refused(&browser.get(url.as_str()).await, 502, "wrong-issuer");
    assert!(application.provider.token_requests().await.is_empty());
}

#[actix_web::test]
async fn a_code_that_is_not_the_servers_is_refused() {
    let Some(application) = Application::start(Profile::Rs384) else {
        return;
    };
    let browser = Browser::new();
    let url = callback(&application, &browser).await;
    let page = browser.get(with(&url, "code", "guessed").as_str()).await;
    is_refused(&page, 401, "code-refused");
    let sent = application.provider.token_requests().await;
    assert_eq!((sent.len(), sent[0].text("error")), (1, "invalid_grant"));
}

#[actix_web::test]
async fn a_code_of_another_launch_fails_at_the_code_challenge() {
    let Some(application) = Application::start(Profile::Public) else {
        return;
    };
    let stolen = parameter(&callback(&application, &Browser::new()).await, "code").unwrap();
    let browser = Browser::new();
    let url = callback(&application, &browser).await;
    let page = browser.get(with(&url, "code", &stolen).as_str()).await;
    is_refused(&page, 401, "code-refused");
    let sent = application.provider.token_requests().await;
    assert_eq!((sent.len(), sent[0].text("detail")), (1, "PKCE verification failed"));
}

#[actix_web::test]
async fn a_launch_that_the_ehr_does_not_know_comes_back_as_its_error() {
    let Some(application) = Application::start(Profile::Secret) else {
        return;
    };
    let base = application.provider.fhir_base.as_str();
    let parameters = [("iss", base), ("launch", "never handed out")];
    let url = Url::parse_with_params(&application.url("/auth/launch"), parameters).unwrap();
    let page = Browser::new().navigate(url.as_str()).await;
    is_refused(&page, 502, "ehr-error");
    assert!(page.body.contains("no such launch"), "{}", page.body);
}

#[actix_web::test]
async fn credentials_that_the_server_refuses_are_the_applications_fault() {
    let wrong = |profile| {
        Application::with(profile, |ehr, _| match profile {
            Profile::Secret => ehr.client_auth(actix_smart_auth::ClientAuth::client_secret("another")),
            // A key that the server does not have.
            _ => ehr.client_auth(actix_smart_auth::PrivateKeyJwt::new(
                "rsa-1",
                actix_smart_auth::PrivateKey::pem(include_str!("../fixtures/keys/p384-x-starts-with-zero.pem")),
            )),
        })
    };
    for profile in [Profile::Secret, Profile::Es384ByValue] {
        let Some(application) = wrong(profile) else { return };
        let page = Browser::new().navigate(&application.url("/auth/launch")).await;
        is_refused(&page, 500, "client-refused");
        let sent = application.provider.token_requests().await;
        let refusals: Vec<_> = sent
            .iter()
            .map(|request| (request.status(), request.text("error")))
            .collect();
        assert_eq!(refusals, [(401, "invalid_client")]);
    }
}
