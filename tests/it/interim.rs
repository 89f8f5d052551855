//! Servers, and proxies before them, that send interim answers before the final one.

use actix_smart_auth::SmartClient;

use crate::{
    smart_client::sign_in,
    support::{App, Opened, RawServer, UNUSABLE, http},
};

const SCOPES: &str = "launch/patient patient/*.rs offline_access";

fn after(interim: &str, tokens: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"access_token":"{tokens}","token_type":"Bearer","expires_in":3600,"scope":"{SCOPES}","patient":"p1","refresh_token":"r-{tokens}"}}"#
    );
    let mut answer = interim.as_bytes().to_vec();
    answer.extend(http(200, "application/json", body));
    answer
}

#[actix_web::test]
async fn a_sign_in_and_a_refresh_get_their_tokens_behind_hints_and_continues() {
    for interim in [
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload; as=style\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n",
    ] {
        let server = RawServer::start();
        server.answer(after(interim, "first"));
        let app = App::builder().ehr(|ehr| ehr.scopes(SCOPES));
        let opened = Opened::with_gate(app, |app| {
            let token = format!("{}/token", server.origin);
            app.sandbox.set_metadata_field("token_endpoint", token);
        })
        .await;
        assert_eq!(opened.token().await.body, "first");
        server.answer(after(interim, "second"));
        opened.app.advance(UNUSABLE);
        assert_eq!(opened.token().await.body, "second");
    }
}

#[actix_web::test]
async fn metadata_is_read_behind_hints() {
    let server = RawServer::start();
    let mut answer = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".to_vec();
    let app = App::builder()
        .ehr(|ehr| ehr.scopes(SCOPES))
        .another_ehr({
            let base = format!("{}/fhir", server.origin);
            move |redirect_uri| {
                actix_smart_auth::Ehr::builder(base)
                    .client_id("app")
                    .redirect_uri(redirect_uri)
                    .scopes(SCOPES)
            }
        })
        .start();
    let metadata = serde_json::json!({
        "authorization_endpoint": app.sandbox.authorization_endpoint(),
        "token_endpoint": app.sandbox.token_endpoint(),
        "capabilities": ["launch-standalone"],
        "code_challenge_methods_supported": ["S256"],
    });
    answer.extend(http(200, "application/json", metadata.to_string()));
    server.answer(answer);
    let client = SmartClient::for_ehr(&app.config, &format!("{}/fhir", server.origin))
        .await
        .unwrap();
    assert!(client.server_metadata().await.is_ok());
    // And the other one is as ever.
    let other = SmartClient::new(&app.config).unwrap();
    sign_in(&other, actix_smart_auth::StartOptions::standalone()).await;
}
