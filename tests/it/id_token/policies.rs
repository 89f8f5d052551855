//! What a registration demands of id tokens.

use actix_smart_auth::{
    IdTokenPolicy, Quirks,
    options::NoncePolicy,
    sandbox::{Endpoint, IdTokens, StrictCheck},
};
use serde_json::Value;

use super::Watched;
use crate::support::{App, Profile, SCOPES};

fn app(policy: IdTokenPolicy) -> Watched {
    Watched::with(App::builder().ehr(move |ehr| ehr.id_token(policy)))
}

#[actix_web::test]
async fn every_kind_of_client_and_launch_opens_with_a_good_id_token() {
    for profile in Profile::ALL {
        let watched = Watched::with(
            App::builder()
                .profile(profile)
                .ehr(|ehr| ehr.id_token(IdTokenPolicy::Required)),
        );
        assert_eq!(watched.launch().await.status, 200, "{profile:?}");
        let from_ehr = watched.app.ehr_launch_url("bruno-fixture", None);
        let page = crate::support::Browser::new().navigate(&from_ehr).await;
        assert_eq!(page.body, "patient bruno-fixture", "{profile:?}");
        assert_eq!(watched.asked(Endpoint::Jwks), 1, "{profile:?}");
        assert_eq!(watched.asked(Endpoint::OpenIdConfiguration), 0, "{profile:?}");
    }
}

#[actix_web::test]
async fn a_launch_without_an_id_token_opens_unless_one_is_required() {
    for (policy, status) in [
        (IdTokenPolicy::Required, 502),
        (IdTokenPolicy::IfPresent, 200),
        (IdTokenPolicy::Ignore, 200),
    ] {
        let watched = app(policy);
        watched.app.sandbox.set_id_tokens(IdTokens::Withheld);
        assert_eq!(watched.launch().await.status, status, "{policy:?}");
        assert_eq!(watched.opened(), usize::from(status == 200), "{policy:?}");
        assert_eq!(watched.asked(Endpoint::Jwks), 0, "{policy:?}: nothing to check");
    }
}

#[actix_web::test]
async fn a_bad_id_token_stops_the_launch_unless_it_is_ignored() {
    for (policy, status) in [
        (IdTokenPolicy::Required, 502),
        (IdTokenPolicy::IfPresent, 502),
        (IdTokenPolicy::Ignore, 200),
    ] {
        let watched = app(policy);
        watched.app.sandbox.set_id_token_claim("aud", "somebody else");
        let page = watched.launch().await;
        assert_eq!(page.status, status, "{policy:?}");
        assert_eq!(watched.opened(), usize::from(status == 200), "{policy:?}");
    }
}

#[actix_web::test]
async fn an_ignored_id_token_gives_the_launch_no_user() {
    let watched = app(IdTokenPolicy::Ignore);
    let browser = crate::support::Browser::new();
    let page = browser.navigate(&watched.app.url("/auth/launch")).await;
    for path in ["user", "claims"] {
        let url = page.url.replace("/patient", &format!("/{path}"));
        assert_eq!(browser.api(&url).await.status, 403, "{path}");
    }
    assert_eq!(watched.asked(Endpoint::Jwks), 0);
}

#[actix_web::test]
async fn an_id_token_that_nobody_asked_for_is_not_looked_at() {
    let watched = Watched::with(App::builder().ehr(|ehr| ehr.scopes(SCOPES.replace("openid fhirUser ", ""))));
    watched.app.sandbox.set_token_response_field("id_token", "not.a.token");
    assert_eq!(watched.launch().await.status, 200);
    assert_eq!(watched.asked(Endpoint::Jwks), 0);
}

#[actix_web::test]
async fn the_nonce_is_sent_and_judged_by_the_policy() {
    for (policy, sent, without) in [
        (NoncePolicy::IfReturned, true, 200),
        (NoncePolicy::Required, true, 502),
        (NoncePolicy::NotSent, false, 200),
    ] {
        let app = App::builder().sandbox(|it| it.without_strict_check(StrictCheck::Nonce));
        let watched = Watched::with(app.ehr(move |ehr| ehr.quirks(Quirks::none().nonce(policy))));
        assert_eq!(watched.launch().await.status, 200, "{policy:?}");
        let requests = watched.app.sandbox.received_requests();
        let authorize = requests.iter().find(|it| it.endpoint == Endpoint::Authorize).unwrap();
        assert_eq!(authorize.parameter("nonce").is_some(), sent, "{policy:?}");

        watched.app.sandbox.set_id_token_claim("nonce", Value::Null);
        assert_eq!(watched.launch().await.status, without, "{policy:?}: no nonce");
        watched.app.sandbox.set_id_token_claim("nonce", "another one");
        assert_eq!(watched.launch().await.status, 502, "{policy:?}: another nonce");
    }
}
