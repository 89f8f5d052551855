//! One test per rule of a refresh, and of the peculiarities that servers have about it.

use std::time::Duration;

use actix_smart_auth::{
    sandbox::{Peculiarity, SandboxBuilder, SandboxClient, SandboxServer},
    time::ManualClock,
};

use crate::support::*;

/// A public client's launch: the sandbox, its clock, and a faultless refresh.
async fn launched(builder: SandboxBuilder) -> (SandboxServer, ManualClock, Form) {
    let clock = ManualClock::default();
    let sandbox = builder
        .clock(clock.clone())
        .client(client(Kind::Public))
        .start()
        .unwrap();
    let first = tokens(Kind::Public, &sandbox, &clock, &authorization(&sandbox)).await;
    let form = refresh(&first.text("refresh_token")).with("client_id", CLIENT);
    (sandbox, clock, form)
}

async fn refused(builder: SandboxBuilder, status: u16, error: &str, text: &str, change: fn(Form) -> Form) {
    let (sandbox, _, form) = launched(builder).await;
    change(form)
        .post(&sandbox.token_endpoint(), &[])
        .await
        .is_refusal(status, error, text);
    assert_eq!(sandbox.grants()[0].refreshes, 0);
}

fn like(peculiarity: Peculiarity) -> SandboxBuilder {
    strict().peculiarity(peculiarity)
}

macro_rules! refused {
    ($($name:ident: $builder:expr, $status:literal $error:literal, $text:literal, $change:expr;)*) => {$(
        #[actix_web::test]
        async fn $name() {
            refused($builder, $status, $error, $text, $change).await;
        }
    )*};
}

refused! {
    a_missing_refresh_token_is_refused: strict(), 400 "invalid_request", "refresh_token is missing.", |f| f.without("refresh_token");
    an_unknown_refresh_token_is_refused: strict(), 400 "invalid_grant", "Unknown refresh token.", |f| f.with("refresh_token", "made-up");
    a_wider_scope_is_refused: strict(), 400 "invalid_scope", "user/*.rs was not granted at the beginning.", |f| f.with("scope", "patient/*.rs user/*.rs");
    a_refresh_without_client_id_is_refused: strict(), 401 "invalid_client", "The request does not say which client sent it: client_id is missing. (strict check client-id-on-refresh)", |f| f.without("client_id");
    a_refresh_of_nobody_is_refused_by_real_ehrs_too: SandboxServer::builder(), 401 "invalid_client", "The request does not say which client sent it: client_id is missing.", |f| f.without("client_id").with("refresh_token", "made-up");
    a_server_can_want_client_id_whatever_else_authenticates: like(Peculiarity::ClientIdOnRefresh), 400 "invalid_request", "Check the `client_id` parameter.", |f| f.without("client_id");
    a_server_can_want_scope: like(Peculiarity::RefreshWithScope), 400 "invalid_request", "scope is missing: this server wants it in a refresh.", |f| f.without("scope");
    a_server_can_want_no_scope: like(Peculiarity::RefreshWithoutScope), 400 "invalid_scope", "This server wants no scope in a refresh.", |f| f.with("scope", "openid");
}

#[actix_web::test]
async fn a_faultless_refresh_passes_beside_every_peculiarity() {
    for (peculiarity, scope) in [
        (Peculiarity::ClientIdOnRefresh, None),
        (Peculiarity::RefreshWithScope, Some("openid")),
        (Peculiarity::RefreshWithoutScope, None),
        (Peculiarity::SpentIsInvalidRequest, None),
        (Peculiarity::RefreshThrottled(Duration::from_secs(60)), None),
    ] {
        let (sandbox, _, form) = launched(like(peculiarity.clone())).await;
        let form = match scope {
            Some(scope) => form.with("scope", scope),
            None => form,
        };
        let answer = form.post(&sandbox.token_endpoint(), &[]).await;
        assert_eq!(answer.status, 200, "{peculiarity:?}: {answer:?}");
    }
}

