//! What the server sees: credentials in odd characters, assertions, and nothing that it did not ask for.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use actix_smart_auth::options::{AuthorizeMethod, BasicEncoding, ClientIdInBody};

use crate::{
    application::{Application, DUE, Profile, quirks},
    provider::Seen,
    support::Browser,
};

/// The fields of an exchange and those of the client's authentication, sorted.
fn exchange_with(authentication: &[&'static str]) -> Vec<&'static str> {
    let mut names = vec!["grant_type", "code", "redirect_uri", "code_verifier"];
    names.extend(authentication);
    names.sort_unstable();
    names
}

/// The only token request of a launch.
async fn exchange(application: &Application) -> Seen {
    let page = Browser::new().navigate(&application.url("/auth/launch")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let mut sent = application.provider.token_requests().await;
    assert_eq!(sent.len(), 1);
    sent.remove(0)
}

#[actix_web::test]
async fn id_and_secret_cross_http_basic_form_encoded() {
    let Some(application) = Application::start(Profile::Secret) else {
        return;
    };
    let sent = exchange(&application).await;
    let pair = sent.text("authorization").strip_prefix("Basic ").unwrap();
    let pair = String::from_utf8(STANDARD.decode(pair).unwrap()).unwrap();
    assert_eq!(
        pair,
        "secret+app%2F%2B%25%26%3D%3A%7E%22:s3cret+%2F%2B%25%26%3D%3A%7E%22"
    );
    assert_eq!(sent.form_names(), exchange_with(&[]));
}

#[actix_web::test]
async fn a_secret_in_odd_characters_that_crosses_raw_is_refused() {
    for (encoding, expected) in [(BasicEncoding::FormEncoded, 200), (BasicEncoding::Raw, 502)] {
        let quirks = quirks().basic_encoding(encoding);
        let Some(application) = Application::with(Profile::Secret, |ehr, _| ehr.client_id("plain-app").quirks(quirks))
        else {
            return;
        };
        let page = Browser::new().navigate(&application.url("/auth/launch")).await;
        assert_eq!(page.status, expected, "{}", page.body);
        let sent = application.provider.token_requests().await;
        assert_eq!(sent.len(), 1);
        if encoding == BasicEncoding::Raw {
            assert_eq!(
                (sent[0].text("error"), sent[0].text("detail")),
                (
                    "invalid_request",
                    "client_id and client_secret in the authorization header are not properly encoded"
                )
            );
        }
    }
}

#[actix_web::test]
async fn a_public_client_sends_its_id_in_the_body_and_no_header() {
    let Some(application) = Application::start(Profile::Public) else {
        return;
    };
    let sent = exchange(&application).await;
    assert_eq!(sent.text("authorization"), "");
    assert_eq!(sent.form("client_id"), Some("public app/+%&=:~\""));
    assert_eq!(sent.form_names(), exchange_with(&["client_id"]));
}

#[actix_web::test]
async fn an_assertion_is_made_for_the_token_endpoint() {
    for (profile, alg, kid) in [(Profile::Rs384, "RS384", "rsa-1"), (Profile::Es384, "ES384", "ec-1")] {
        let Some(application) = Application::start(profile) else {
            return;
        };
        let sent = exchange(&application).await;
        assert_eq!(sent.text("authorization"), "");
        let added = exchange_with(&["client_assertion_type", "client_assertion"]);
        assert_eq!(sent.form_names(), added);

        let assertion = sent.form("client_assertion").unwrap();
        let parts: Vec<Value> = assertion
            .split('.')
            .take(2)
            .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
            .collect();
        assert_eq!(parts[0], json!({"typ": "JWT", "alg": alg, "kid": kid}));
        assert_eq!(parts[1]["aud"], format!("{}/token", application.provider.origin));
        assert_eq!(
            (&parts[1]["iss"], &parts[1]["sub"]),
            (&json!(profile.client_id()), &json!(profile.client_id()))
        );

        let fetched = application.provider.control(&[]).await;
        assert!(fetched.iter().all(|request| request.text("detail").is_empty()));
    }
}

#[actix_web::test]
async fn the_client_id_in_the_body_beside_other_credentials_is_accepted_too() {
    for profile in [Profile::Secret, Profile::Rs384, Profile::Es384] {
        let quirks = quirks().client_id_in_body(ClientIdInBody::Send);
        let Some(application) = Application::with(profile, |ehr, _| ehr.quirks(quirks)) else {
            return;
        };
        let sent = exchange(&application).await;
        assert_eq!(sent.form("client_id"), Some(profile.client_id().as_str()));
    }
}

#[actix_web::test]
async fn a_request_to_authorize_may_be_posted() {
    // `prompt` among it, or there would be no refresh.
    let Some(application) = Application::with(Profile::Public, |ehr, _| ehr.authorize_method(AuthorizeMethod::Post))
    else {
        return;
    };
    let browser = Browser::new();
    let page = browser.open(&application.ehr_launch_url()).await;
    assert_eq!((page.status, page.body.as_str()), (200, "patient bruno-fixture"));
    application.advance(DUE).await;
    assert_eq!(browser.get(&page.url).await.status, 200);
    assert_eq!(application.provider.token_requests().await.len(), 2);
}
