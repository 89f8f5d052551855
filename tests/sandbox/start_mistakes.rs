//! Applications that cannot be meant, found at the start, and taken as they are by a sandbox that runs.

use std::io;

use actix_smart_auth::sandbox::{
    AddressMistake, ClientMistake, Jwks, SandboxBuilder, SandboxClient, SandboxServer, StartMistake,
};
use serde_json::json;

use crate::support::*;

fn refused(builder: SandboxBuilder, client_id: &str, reason: &ClientMistake) {
    let expected = StartMistake::Client {
        client_id: client_id.to_owned(),
        reason: reason.clone(),
    };
    assert_eq!(builder.check(), Err(expected.clone()));
    let error = builder.start().unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string()),
        (io::ErrorKind::InvalidInput, expected.to_string())
    );
}

#[test]
fn a_client_that_cannot_be_meant_is_found_at_the_start() {
    let with = |client: SandboxClient| SandboxServer::builder().client(client);
    let opens_nothing = |text: &str| ClientMistake::Address(AddressMistake::OpensNothing(text.to_owned()));
    for (client, reason) in [
        (SandboxClient::public("", CALLBACK), ClientMistake::NoId),
        (
            SandboxClient::public("a", "callback"),
            ClientMistake::Address(AddressMistake::NoUrl("callback".to_owned())),
        ),
        (
            SandboxClient::public("a", CALLBACK).redirect_uri("https://app.example/cb#x"),
            ClientMistake::Address(AddressMistake::Fragment("https://app.example/cb#x".to_owned())),
        ),
        (SandboxClient::public("a", "about:blank"), opens_nothing("about:blank")),
        (
            SandboxClient::private_key_jwt("a", CALLBACK, Jwks::Value(json!({}))),
            ClientMistake::NoKeys,
        ),
        (
            SandboxClient::backend("a", Jwks::Url("keys".to_owned())),
            ClientMistake::NoKeySet("keys".to_owned()),
        ),
        (
            SandboxClient::public("a", CALLBACK).and_backend(),
            ClientMistake::NoCredential,
        ),
    ] {
        let id = client.client_id().to_owned();
        refused(with(client), &id, &reason);
    }
    let launch = "javascript:alert(1)";
    refused(
        SandboxServer::builder().launch_url("a", launch),
        "a",
        &opens_nothing(launch),
    );
    let error = with(SandboxClient::public("a", "about:blank")).check().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the client \"a\": about:blank opens no application; give an address with http, https or a scheme of the application's own"
    );
}

#[test]
fn what_can_be_meant_starts_and_a_running_sandbox_takes_what_it_is_told() {
    let client = SandboxClient::public("a", "app:/back").redirect_uri("http://ehr-app.test/cb");
    let sandbox = SandboxServer::builder()
        .client(client)
        .launch_url("a", "http://ehr-app.test/launch#top")
        .start()
        .unwrap();
    sandbox.register(SandboxClient::public("b", "callback"));
    assert_eq!(sandbox.client_ids(), ["a", "b"]);
}