#[actix_web::test]
async fn a_refresh_too_soon_after_the_one_before_is_refused() {
    let minute = Duration::from_secs(60);
    let (sandbox, clock, form) = launched(like(Peculiarity::RefreshThrottled(minute))).await;
    let url = sandbox.token_endpoint();
    let first = form.post(&url, &[]).await;
    let next = form.with("refresh_token", &first.text("refresh_token"));
    clock.advance(minute - Duration::from_millis(1));
    next.post(&url, &[]).await.is_refusal(
        429,
        "slow_down",
        "This was refreshed a moment ago: wait before the next time.",
    );
    clock.advance(Duration::from_millis(1));
    assert_eq!(next.post(&url, &[]).await.status, 200);
}

#[actix_web::test]
async fn a_spent_token_can_be_an_invalid_request_that_revokes_nothing() {
    let (sandbox, _, form) = launched(like(Peculiarity::SpentIsInvalidRequest)).await;
    let url = sandbox.token_endpoint();
    let first = form.post(&url, &[]).await;
    form.post(&url, &[])
        .await
        .is_refusal(400, "invalid_request", "Invalid token");
    let next = form.with("refresh_token", &first.text("refresh_token"));
    assert_eq!(next.post(&url, &[]).await.status, 200);
}

#[actix_web::test]
async fn a_refresh_token_works_until_its_last_second() {
    let day = Duration::from_secs(24 * 3600);
    for (age, text) in [
        (day - Duration::from_millis(1), None),
        (day, Some("This refresh token has expired.")),
    ] {
        let (sandbox, clock, form) = launched(strict().refresh_token_lifetime(day)).await;
        clock.advance(age);
        let answer = form.post(&sandbox.token_endpoint(), &[]).await;
        match text {
            None => assert_eq!(answer.status, 200, "{answer:?}"),
            Some(text) => answer.is_refusal(400, "invalid_grant", text),
        }
    }
}

#[actix_web::test]
async fn a_refresh_token_of_another_client_is_refused() {
    let (sandbox, _, form) = launched(strict()).await;
    sandbox.register(SandboxClient::public("other", CALLBACK));
    let url = sandbox.token_endpoint();
    form.clone()
        .with("client_id", "other")
        .post(&url, &[])
        .await
        .is_refusal(400, "invalid_grant", "This refresh token was given to another client.");
    let answer = form.post(&url, &[]).await;
    assert_eq!(answer.status, 200, "the owner's token still works");
}

#[actix_web::test]
async fn a_rotated_refresh_token_used_again_ends_the_grant() {
    let (sandbox, _, form) = launched(strict()).await;
    let url = sandbox.token_endpoint();
    let second = form.post(&url, &[]).await;
    assert_eq!(second.status, 200);
    form.post(&url, &[]).await.is_refusal(
        400,
        "invalid_grant",
        "This refresh token has been used; the whole grant is revoked.",
    );
    assert_eq!(sandbox.reuse_detections(), 1);
    let answer = fhir(&sandbox, &second.text("access_token"), "Patient/amber-testwood").await;
    assert_eq!(answer.status, 401);
    let next = form.with("refresh_token", &second.text("refresh_token"));
    next.post(&url, &[])
        .await
        .is_refusal(400, "invalid_grant", "This grant is revoked: a new launch is needed.");
    assert_eq!(sandbox.reuse_detections(), 1, "the newest token is refused, not reused");
}

#[actix_web::test]
async fn a_refresh_may_narrow_the_scopes_and_the_next_one_has_them_again() {
    let (sandbox, _, form) = launched(strict()).await;
    let url = sandbox.token_endpoint();
    let narrow = form.clone().with("scope", "openid").post(&url, &[]).await;
    assert_eq!(narrow.text("scope"), "openid");
    let answer = fhir(&sandbox, &narrow.text("access_token"), "Patient/amber-testwood").await;
    assert_eq!(answer.status, 403);
    let next = form.with("refresh_token", &narrow.text("refresh_token"));
    let wide = next.post(&url, &[]).await;
    assert_eq!(wide.text("scope"), SCOPE, "without scope the original grant counts");
}
