//! Requests to other endpoints than the token endpoint, when the key does not sign.

use actix_smart_auth::{
    SmartClient, StartOptions,
    error::{EndpointError, IntrospectError, NotSigned, RevokeError},
};

use super::{
    SHORT, for_each_mood,
    service::{Mood, Service, bad_moods},
};
use crate::{
    smart_client::sign_in,
    support::{App, Browser, open},
};

fn revocations(app: &App) -> usize {
    let requests = app.sandbox.received_requests();
    requests
        .iter()
        .filter(|request| request.path.ends_with("/revoke"))
        .count()
}

#[actix_web::test]
async fn a_revocation_that_is_not_signed_is_not_sent_and_says_so() {
    let one = |mood, expected: NotSigned| async move {
        let service = Service::rsa();
        let app = service.app().config(|config| config.signer_timeout(SHORT)).start();
        let client = SmartClient::new(&app.config).unwrap();
        let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
        let authorized = client.finish(pending, &query).await.unwrap();
        service.is(mood);
        let error = client.revoke(&authorized).await.unwrap_err();
        assert_eq!(
            error,
            RevokeError::Endpoint(EndpointError::ClientAuth(expected.into())),
            "{mood:?}"
        );
        assert_eq!(revocations(&app), 0, "{mood:?}");
        service.is(Mood::Well);
        client.revoke(&authorized).await.unwrap();
        assert!(revocations(&app) > 0, "{mood:?}");
    };
    for_each_mood(one).await;
}

#[actix_web::test]
async fn an_introspection_that_is_not_signed_is_not_sent_and_says_so() {
    let service = Service::rsa();
    let app = service.app().config(|config| config.signer_timeout(SHORT)).start();
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    let ask = || client.introspect(&authorized);
    for (mood, expected) in bad_moods() {
        service.is(mood);
        let error = ask().await.unwrap_err();
        assert_eq!(
            error,
            IntrospectError::Endpoint(EndpointError::ClientAuth(expected.into())),
            "{mood:?}"
        );
    }
    service.is(Mood::Well);
    assert!(ask().await.unwrap().active());
}

#[actix_web::test]
async fn a_person_is_signed_out_at_once_whatever_the_signer_does() {
    let service = Service::rsa();
    let app = service.app().config(|config| config.signer_timeout(SHORT)).start();
    let browser = Browser::new();
    let base = open(&app, &browser).await;
    service.is(Mood::Hanging);
    // The revocation comes to no end before that.
    let page = browser.post(&format!("{base}/auth/logout")).await;
    assert_eq!((page.status, revocations(&app)), (200, 0), "{}", page.body);
    assert_eq!(browser.navigate(&format!("{base}/patient")).await.status, 401);
}
