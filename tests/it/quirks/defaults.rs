//! What real EHRs do differently and needs no option.

use actix_smart_auth::{
    sandbox::{AutomaticAnswer, Peculiarity, SandboxClient},
    scope::Scopes,
};
use serde_json::json;

use super::{peculiar, refresh_statuses};
use crate::support::{App, AppBuilder, Browser, CLIENT_ID, DUE, DUE_TO_UNUSABLE, Opened};

/// A launch and two refreshes.
async fn goes_well(app: AppBuilder) -> Opened {
    let opened = Opened::with(app).await;
    for _ in 0..2 {
        opened.app.advance(DUE);
        assert_eq!(opened.token().await.status, 200);
    }
    assert_eq!(refresh_statuses(&opened.app), [200, 200]);
    let page = opened.browser.get(&opened.url("/patient")).await;
    assert_eq!(page.body, "patient amber-testwood");
    opened
}

#[actix_web::test]
async fn token_type_is_read_in_any_case_and_an_echoed_state_is_no_context() {
    let app = App::builder().sandbox(|sandbox| {
        sandbox
            .peculiarity(Peculiarity::LowercaseTokenType)
            .peculiarity(Peculiarity::StateEchoed)
    });
    let opened = goes_well(app).await;
    let (record, _) = opened.record().await;
    assert_eq!(record.tokens.context().other().get("state"), None);
}

#[actix_web::test]
async fn a_banner_as_a_text_and_unknown_members_are_read() {
    let app = peculiar(Peculiarity::BannerAsText).sandbox(|sandbox| {
        sandbox
            .token_response_field("__epic.dstu2.patient", "T123")
            .token_response_field("loginDepartment", "e4W4rmQ7X-a-location")
            .token_response_field("tenant", "tenant-1")
    });
    let opened = goes_well(app).await;
    let (record, _) = opened.record().await;
    let context = record.tokens.context();
    assert_eq!(
        (context.need_patient_banner(), context.tenant()),
        (Some(true), Some("tenant-1"))
    );
    assert_eq!(context.other()["__epic.dstu2.patient"], json!("T123"));
    assert_eq!(context.other()["loginDepartment"], json!("e4W4rmQ7X-a-location"));
}

#[actix_web::test]
async fn the_refresh_token_decides_whether_there_is_a_refresh_not_the_granted_scopes() {
    let opened = goes_well(peculiar(Peculiarity::OfflineAccessNotEchoed)).await;
    let (record, _) = opened.record().await;
    assert!(!record.tokens.granted_scopes().contains("offline_access"));
}

#[actix_web::test]
async fn a_public_client_without_a_refresh_token_works_as_long_as_its_token() {
    let opened = Opened::with(peculiar(Peculiarity::NoRefreshForPublic)).await;
    opened.app.advance(DUE);
    assert_eq!(opened.token().await.status, 200);
    opened.app.advance(DUE_TO_UNUSABLE);
    let answer = opened.token().await;
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (401, Some("ehr-session-ended"))
    );
    assert_eq!(opened.app.refreshes(), 0);
}

#[actix_web::test]
async fn what_is_asked_for_and_registered_is_what_the_launch_has() {
    let opened = Opened::with_gate(peculiar(Peculiarity::RegisteredScopes), |app| {
        let client = SandboxClient::public(CLIENT_ID, app.url("/auth/callback"));
        app.sandbox.register(client.scopes([
            "launch/patient",
            "patient/Patient.read",
            "user/Slot.read",
            "offline_access",
        ]));
    })
    .await;
    let granted = opened.record().await.0.tokens.granted_scopes().clone();
    assert_eq!(
        granted,
        Scopes::parse("launch/patient patient/Patient.read offline_access")
    );
}

#[actix_web::test]
async fn an_error_with_an_address_instead_of_a_description_is_told_by_its_code() {
    let app = peculiar(Peculiarity::ErrorUriOnly)
        .sandbox(|sandbox| sandbox.automatic_answer(AutomaticAnswer::Deny))
        .start();
    let page = Browser::new().navigate(&app.url("/auth/launch")).await;
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(
        page.url.contains("error_uri=") && !page.url.contains("error_description"),
        "{}",
        page.url
    );
    assert!(
        page.body.contains("access_denied") && page.body.contains("Start again"),
        "{}",
        page.body
    );
    assert!(
        !page.body.contains("authorization.ehr.example"),
        "nobody is sent to an address from outside"
    );
}

#[actix_web::test]
async fn without_a_revocation_endpoint_signing_out_ends_the_launch_here() {
    let opened = Opened::with(peculiar(Peculiarity::NoRevocation)).await;
    assert_eq!(opened.browser.post(&opened.url("/auth/logout")).await.status, 200);
    assert_eq!(opened.token().await.status, 401);
}

#[actix_web::test]
async fn a_client_id_of_a_thousand_characters_is_sent_whole() {
    let id = "e".repeat(1_000);
    let configured = id.clone();
    let app = App::builder().ehr(move |ehr| ehr.client_id(configured));
    let registered = id.clone();
    let opened = Opened::with_gate(app, move |app| {
        app.sandbox
            .register(SandboxClient::public(registered, app.url("/auth/callback")));
    })
    .await;
    assert_eq!(opened.app.sandbox.grants()[0].client_id, id);
}

#[actix_web::test]
async fn a_redirect_uri_is_sent_as_it_is_registered_its_last_slash_included() {
    let app = App::builder().redirect_path("/signed-in/").start();
    let page = Browser::new().navigate(&app.url("/auth/launch")).await;
    assert_eq!(page.body, "patient amber-testwood");
    let sent = app.sandbox.token_requests()[0].parameter("redirect_uri");
    assert_eq!(sent, Some(app.url("/signed-in/")));
}
