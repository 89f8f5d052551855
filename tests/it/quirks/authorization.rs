//! The authorization request: the version of scopes, `aud`, parameters of the EHR's own.

use actix_smart_auth::{
    IdTokenPolicy, Quirks,
    options::ScopeVersionChoice,
    sandbox::{Endpoint, Peculiarity},
    scope::ScopeVersion,
};

use super::{knowing, peculiar};
use crate::support::{App, AppBuilder, Browser, Opened, SCOPES};

/// What was asked for.
fn asked(app: &App) -> String {
    let requests = app.sandbox.received_requests();
    let request = requests.iter().rfind(|it| it.endpoint == Endpoint::Authorize).unwrap();
    request.parameter("scope").unwrap()
}

async fn launch(app: AppBuilder) -> (App, u16, String) {
    let app = app.start();
    let page = Browser::new().navigate(&app.url("/auth/launch")).await;
    (app, page.status, page.body)
}

const IN_V1: &str = "openid fhirUser launch/patient patient/*.read offline_access";
const IN_V2: &str = "openid fhirUser launch/patient patient/*.rs offline_access";

#[actix_web::test]
async fn a_server_that_takes_one_version_of_scopes_only_is_asked_in_that_one() {
    for (peculiarity, version, configured, expected) in [
        (Peculiarity::OnlyScopesOfVersion1, ScopeVersion::V1, SCOPES, IN_V1),
        (Peculiarity::OnlyScopesOfVersion2, ScopeVersion::V2, IN_V1, IN_V2),
    ] {
        let refused = peculiar(peculiarity.clone()).ehr(move |ehr| ehr.scopes(configured));
        let (_, status, body) = launch(refused).await;
        assert_eq!(status, 502, "{version:?}: {body}");
        assert!(body.contains("invalid_scope"), "{body}");

        let quirks = Quirks::none().scope_version(version);
        let asked_well = peculiar(peculiarity).ehr(move |ehr| ehr.scopes(configured).quirks(quirks));
        let opened = Opened::with(asked_well).await;
        assert_eq!(asked(&opened.app), expected);
        assert_eq!(opened.record().await.0.origin.requested.to_string(), expected);
        assert_eq!(opened.token().await.status, 200);
    }
}

#[actix_web::test]
async fn the_version_can_be_taken_from_the_metadata() {
    let from_metadata = |capabilities: Vec<&'static str>, peculiarity: Peculiarity, configured: &'static str| {
        let quirks = Quirks::none().scope_version(ScopeVersionChoice::FromMetadata);
        peculiar(peculiarity)
            .sandbox(|sandbox| sandbox.metadata_field("capabilities", capabilities))
            .ehr(move |ehr| ehr.scopes(configured).quirks(quirks))
    };
    let only_v1 = from_metadata(vec!["permission-v1"], Peculiarity::OnlyScopesOfVersion1, SCOPES);
    let (app, status, body) = launch(only_v1).await;
    assert_eq!((status, asked(&app).as_str()), (200, IN_V1), "{body}");
    let only_v2 = from_metadata(vec!["permission-v2"], Peculiarity::OnlyScopesOfVersion2, IN_V1);
    let (app, status, body) = launch(only_v2).await;
    assert_eq!((status, asked(&app).as_str()), (200, IN_V2), "{body}");
    // A server that lists both is believed; Oracle Health's has to be forced.
    let both = from_metadata(
        vec!["permission-v1", "permission-v2"],
        Peculiarity::OnlyScopesOfVersion1,
        SCOPES,
    );
    let (app, status, _) = launch(both).await;
    assert_eq!((status, asked(&app).as_str()), (502, IN_V2));
}

const OTHER_AUD: &str = "https://ehr.example/demoAPIServer";

#[actix_web::test]
async fn aud_can_be_another_address_without_changing_where_the_token_goes() {
    let (_, status, body) = launch(peculiar(Peculiarity::Audience(OTHER_AUD.to_owned()))).await;
    assert_eq!(status, 502, "{body}");
    assert!(body.contains("invalid_request"), "{body}");

    let quirks = Quirks::none().aud(OTHER_AUD);
    let opened = Opened::with(knowing(Peculiarity::Audience(OTHER_AUD.to_owned()), quirks)).await;
    assert_eq!(opened.record().await.0.origin.aud, opened.app.sandbox.fhir_base_url());
    // From the EHR too, where `iss` would be sent otherwise.
    let browser = Browser::new();
    let page = browser
        .navigate(&opened.app.ehr_launch_url("bruno-fixture", None))
        .await;
    assert_eq!(page.body, "patient bruno-fixture");
}

#[actix_web::test]
async fn a_parameter_of_the_ehrs_own_is_sent_with_every_authorization_request() {
    let (_, status, body) = launch(peculiar(Peculiarity::FormPost)).await;
    assert_eq!(status, 200);
    assert!(
        body.contains("method=\"post\""),
        "not a redirect to the callback: {body}"
    );

    let quirks = Quirks::none().authorization_parameter("response_mode", "query");
    let opened = Opened::with(knowing(Peculiarity::FormPost, quirks)).await;
    assert_eq!(opened.token().await.status, 200);
}

#[actix_web::test]
async fn no_parameter_comes_twice_when_the_endpoint_has_it_already() {
    let app = App::builder()
        .ehr_of_sandbox(|ehr, sandbox| {
            let endpoint = format!("{}?response_mode=query", sandbox.authorization_endpoint());
            ehr.endpoints(endpoint, sandbox.token_endpoint())
                .id_token(IdTokenPolicy::Ignore)
                .quirks(Quirks::none().authorization_parameter("response_mode", "query"))
        })
        .start();
    let page = Browser::new().get(&app.url("/auth/launch")).await;
    assert_eq!((page.status, page.location()), (500, ""), "{}", page.body);
}
