//! Refreshing by hand: with scopes of the call, and from a refresh token alone.

use actix_smart_auth::{
    Authorized, RefreshOptions, SmartClient, StartOptions,
    context::TokenResponseFinding,
    error::{RefreshError, TokenError},
    sandbox::{Fault, FaultPoint, RefreshContext, RefreshTokens, Times, When},
    secret::RefreshToken,
};

use super::sign_in;
use crate::support::{App, Profile};

const SCOPES: &str = "launch/patient patient/Patient.rs patient/Observation.rs offline_access";
const FEWER: &str = "launch/patient patient/Patient.rs";

async fn authorized(client: &SmartClient) -> Authorized {
    let (pending, query) = sign_in(client, StartOptions::standalone().scopes(SCOPES)).await;
    client.finish(pending, &query).await.unwrap()
}

fn kept(authorized: &Authorized) -> RefreshToken {
    RefreshToken::new(authorized.tokens().refresh_token().unwrap().expose_secret())
}

fn scope_sent(app: &App) -> Option<String> {
    let sent = app.sandbox.token_requests_of("refresh_token");
    sent.last().unwrap().parameter("scope")
}

#[actix_web::test]
async fn a_refresh_asks_for_fewer_scopes_and_the_next_one_has_all_again() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    let first = authorized(&client).await;
    let narrow = client
        .refresh_with(&first, RefreshOptions::new().scopes(FEWER))
        .await
        .unwrap();
    assert_eq!(scope_sent(&app).as_deref(), Some(FEWER));
    assert_eq!(narrow.granted_scopes().to_string(), FEWER);
    assert_eq!(narrow.requested_scopes(), first.requested_scopes());
    let wide = client.refresh(&narrow).await.unwrap();
    assert_eq!(scope_sent(&app), None);
    assert_eq!(wide.granted_scopes(), first.granted_scopes());
}

#[actix_web::test]
async fn what_the_ehr_does_not_say_was_granted_as_asked_for() {
    let app = App::start();
    app.sandbox.set_refresh_response_field("scope", serde_json::Value::Null);
    let client = SmartClient::new(&app.config).unwrap();
    let first = authorized(&client).await;
    let narrow = client
        .refresh_with(&first, RefreshOptions::new().scopes(FEWER))
        .await
        .unwrap();
    assert_eq!(narrow.granted_scopes().to_string(), FEWER);
    let same = client.refresh(&narrow).await.unwrap();
    assert_eq!(same.granted_scopes().to_string(), FEWER, "nobody said more");
}

#[actix_web::test]
async fn more_than_was_granted_is_refused_by_the_ehr_and_the_refresh_token_stays_good() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    let first = authorized(&client).await;
    let more = RefreshOptions::new().scopes("patient/Condition.rs");
    let error = client.refresh_with(&first, more).await.unwrap_err();
    assert!(
        matches!(&error, RefreshError::Token(error) if error.error_code() == Some("invalid_scope")),
        "{error:?}"
    );
    client.refresh(&first).await.unwrap();
}

#[actix_web::test]
async fn an_empty_list_of_scopes_is_sent_to_nobody() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    let first = authorized(&client).await;
    for scopes in ["", " "] {
        let options = || RefreshOptions::new().scopes(scopes);
        let error = client.refresh_with(&first, options()).await.unwrap_err();
        assert!(matches!(error, RefreshError::NoScopes), "{error:?}");
        let error = client.refresh_token(kept(&first), options()).await.unwrap_err();
        assert!(matches!(error, RefreshError::NoScopes), "{error:?}");
    }
    assert_eq!(app.refreshes(), 0);
}

#[actix_web::test]
async fn a_refresh_token_alone_is_enough_for_every_client_type() {
    for profile in Profile::ALL {
        let app = App::builder()
            .profile(profile)
            .sandbox(|sandbox| sandbox.refresh_context(RefreshContext::Repeated))
            .start();
        let client = SmartClient::new(&app.config).unwrap();
        let first = authorized(&client).await;
        let options = RefreshOptions::new();
        let second = client.refresh_token(kept(&first), options).await.unwrap();
        assert_eq!(second.patient(), Some("amber-testwood"), "{profile:?}");
        assert_eq!(second.granted_scopes(), first.granted_scopes());
        assert_eq!(second.fhir_base_url(), first.fhir_base_url());
        assert!(second.id_token_claims().is_none(), "nobody has looked");
        assert_ne!(kept(&second).expose_secret(), kept(&first).expose_secret());
        // It is as good as any from here on.
        let third = client.refresh(&second).await.unwrap();
        client.revoke(&third).await.unwrap();
        assert_eq!((app.refreshes(), app.sandbox.reuse_detections()), (2, 0), "{profile:?}");
    }
}

