//! Who issues the id tokens, and where the issuer's keys are.

use actix_smart_auth::{
    Quirks,
    sandbox::{Endpoint, IdTokenIssuer, SandboxServer},
};
use serde_json::Value;

use super::Watched;
use crate::support::{App, AppBuilder, Logs};

/// The identity provider is apart from the FHIR server, as at Oracle Health.
fn apart(quirks: fn(&SandboxServer) -> Quirks) -> Watched {
    let app = App::builder().ehr_of_sandbox(move |ehr, sandbox| {
        sandbox.set_id_token_issuer(IdTokenIssuer::Apart);
        ehr.quirks(quirks(sandbox))
    });
    Watched::with(app)
}

fn logged(logs: &Logs, watched: &Watched, text: &str) -> bool {
    let ehr = watched.app.sandbox.fhir_base_url();
    let log = logs.text();
    log.lines().any(|line| line.contains(&ehr) && line.contains(text))
}

#[actix_web::test]
async fn an_issuer_apart_from_the_metadata_has_to_be_configured_and_the_log_says_so() {
    let logs = Logs::collect();
    let watched = apart(|_| Quirks::none());
    assert_eq!(watched.launch().await.status, 502);
    assert_eq!(watched.asked(Endpoint::Jwks), 0, "no keys are asked for in vain");
    let found = format!("issued by \\\"{}", watched.app.sandbox.id_token_issuer());
    let told = logged(&logs, &watched, &found) || logged(&logs, &watched, &found.replace("\\\"", "\""));
    assert!(told, "the log names what to configure");
    assert!(logged(&logs, &watched, "configure it as the id token issuer"));
}

#[actix_web::test]
async fn a_configured_issuer_is_asked_for_its_keys_and_for_nothing_else() {
    let watched = apart(|sandbox| Quirks::none().id_token_issuer(sandbox.id_token_issuer()));
    for _ in 0..3 {
        assert_eq!(watched.launch().await.status, 200);
    }
    assert_eq!(watched.asked(Endpoint::OpenIdConfiguration), 1);
    assert_eq!(watched.asked(Endpoint::Jwks), 1);
    let requests = watched.app.sandbox.received_requests();
    let dummies: Vec<_> = requests.iter().filter(|it| it.path.contains("/unused/")).collect();
    assert!(dummies.is_empty(), "the endpoints of the issuer are dummies");
}

#[actix_web::test]
async fn the_configured_address_of_the_keys_is_asked_and_discovery_is_not() {
    let both = apart(|sandbox| {
        Quirks::none()
            .id_token_issuer(sandbox.id_token_issuer())
            .id_token_jwks_uri(sandbox.jwks_url())
    });
    assert_eq!(both.launch().await.status, 200);
    assert_eq!(both.asked(Endpoint::OpenIdConfiguration), 0);

    let app = App::builder()
        .sandbox(|it| it.metadata_field("jwks_uri", "https://nobody.example/keys"))
        .ehr_of_sandbox(|ehr, sandbox| ehr.quirks(Quirks::none().id_token_jwks_uri(sandbox.jwks_url())));
    assert_eq!(Watched::with(app).launch().await.status, 200);
}

#[actix_web::test]
async fn an_issuer_with_a_slash_at_its_end_is_discovered_without_it_and_compared_with_it() {
    let logs = Logs::collect();
    let watched = apart(|sandbox| Quirks::none().id_token_issuer(format!("{}/", sandbox.id_token_issuer())));
    let slashed = format!("{}/", watched.app.sandbox.id_token_issuer());
    watched.app.sandbox.set_id_token_claim("iss", slashed);
    assert_eq!(watched.launch().await.status, 502);
    assert_eq!(watched.asked(Endpoint::OpenIdConfiguration), 1);
    assert_eq!(
        watched.asked(Endpoint::Jwks),
        0,
        "the keys of another issuer are not asked for"
    );
    assert!(logged(&logs, &watched, "OtherConfiguration"));
}

fn metadata(name: &'static str) -> AppBuilder {
    App::builder().sandbox(move |it| it.metadata_field(name, Value::Null))
}

#[actix_web::test]
async fn metadata_without_keys_are_made_up_for_by_discovery_and_without_an_issuer_by_nothing() {
    let logs = Logs::collect();
    let without_keys = Watched::with(metadata("jwks_uri"));
    assert_eq!(without_keys.launch().await.status, 200);
    assert_eq!(without_keys.asked(Endpoint::OpenIdConfiguration), 1);

    let nameless = Watched::with(metadata("issuer"));
    assert_eq!(nameless.launch().await.status, 502);
    assert!(logged(&logs, &nameless, "Quirks::id_token_issuer"));
    assert_eq!((nameless.asked(Endpoint::Jwks), nameless.opened()), (0, 0));
}

#[actix_web::test]
async fn the_keys_are_those_that_were_announced_when_the_launch_began() {
    let watched = Watched::with(App::builder().config(|config| config.metadata_ttl(std::time::Duration::ZERO)));
    let (app, browser) = (&watched.app, crate::support::Browser::new());
    let callback = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    app.sandbox.set_metadata_field("jwks_uri", app.sandbox.token_endpoint());
    app.sandbox.set_metadata_field("issuer", "https://evil.example");
    assert_eq!(watched.launch().await.status, 502);
    assert_eq!(browser.navigate(&callback).await.status, 200);
}
