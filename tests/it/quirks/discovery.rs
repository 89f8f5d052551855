//! Metadata: headers for it, and what it does not list.

use actix_smart_auth::{
    Quirks, SmartClient, StartOptions,
    error::StartError,
    options::{DiscoveryHeader, PkceListing},
    sandbox::{Endpoint, Peculiarity, ReceivedRequest},
};

use super::{knowing, peculiar};
use crate::support::{App, Browser, Opened};

fn per_client() -> Peculiarity {
    Peculiarity::EndpointsPerClient {
        header: "x-client".to_owned(),
    }
}

/// The sandbox's usual client id cannot stand in a header.
const PLAIN_ID: &str = "plain-app_1.0";

fn with_plain_id(app: &App) {
    let callback = app.url("/auth/callback");
    let client = actix_smart_auth::sandbox::SandboxClient::public(PLAIN_ID, callback);
    app.sandbox.register(client);
}

fn requests_to(app: &App, endpoint: Endpoint) -> Vec<ReceivedRequest> {
    let mut requests = app.sandbox.received_requests();
    requests.retain(|request| request.endpoint == endpoint);
    requests
}

#[actix_web::test]
async fn a_server_with_endpoints_per_client_is_told_the_client_id_when_its_metadata_is_fetched_and_only_then() {
    let unknowing = peculiar(per_client()).ehr(|ehr| ehr.client_id(PLAIN_ID)).start();
    with_plain_id(&unknowing);
    let page = Browser::new().navigate(&unknowing.url("/auth/launch")).await;
    assert_eq!(page.status, 404, "{}", page.url);
    assert!(page.url.contains("/other-clients/authorize"), "{}", page.url);

    let quirks = Quirks::none()
        .discovery_header(DiscoveryHeader::client_id("X-Client"))
        .discovery_header(DiscoveryHeader::new("X-Gateway-Key", "k 1"));
    let app = knowing(per_client(), quirks).ehr_of_sandbox(|ehr, _| ehr.client_id(PLAIN_ID));
    let opened = Opened::with_gate(app, with_plain_id).await;
    opened.app.advance(3_400);
    assert_eq!(opened.token().await.status, 200);
    let [metadata] = requests_to(&opened.app, Endpoint::Metadata).try_into().unwrap();
    assert_eq!(metadata.header("x-client"), Some(PLAIN_ID));
    assert_eq!(metadata.header("x-gateway-key"), Some("k 1"));
    let others = opened.app.sandbox.received_requests();
    let others: Vec<_> = others.iter().filter(|it| it.endpoint != Endpoint::Metadata).collect();
    assert!(others.len() >= 3, "{others:?}");
    for other in others {
        assert_eq!((other.header("x-client"), other.header("x-gateway-key")), (None, None));
    }
}

#[actix_web::test]
async fn smart_client_sends_the_headers_too() {
    let app = knowing(
        per_client(),
        Quirks::none().discovery_header(DiscoveryHeader::new("X-Client", PLAIN_ID)),
    )
    .start();
    with_plain_id(&app);
    let metadata = SmartClient::new(&app.config).unwrap().server_metadata().await.unwrap();
    let endpoint = metadata.token_endpoint().unwrap().as_str().to_owned();
    assert_eq!(endpoint, app.sandbox.token_endpoint());
}

#[actix_web::test]
async fn xml_for_those_who_accept_no_json_is_never_met() {
    let opened = Opened::with(peculiar(Peculiarity::XmlUnlessJsonIsAccepted)).await;
    assert_eq!(opened.token().await.status, 200);
    let url = format!("{}/.well-known/smart-configuration", opened.app.sandbox.fhir_base_url());
    let page = Browser::new().get(&url).await;
    assert!(page.header("content-type").contains("xml"), "{page:?}");
}

fn s256_unlisted() -> Peculiarity {
    Peculiarity::Unlisted("code_challenge_methods_supported".to_owned())
}

#[actix_web::test]
async fn s256_is_sent_whatever_the_metadata_lists() {
    let opened = Opened::with(peculiar(s256_unlisted())).await;
    assert_eq!(opened.token().await.status, 200);
    let [authorize] = requests_to(&opened.app, Endpoint::Authorize).try_into().unwrap();
    assert_eq!(authorize.parameter("code_challenge_method").as_deref(), Some("S256"));
}

#[actix_web::test]
async fn where_the_listing_is_demanded_no_launch_begins_without_it() {
    let quirks = || Quirks::none().pkce_listing(PkceListing::Required);
    let app = knowing(s256_unlisted(), quirks()).start();
    let browser = Browser::new();
    let page = browser.get(&app.url("/auth/launch")).await;
    assert_eq!((page.status, page.location()), (502, ""));
    assert!(page.body.contains("Code: pkce-not-listed"), "{}", page.body);
    let answer = browser.api(&app.url("/auth/launch")).await;
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (502, Some("pkce-not-listed"))
    );
    let error = SmartClient::new(&app.config)
        .unwrap()
        .start(StartOptions::standalone())
        .await
        .unwrap_err();
    assert!(matches!(error, StartError::PkceNotListed), "{error:?}");
    assert_eq!(requests_to(&app, Endpoint::Authorize), []);

    // `plain` alone is no protection.
    let plain = App::builder()
        .sandbox(|sandbox| sandbox.metadata_field("code_challenge_methods_supported", vec!["plain", "s256"]))
        .ehr(move |ehr| ehr.quirks(quirks()))
        .start();
    assert_eq!(Browser::new().get(&plain.url("/auth/launch")).await.status, 502);

    let listed = App::builder().ehr(|ehr| ehr.quirks(Quirks::none().pkce_listing(PkceListing::Required)));
    assert_eq!(Opened::with(listed).await.token().await.status, 200);
}
