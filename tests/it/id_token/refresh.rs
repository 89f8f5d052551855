//! Id tokens in refresh responses: compared, and nothing more.

use actix_smart_auth::{
    EndReason, Quirks,
    options::SubjectOnRefresh,
    sandbox::{Endpoint, IdTokens},
};
use serde_json::{Value, json};

use super::asked;
use crate::support::{App, DUE, Opened};

async fn with_refresh_tokens(claims: &[(&str, Value)]) -> Opened {
    let opened = Opened::start().await;
    opened.app.sandbox.set_refresh_id_tokens(IdTokens::Issued);
    for (name, value) in claims {
        opened.app.sandbox.set_refresh_id_token_claim(*name, value.clone());
    }
    opened.app.advance(DUE);
    opened
}

#[actix_web::test]
async fn the_launch_goes_on_with_whatever_id_token_of_its_user_and_no_key_is_asked_for() {
    let cases: [&[(&str, Value)]; 7] = [
        &[],
        &[("aud", Value::Null)],
        &[("aud", json!("another app"))],
        &[("nonce", json!("another"))],
        &[("exp", json!(1)), ("iat", Value::Null)],
        &[("iss", Value::Null)],
        &[
            ("aud", Value::Null),
            ("exp", Value::Null),
            ("iat", Value::Null),
            ("sub", Value::Null),
        ],
    ];
    for claims in cases {
        let opened = with_refresh_tokens(claims).await;
        let before = opened.record().await.0;
        assert_eq!(opened.token().await.status, 200, "{claims:?}");
        assert_eq!(opened.app.refreshes(), 1, "{claims:?}");
        assert_eq!(asked(&opened.app, Endpoint::Jwks), 1, "{claims:?}: only for the launch");
        let after = opened.record().await.0;
        assert_eq!(after.identity, before.identity, "{claims:?}: the verified claims stay");
        assert_eq!(after.user, before.user);
        let raw = |record: &actix_smart_auth::store::LaunchRecord| {
            record.tokens.raw_id_token().unwrap().expose_secret().to_owned()
        };
        assert_ne!(raw(&after), raw(&before), "the newest one is kept");
    }
}

#[actix_web::test]
async fn the_launch_goes_on_without_an_id_token_and_with_one_that_nobody_can_read() {
    for field in [
        None,
        Some(json!("")),
        Some(json!("nonsense")),
        Some(json!("a.b.c")),
        Some(Value::Null),
    ] {
        let opened = Opened::start().await;
        if let Some(value) = &field {
            opened.app.sandbox.set_refresh_response_field("id_token", value.clone());
        }
        opened.app.advance(DUE);
        assert_eq!(opened.token().await.status, 200, "{field:?}");
        assert_eq!(opened.app.refreshes(), 1, "{field:?}");
        assert!(opened.record().await.0.identity.is_some(), "{field:?}");
    }
}

#[actix_web::test]
async fn an_id_token_of_somebody_else_ends_the_launch_with_a_page_and_without_a_redirect() {
    for claim in [
        ("sub", json!("MARKER-somebody-else")),
        ("iss", json!("https://MARKER.example")),
    ] {
        let opened = with_refresh_tokens(&[claim]).await;
        let page = opened.browser.get(&opened.url("/patient")).await;
        assert_eq!((page.status, page.location()), (401, ""), "{}", page.body);
        assert!(page.body.contains("a different user"), "{}", page.body);
        assert!(!page.body.contains("MARKER"), "{}", page.body);
        let answer = opened.token().await;
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (401, Some("user-changed"))
        );
        assert_eq!(opened.end_reason().await, EndReason::UserChanged);
        assert_eq!(opened.app.refreshes(), 1);
    }
}

#[actix_web::test]
async fn an_id_token_of_somebody_else_is_ignored_where_that_is_configured_or_no_user_is_known() {
    let ignoring = App::builder().ehr(|ehr| ehr.quirks(Quirks::none().subject_on_refresh(SubjectOnRefresh::Ignore)));
    let nobody = App::builder().sandbox(|it| it.id_tokens(IdTokens::Withheld));
    for app in [ignoring, nobody] {
        let opened = Opened::with(app).await;
        opened.app.sandbox.set_refresh_id_tokens(IdTokens::Issued);
        opened.app.sandbox.set_refresh_id_token_claim("sub", "somebody else");
        let user = opened.record().await.0.user;
        opened.app.advance(DUE);
        assert_eq!(opened.token().await.status, 200);
        assert_eq!(opened.app.refreshes(), 1);
        assert_eq!(
            opened.record().await.0.user,
            user,
            "nobody becomes the user by a refresh"
        );
    }
}
