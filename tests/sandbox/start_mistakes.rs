//! What cannot be meant, found at the start: applications, which a sandbox that runs takes as they are, and faults and exports, which it does not.

use std::io;

use actix_smart_auth::sandbox::{
    AddressMistake, ClientMistake, Fault, FaultPoint, Jwks, SandboxBuilder, SandboxClient, SandboxExport, SandboxFault,
    SandboxServer, SandboxSettings, StartMistake, Times, When,
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

/// Faults with a value that no header can have, and the field in which it is.
fn unsendable(value: &str) -> [(Fault, &'static str); 4] {
    let value = || value.to_owned();
    [
        (
            Fault::Unavailable {
                retry_after: Some(value()),
            },
            "retry_after",
        ),
        (
            Fault::TooManyRequests {
                retry_after: Some(value()),
            },
            "retry_after",
        ),
        (
            Fault::Redirect {
                status: 307,
                location: value(),
            },
            "location",
        ),
        (
            Fault::Raw {
                status: 200,
                content_type: value(),
                body: Vec::new(),
            },
            "content_type",
        ),
    ]
}

#[test]
fn a_fault_with_a_header_that_cannot_be_sent_is_found_where_it_is_described() {
    let on = FaultPoint::Fhir;
    for value in ["1\r\nset-cookie: a=b", "1\n", "\u{0}", "\u{7f}"] {
        for (fault, field) in unsendable(value) {
            assert_eq!(fault.check().unwrap_err().field, field);
            let described = SandboxFault::new(on, When::Before, fault.clone(), Times::Once);
            let builder = SandboxServer::builder().fault(described.clone());
            let mistake = builder.check().unwrap_err();
            assert!(
                matches!(&mistake, StartMistake::Fault { on: FaultPoint::Fhir, reason } if reason.field == field),
                "{mistake:?}"
            );
            assert_eq!(builder.start().unwrap_err().to_string(), mistake.to_string());
            let written = serde_json::to_value(described).unwrap();
            let refused = serde_json::from_value::<SandboxFault>(written).unwrap_err().to_string();
            assert!(
                refused.starts_with(&field.replace('_', "-")) && refused.contains("control character"),
                "{refused}"
            );
        }
    }
    for (fault, _) in unsendable("grün\tund 1, \"2\"") {
        assert_eq!(fault.check(), Ok(()));
        let described = SandboxFault::new(on, When::Before, fault, Times::Once);
        let written = serde_json::to_value(&described).unwrap();
        assert_eq!(serde_json::from_value::<SandboxFault>(written).unwrap(), described);
    }
    let silent = serde_json::from_value::<SandboxFault>(json!({"on": "fhir", "fault": {"unavailable": {}}}));
    assert!(silent.is_ok(), "{silent:?}");
}

#[test]
#[should_panic(expected = "the fault: location has a line break or another control character")]
fn a_running_sandbox_takes_no_fault_that_cannot_be_sent() {
    let sandbox = SandboxServer::start().unwrap();
    let fault = Fault::Redirect {
        status: 307,
        location: "/\n".to_owned(),
    };
    sandbox.inject(FaultPoint::Fhir, When::Before, fault, Times::Once);
}

#[test]
fn an_export_with_a_header_that_cannot_be_sent_is_found_where_it_is_described() {
    let export = || SandboxExport::new().retry_after("1\r\n");
    let mistake = SandboxServer::builder().export(export()).check().unwrap_err();
    assert!(
        matches!(&mistake, StartMistake::Export { reason } if reason.field == "retry_after"),
        "{mistake:?}"
    );
    let written = json!({"export": {"retry-after": "1\r\n"}});
    let refused = serde_json::from_value::<SandboxSettings>(written)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("retry-after has a line break"), "{refused}");
    let running = SandboxServer::start().unwrap();
    let taken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| running.set_export(export())));
    assert!(taken.is_err());
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
