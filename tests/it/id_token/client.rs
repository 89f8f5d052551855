//! Identity without the middleware.

use actix_smart_auth::{
    AuthorizationRedirect, Authorized, IdTokenPolicy, SmartClient, StartOptions,
    error::{FinishError, IdTokenError, IdentityError, RefreshError, RefreshMismatch},
    sandbox::{Fault, FaultPoint, IdTokens, Times, When},
};
use url::Url;

use super::SHORTLY;
use crate::support::{App, Browser};

async fn finish(app: &App) -> Result<(SmartClient, Authorized), FinishError> {
    let client = SmartClient::new(&app.config).unwrap();
    let (redirect, pending) = client.start(StartOptions::standalone()).await.unwrap();
    let AuthorizationRedirect::Get(url) = redirect else {
        panic!("{redirect:?}")
    };
    let callback = Browser::new()
        .navigate_until(url.as_str(), &app.url("/auth/callback"))
        .await;
    let query = Url::parse(&callback).unwrap().query().unwrap().to_owned();
    let authorized = client.finish(pending, &query).await?;
    Ok((client, authorized))
}

#[actix_web::test]
async fn finishing_says_who_signed_in_and_a_refresh_does_not_change_it() {
    let app = App::start();
    let (client, authorized) = finish(&app).await.unwrap();
    let claims = authorized.id_token_claims().unwrap();
    assert_eq!(claims.subject(), app.sandbox.users()[0].subject());
    assert!(claims.nonce_was_checked());
    assert_eq!(
        authorized.fhir_user().unwrap().reference(),
        "Practitioner/paula-pretend"
    );

    let refreshed = client.refresh(&authorized).await.unwrap();
    assert_eq!(refreshed.id_token_claims(), Some(claims));
}

#[actix_web::test]
async fn a_bad_id_token_a_missing_one_and_missing_keys_are_errors_of_their_own() {
    let app = App::builder()
        .ehr(|ehr| ehr.id_token(IdTokenPolicy::Required))
        .config(|config| config.request_timeout(SHORTLY))
        .start();
    app.sandbox
        .inject(FaultPoint::Jwks, When::Before, Fault::Status(500), Times::Once);
    let error = finish(&app).await.unwrap_err();
    assert!(
        matches!(&error, FinishError::Identity(IdentityError::Keys(_))),
        "{error:?}"
    );
    app.advance(5);

    app.sandbox.set_id_token_claim("aud", "somebody else");
    let error = finish(&app).await.unwrap_err();
    let expected = IdentityError::IdToken(IdTokenError::OtherAudience);
    assert!(
        matches!(&error, FinishError::Identity(error) if *error == expected),
        "{error:?}"
    );

    app.sandbox.set_id_tokens(IdTokens::Withheld);
    let error = finish(&app).await.unwrap_err();
    assert!(
        matches!(&error, FinishError::Identity(IdentityError::NoIdToken)),
        "{error:?}"
    );
}

#[actix_web::test]
async fn a_refresh_for_another_user_is_a_mismatch() {
    let app = App::start();
    let (client, authorized) = finish(&app).await.unwrap();
    app.sandbox.set_refresh_id_tokens(IdTokens::Issued);
    app.sandbox.set_refresh_id_token_claim("sub", "somebody else");
    let error = client.refresh(&authorized).await.unwrap_err();
    assert!(
        matches!(error, RefreshError::Mismatch(RefreshMismatch::UserChanged)),
        "{error:?}"
    );
}