#[actix_web::test]
async fn a_refresh_token_that_is_not_replaced_is_kept() {
    let app = App::builder()
        .sandbox(|sandbox| sandbox.refresh_tokens(RefreshTokens::Stable))
        .start();
    let client = SmartClient::new(&app.config).unwrap();
    let first = authorized(&client).await;
    let second = client.refresh_token(kept(&first), RefreshOptions::new()).await.unwrap();
    assert_eq!(kept(&second).expose_secret(), kept(&first).expose_secret());
    assert_eq!(
        second.patient(),
        None,
        "this EHR does not repeat the context, and nobody has kept it"
    );
}

#[actix_web::test]
async fn without_metadata_a_refresh_token_alone_has_nowhere_to_go() {
    let app = App::start();
    app.sandbox
        .inject(FaultPoint::Metadata, When::Before, Fault::Status(500), Times::Always);
    let client = SmartClient::new(&app.config).unwrap();
    let error = client
        .refresh_token(RefreshToken::new("kept"), RefreshOptions::new())
        .await;
    assert!(matches!(error, Err(RefreshError::Endpoints(_))), "{error:?}");
    assert_eq!(app.sandbox.token_requests().len(), 0);
}

#[actix_web::test]
async fn a_dead_refresh_token_is_refused_and_stands_in_no_message() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    let token = "rt-marker-that-nobody-gave";
    let error = client
        .refresh_token(RefreshToken::new(token), RefreshOptions::new())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, RefreshError::Token(error) if error.is_invalid_grant() && !error.was_not_sent()),
        "{error:?}"
    );
    assert!(!format!("{error} {error:?}").contains(token));
}

#[actix_web::test]
async fn a_token_that_could_not_be_sent_is_still_good() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    let first = authorized(&client).await;
    app.config.shutdown(std::time::Duration::from_secs(5)).await;
    let error = client
        .refresh_token(kept(&first), RefreshOptions::new())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, RefreshError::Token(error @ TokenError::Transport(_)) if error.was_not_sent()),
        "{error:?}"
    );
}

#[actix_web::test]
async fn what_is_missing_or_unusual_in_a_token_response_is_a_value() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    let clean = authorized(&client).await;
    assert!(
        clean.token_response().unwrap().is_clean(),
        "{:?}",
        clean.token_response()
    );

    app.sandbox.set_token_response_field("scope", serde_json::Value::Null);
    app.sandbox.set_token_response_field("token_type", "bearer");
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let odd = client.finish(pending, &query).await.unwrap().token_response().unwrap();
    assert_eq!(odd.findings().collect::<Vec<_>>(), [TokenResponseFinding::NoScope]);

    app.sandbox
        .set_refresh_response_field("expires_in", serde_json::Value::Null);
    let of_refresh = client.refresh(&clean).await.unwrap().token_response().unwrap();
    assert_eq!(
        of_refresh.findings().collect::<Vec<_>>(),
        [TokenResponseFinding::NoExpiresIn]
    );
}

#[actix_web::test]
async fn a_token_response_at_hand_is_read_as_a_sign_in_would() {
    let app = App::builder()
        .ehr(|ehr| ehr.scopes("openid launch/patient patient/*.rs"))
        .start();
    let client = SmartClient::new(&app.config).unwrap();
    let check = |body: &str| client.check_token_response(body.as_bytes());
    let report = check(r#"{"access_token":"a","token_type":"Bearer","expires_in":60,"scope":"openid"}"#).unwrap();
    let found: Vec<_> = report.findings().collect();
    assert_eq!(
        found,
        [TokenResponseFinding::NoIdToken, TokenResponseFinding::NoPatient]
    );
    for (body, unusable) in [
        (r#"{"token_type":"Bearer"}"#, "MissingAccessToken"),
        (r#"{"access_token":"a"}"#, "TokenType"),
        (
            r#"{"access_token":"a","token_type":"Bearer","patient":"a/b"}"#,
            "InvalidField",
        ),
        ("[]", "NotAnObject"),
        (r#"{"error":"invalid_grant"}"#, "Refused"),
    ] {
        let error = check(body).unwrap_err();
        assert!(format!("{error:?}").starts_with(unusable), "{error:?}");
    }
    assert_eq!(app.sandbox.received_requests().len(), 0);
}
