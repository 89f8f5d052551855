//! Token responses: scopes without their context, no life.

use std::time::Duration;

use actix_smart_auth::{
    Quirks, SmartClient, StartOptions,
    options::UnprefixedScopes,
    sandbox::{ExpiresIn, Peculiarity},
    scope::Scopes,
};

use super::{knowing, peculiar};
use crate::support::{App, AppBuilder, DUE, Opened};

const ASKED: &str = "openid fhirUser launch/patient patient/Patient.read patient/Observation.read offline_access";

fn asking(app: AppBuilder, quirks: Quirks) -> AppBuilder {
    app.ehr(move |ehr| ehr.scopes(ASKED).quirks(quirks))
}

#[actix_web::test]
async fn granted_scopes_without_a_context_are_kept_as_they_came_or_read_as_requested() {
    let needed = Scopes::parse("patient/Patient.rs patient/Observation.rs");
    let bare = "openid fhirUser launch/patient Patient.Read Observation.Read offline_access";
    let verbatim = Opened::with(asking(peculiar(Peculiarity::UnprefixedScopes), Quirks::none())).await;
    let granted = verbatim.record().await.0.tokens.granted_scopes().clone();
    assert_eq!(granted.to_string(), bare);
    assert!(!granted.covers(&needed));

    let quirks = Quirks::none().unprefixed_scopes(UnprefixedScopes::AsRequested);
    let opened = Opened::with(asking(peculiar(Peculiarity::UnprefixedScopes), quirks.clone())).await;
    for _ in 0..2 {
        let granted = opened.record().await.0.tokens.granted_scopes().clone();
        assert!(granted.covers(&needed), "{granted}");
        assert!(!granted.covers(&Scopes::parse("user/Patient.r")), "{granted}");
        opened.app.advance(DUE);
        assert_eq!(opened.token().await.status, 200);
    }
    assert_eq!(opened.app.refreshes(), 2);

    // Without the middleware too.
    let app = asking(peculiar(Peculiarity::UnprefixedScopes), quirks).start();
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = crate::smart_client::sign_in(&client, StartOptions::standalone()).await;
    let first = client.finish(pending, &query).await.unwrap();
    let second = client.refresh(&first).await.unwrap();
    for authorized in [first, second] {
        assert!(authorized.tokens().granted_scopes().covers(&needed));
    }
}

#[actix_web::test]
async fn a_token_without_a_stated_life_lives_as_long_as_its_ehr_is_known_to_let_it() {
    let silent = || App::builder().sandbox(|sandbox| sandbox.expires_in(ExpiresIn::Absent));
    let life = async |opened: &Opened| opened.record().await.0.tokens.lifetime();
    let usual = Opened::with(silent()).await;
    assert_eq!(life(&usual).await, Duration::from_secs(300));
    let quirks = Quirks::none().token_lifetime(Duration::from_secs(570));
    let known = Opened::with(silent().ehr(move |ehr| ehr.quirks(quirks))).await;
    assert_eq!(life(&known).await, Duration::from_secs(570));
    known.app.advance(569 - 20);
    assert_eq!(known.token().await.status, 200);
    assert_eq!(
        (known.app.refreshes(), life(&known).await),
        (1, Duration::from_secs(570))
    );
    // What the EHR says wins.
    let quirks = Quirks::none().token_lifetime(Duration::from_secs(570));
    let said = Opened::with(knowing(Peculiarity::StateEchoed, quirks)).await;
    assert_eq!(life(&said).await, Duration::from_secs(3_600));
}
