//! How the client authenticates: Basic undecoded, the client id in the body.

use actix_smart_auth::{
    Quirks,
    options::{BasicEncoding, ClientIdInBody},
    sandbox::{Endpoint, Fault, FaultPoint, Peculiarity, Times, When},
};

use super::{knowing, last, peculiar, refresh_statuses};
use crate::support::{App, Browser, DUE, Logs, Opened, Profile};

#[actix_web::test]
async fn a_server_that_does_not_decode_basic_credentials_gets_them_raw() {
    let refused = peculiar(Peculiarity::UndecodedBasic).profile(Profile::Secret).start();
    let page = Browser::new().open(&refused.url("/auth/launch")).await;
    assert_eq!(page.status, 500, "{}", page.body);
    assert!(page.body.contains("Code: client-refused"), "{}", page.body);
    assert_eq!(last(refused.sandbox.token_requests()).status, Some(401));

    let quirks = Quirks::none().basic_encoding(BasicEncoding::Raw);
    let opened = Opened::with(knowing(Peculiarity::UndecodedBasic, quirks).profile(Profile::Secret)).await;
    opened.app.advance(DUE);
    assert_eq!(opened.token().await.status, 200);
    assert_eq!(refresh_statuses(&opened.app), [200]);
}

#[actix_web::test]
async fn a_server_that_decodes_them_refuses_raw_credentials() {
    let app = App::builder()
        .profile(Profile::Secret)
        .ehr(|ehr| ehr.quirks(Quirks::none().basic_encoding(BasicEncoding::Raw)))
        .start();
    let page = Browser::new().open(&app.url("/auth/launch")).await;
    assert_eq!(page.status, 500, "{}", page.body);
    assert!(page.body.contains("Code: client-refused"), "{}", page.body);
}

#[actix_web::test]
async fn a_server_that_wants_the_client_id_on_refresh_gets_it_from_confidential_clients_too() {
    for profile in [Profile::Secret, Profile::Es384, Profile::Rs384] {
        let refused = Opened::with(peculiar(Peculiarity::ClientIdOnRefresh).profile(profile)).await;
        refused.app.advance(DUE);
        assert_eq!(refused.token().await.status, 200, "the token still works");
        assert_eq!(refresh_statuses(&refused.app), [400], "{profile:?}");

        let quirks = Quirks::none().client_id_in_body(ClientIdInBody::Send);
        let opened = Opened::with(knowing(Peculiarity::ClientIdOnRefresh, quirks).profile(profile)).await;
        for _ in 0..2 {
            opened.app.advance(DUE);
            assert_eq!(opened.token().await.status, 200);
        }
        assert_eq!(refresh_statuses(&opened.app), [200, 200], "{profile:?}");
    }
    // A public client has nothing else to say who it is.
    let public = Opened::with(peculiar(Peculiarity::ClientIdOnRefresh)).await;
    public.app.advance(DUE);
    assert_eq!(public.token().await.status, 200);
    assert_eq!(refresh_statuses(&public.app), [200]);
}

#[actix_web::test]
async fn a_server_that_forbids_the_client_id_beside_basic_does_not_get_it_by_default() {
    let app = App::builder()
        .profile(Profile::Secret)
        .ehr(|ehr| ehr.quirks(Quirks::none().client_id_in_body(ClientIdInBody::Send)))
        .start();
    let page = Browser::new().open(&app.url("/auth/launch")).await;
    assert_eq!(page.status, 500, "{}", page.body);
    let app = App::builder().profile(Profile::Secret).start();
    assert_eq!(Browser::new().open(&app.url("/auth/launch")).await.status, 200);
    assert_eq!(last(app.sandbox.token_requests()).parameter("client_id"), None);
}

#[actix_web::test]
async fn what_a_registration_adds_goes_with_every_token_request_and_nowhere_else() {
    const KEY: &str = "MARKER-gateway-key";
    let logs = Logs::collect();
    let quirks = Quirks::none()
        .token_parameter("resource", "https://fhir.example/r4")
        .token_parameter("gateway", KEY)
        .token_header("X-Gateway-Key", KEY);
    assert!(!format!("{quirks:?}").contains(KEY));
    for profile in Profile::ALL {
        let quirks = quirks.clone();
        let opened = Opened::with(App::builder().profile(profile).ehr(|ehr| ehr.quirks(quirks))).await;
        opened.app.advance(DUE);
        assert_eq!(opened.token().await.status, 200);
        let all = opened.app.sandbox.received_requests();
        let (to_token, others): (Vec<_>, Vec<_>) = all.iter().partition(|it| it.endpoint == Endpoint::Token);
        assert_eq!(to_token.len(), 2);
        for request in to_token {
            assert_eq!(
                request.parameter("resource").as_deref(),
                Some("https://fhir.example/r4")
            );
            assert_eq!(request.parameter("gateway").as_deref(), Some(KEY));
            assert_eq!(request.header("x-gateway-key"), Some(KEY), "{profile:?}");
        }
        for request in others {
            assert_eq!(
                (request.parameter("gateway"), request.header("x-gateway-key")),
                (None, None)
            );
        }
    }
    // What the sandbox logs of its own requests is its own.
    assert!(!logs.text().contains(KEY));
}

#[actix_web::test]
async fn an_ehr_that_repeats_an_added_value_is_not_quoted() {
    let key = "MARKER-added-value";
    let app = App::builder()
        .ehr(move |ehr| ehr.quirks(Quirks::none().token_parameter("gateway", key)))
        .start();
    let refusal = Fault::Raw {
        status: 400,
        content_type: "application/json".to_owned(),
        body: format!("{{\"error\":\"invalid_request\",\"error_description\":\"bad {key}\"}}").into_bytes(),
    };
    app.sandbox
        .inject(FaultPoint::Exchange, When::Before, refusal, Times::Once);
    let logs = Logs::collect();
    let page = Browser::new().open(&app.url("/auth/launch")).await;
    assert_ne!(page.status, 200);
    assert!(!page.body.contains(key) && !logs.text().contains(key));
}
