//! What servers of vendors do otherwise.

use actix_smart_auth::{
    sandbox::{Peculiarity, SandboxClient, SandboxServer},
    time::ManualClock,
};

use crate::support::*;

fn with(peculiarities: &[Peculiarity], client: SandboxClient) -> (SandboxServer, ManualClock) {
    let clock = ManualClock::default();
    let builder = strict().clock(clock.clone()).client(client);
    let builder = peculiarities
        .iter()
        .fold(builder, |builder, it| builder.peculiarity(it.clone()));
    (builder.start().unwrap(), clock)
}

/// What is granted of these scopes.
async fn granted(sandbox: &SandboxServer, clock: &ManualClock, scope: &str) -> String {
    let request = authorization(sandbox).with("scope", scope);
    tokens(Kind::Public, sandbox, clock, &request).await.text("scope")
}

#[actix_web::test]
async fn scopes_that_a_server_does_not_take_are_refused_or_left_out() {
    let asked = "openid launch/patient patient/Patient.rs patient/*.read patient/Observation.read";
    let refusing = [Peculiarity::OnlyScopesOfVersion1, Peculiarity::NoWildcardScopes];
    let (sandbox, _) = with(&refusing, client(Kind::Public));
    let answer = authorization(&sandbox)
        .with("scope", asked)
        .get(&sandbox.authorization_endpoint())
        .await;
    answer.is_redirected(
        "invalid_scope",
        "patient/Patient.rs is of version 2; this server takes scopes of version 1 (.read).",
    );
    let asked_of = async |sandbox: &SandboxServer, scope: &str| {
        let request = authorization(sandbox).with("scope", scope);
        request.get(&sandbox.authorization_endpoint()).await
    };
    asked_of(&sandbox, "launch/patient patient/*.read").await.is_redirected(
        "invalid_scope",
        "patient/*.read is for all types; this server wants a scope for each type.",
    );
    let (newer, _) = with(&[Peculiarity::OnlyScopesOfVersion2], client(Kind::Public));
    asked_of(&newer, "launch/patient patient/Patient.read")
        .await
        .is_redirected(
            "invalid_scope",
            "patient/Patient.read is of version 1; this server takes scopes of version 2 (.rs).",
        );

    let dropping = [&refusing[..], &[Peculiarity::ScopesDropped]].concat();
    let (sandbox, clock) = with(&dropping, client(Kind::Public));
    let left = granted(&sandbox, &clock, asked).await;
    assert_eq!(left, "openid launch/patient patient/Observation.read");
}

#[actix_web::test]
async fn what_is_asked_for_and_registered_is_granted_as_it_is_registered() {
    let registered = ["openid", "launch/patient", "patient/Patient.read", "user/Slot.read"];
    let client = client(Kind::Public).scopes(registered);
    let (sandbox, clock) = with(&[Peculiarity::RegisteredScopes], client);
    for (asked, expected) in [
        (
            "openid launch/patient patient/Patient.rs",
            "openid launch/patient patient/Patient.read",
        ),
        ("launch/patient patient/*.rs", "launch/patient patient/Patient.read"),
        ("launch/patient patient/Observation.rs", "launch/patient"),
        ("launch/patient patient/Patient.cud", "launch/patient"),
        ("launch/patient user/Patient.rs", "launch/patient"),
    ] {
        assert_eq!(granted(&sandbox, &clock, asked).await, expected, "{asked}");
    }
}

#[actix_web::test]
async fn a_request_by_post_is_refused_unless_the_ehr_began_the_launch() {
    for (peculiarities, standalone) in [(&[][..], 302), (&[Peculiarity::PostFromEhrOnly], 400)] {
        let (sandbox, _) = with(peculiarities, client(Kind::Public));
        let endpoint = sandbox.authorization_endpoint();
        let request = authorization(&sandbox);
        let answer = request.post(&endpoint, &[]).await;
        assert_eq!(answer.status, standalone);
        if standalone == 400 {
            answer.is_problem("A launch that the EHR did not begin has to come by GET.");
        }
        assert_eq!(request.get(&endpoint).await.status, 302);
        let launch = url::Url::parse(&sandbox.ehr_launch_url(LAUNCH, "bruno-fixture", None)).unwrap();
        let (_, launch) = launch.query_pairs().find(|(name, _)| name == "launch").unwrap();
        let from_ehr = request.with("launch", &launch).with("scope", "launch openid");
        assert!(from_ehr.post(&endpoint, &[]).await.location("code").is_some());
    }
}

/// As Oracle Health's answers to a refresh whose token is suspended.
#[actix_web::test]
async fn a_refusal_can_have_an_address_instead_of_a_description_at_the_token_endpoint_too() {
    let unknown = refresh("made-up").with("client_id", CLIENT);
    for (peculiarities, has_address) in [(&[][..], false), (&[Peculiarity::ErrorUriOnly], true)] {
        let (sandbox, _) = with(peculiarities, client(Kind::Public));
        let answer = unknown.post(&sandbox.token_endpoint(), &[]).await;
        answer.is_error(400, "invalid_grant");
        let body = answer.json();
        assert_eq!(body["error_uri"].is_string(), has_address, "{body}");
        assert_eq!(body["error_description"].is_string(), !has_address, "{body}");
    }
}
