//! Where the token goes, and where nothing goes.

use actix_smart_auth::{
    bulk::{BulkAddressError, BulkFileError, ExportStartError, ExportStatusError},
    sandbox::{Endpoint, ExportFilesAt, ExportFilesToken, Fault, FaultPoint, SandboxExport, Times, When},
};
use serde_json::{Map, json};

use super::{Exporter, raw::CLIENTS};
use crate::support::RawServer;

fn count(received: &[actix_smart_auth::sandbox::ReceivedRequest]) -> (usize, usize) {
    let with_token = received
        .iter()
        .filter(|request| request.header("authorization").is_some());
    (received.len(), with_token.count())
}

async fn first_line(exporter: &Exporter) -> Result<bool, BulkFileError> {
    let manifest = exporter.manifest().await;
    manifest.files()[0].lines().next().await.map(|line| line.is_some())
}

#[actix_web::test]
async fn files_beside_the_server_get_the_token_where_the_manifest_wants_it() {
    let exporter = Exporter::start(SandboxExport::new());
    assert_eq!(first_line(&exporter).await, Ok(true));
    assert_eq!(count(&exporter.received(Endpoint::ExportFile)), (1, 1));
}

#[actix_web::test]
async fn files_that_want_no_token_get_none_wherever_they_are() {
    for place in [ExportFilesAt::SameOrigin, ExportFilesAt::OtherPort] {
        let export = SandboxExport::new()
            .files_token(ExportFilesToken::Refused)
            .files_at(place);
        let exporter = Exporter::start(export);
        assert_eq!(first_line(&exporter).await, Ok(true));
        assert_eq!(count(&exporter.received(Endpoint::ExportFile)), (1, 0));
    }
}

#[actix_web::test]
async fn files_at_another_port_that_want_the_token_get_no_request_unless_the_application_says_so() {
    let exporter = Exporter::start(SandboxExport::new().files_at(ExportFilesAt::OtherPort));
    let error = first_line(&exporter).await.unwrap_err();
    let BulkFileError::TokenNotForThere { file, origin } = &error else {
        panic!("{error}")
    };
    assert_eq!(file, "Patient.1.ndjson");
    assert!(error.to_string().contains("token_also_to"), "{error}");
    assert_eq!(count(&exporter.received(Endpoint::ExportFile)), (0, 0));

    let bulk = exporter.bulk().token_also_to(origin).unwrap();
    let job = bulk
        .export(actix_smart_auth::bulk::ExportLevel::System)
        .start()
        .await
        .unwrap();
    let manifest = job.wait(|_| ()).await.unwrap();
    assert!(manifest.files()[0].lines().next().await.unwrap().is_some());
    assert_eq!(count(&exporter.received(Endpoint::ExportFile)), (1, 1));
    assert!(exporter.bulk().token_also_to("http://files.example").is_err());
}

/// Object stores are like that; they refuse a request that comes with a token beside their own signature.
#[actix_web::test]
async fn a_redirect_is_followed_without_the_token() {
    for client in CLIENTS {
        let exporter = Exporter::with_client(SandboxExport::new().files_at(ExportFilesAt::Redirected), client);
        assert_eq!(first_line(&exporter).await, Ok(true));
        let files = exporter.received(Endpoint::ExportFile);
        assert_eq!(count(&files), (2, 1), "{client:?}");
        assert!(files[0].header("authorization").is_some() && files[1].header("authorization").is_none());
        assert_ne!(files[0].header("host"), files[1].header("host"));
    }
}

async fn with_files_at(address: &str) -> BulkFileError {
    let export = SandboxExport::new().files_at(ExportFilesAt::Address(address.to_owned()));
    first_line(&Exporter::start(export)).await.unwrap_err()
}

#[actix_web::test]
async fn no_spelling_of_an_address_leads_the_token_or_a_request_elsewhere() {
    let spy = RawServer::canary();
    let port = spy.origin.rsplit(':').next().unwrap().to_owned();
    for address in [
        format!("http://localhost:{port}/"),
        format!("http://127.0.0.1:{port}/"),
        format!("http://[::1]:{port}/"),
        format!("//127.0.0.1:{port}/"),
        "https://other.invalid/".to_owned(),
    ] {
        let error = with_files_at(&address).await;
        assert!(
            matches!(error, BulkFileError::TokenNotForThere { .. }),
            "{address}: {error}"
        );
    }
    for (address, problem) in [
        (format!("http://user@127.0.0.1:{port}/"), BulkAddressError::UserInfo),
        (format!("http://u:p@127.0.0.1:{port}/"), BulkAddressError::UserInfo),
        (format!("ftp://127.0.0.1:{port}/"), BulkAddressError::NotHttps),
        ("http://ehr.example/".to_owned(), BulkAddressError::NotHttps),
        ("file:///etc/passwd".to_owned(), BulkAddressError::Malformed),
        (format!("http:\\\\127.0.0.1:{port}/"), BulkAddressError::Malformed),
        (format!("http://127.0.0.1:{port}/ x"), BulkAddressError::Malformed),
    ] {
        let error = with_files_at(&address).await;
        let file = "Patient.1.ndjson".to_owned();
        assert_eq!(error, BulkFileError::Address { file, error: problem }, "{address}");
    }
    assert_eq!(spy.connections(), 0);
}

#[actix_web::test]
async fn redirects_lead_to_https_and_not_for_ever() {
    for (location, expected) in [
        ("http://ehr.example/x", Some(BulkAddressError::NotHttps)),
        ("http://a:b@127.0.0.1:1/x", Some(BulkAddressError::UserInfo)),
        ("/bulk/files/0/Patient/0", None),
    ] {
        let exporter = Exporter::start(SandboxExport::new());
        let redirect = Fault::Redirect {
            status: 302,
            location: location.to_owned(),
        };
        exporter
            .sandbox
            .inject(FaultPoint::ExportFile, When::Before, redirect, Times::Always);
        let (file, error) = ("Patient.1.ndjson".to_owned(), first_line(&exporter).await.unwrap_err());
        match expected {
            Some(problem) => assert_eq!(error, BulkFileError::Address { file, error: problem }),
            None => {
                assert_eq!(error, BulkFileError::Redirects { file });
                // The first has it.
                assert_eq!(count(&exporter.received(Endpoint::ExportFile)), (6, 1));
            }
        }
    }
}

#[actix_web::test]
async fn the_status_is_asked_at_the_server_alone() {
    for (location, expected) in [
        (
            "https://other.invalid/status",
            ExportStartError::TokenNotForThere {
                origin: "https://other.invalid".to_owned(),
            },
        ),
        (
            "http://127.0.0.1:1/status",
            ExportStartError::TokenNotForThere {
                origin: "http://127.0.0.1:1".to_owned(),
            },
        ),
        (
            "http://u@127.0.0.1/status",
            ExportStartError::StatusAddress(BulkAddressError::UserInfo),
        ),
        (
            "http://ehr.example/status",
            ExportStartError::StatusAddress(BulkAddressError::NotHttps),
        ),
    ] {
        let server = RawServer::start();
        server.answer(format!(
            "HTTP/1.1 202 A\r\nContent-Location: {location}\r\nContent-Length: 0\r\n\r\n"
        ));
        let exporter = Exporter::start(SandboxExport::new());
        let error = begun_at(&exporter, &server).await;
        assert_eq!(error, expected, "{location}");
    }
}

/// Begins an export at that server, with tokens of the sandbox.
async fn begun_at(exporter: &Exporter, server: &RawServer) -> ExportStartError {
    use actix_smart_auth::{Ehr, PrivateKey, PrivateKeyJwt, SmartConfig};
    let base = format!("{}/fhir", server.origin);
    let ehr = Ehr::builder(base.as_str())
        .client_id(super::CLIENT)
        .client_auth(PrivateKeyJwt::new("ec-1", PrivateKey::pem(crate::support::PRIVATE_KEY)))
        .endpoints(
            exporter.sandbox.authorization_endpoint(),
            exporter.sandbox.token_endpoint(),
        )
        .backend_scopes(super::SCOPES);
    let config = SmartConfig::builder().ehr(ehr).build().unwrap();
    let bulk = super::bulk(&config, &base);
    bulk.export(actix_smart_auth::bulk::ExportLevel::System)
        .start()
        .await
        .unwrap_err()
}

#[actix_web::test]
async fn a_page_of_the_manifest_is_asked_at_the_server_alone() {
    let exporter = Exporter::start(SandboxExport::new().looks(0));
    let job = exporter.job().await;
    let mut fields = Map::new();
    let next = json!([{"relation": "next", "url": "https://other.invalid/page"}]);
    fields.insert("link".to_owned(), next);
    exporter.sandbox.inject(
        FaultPoint::ExportStatus,
        When::Before,
        Fault::SetFields(fields),
        Times::Once,
    );
    let origin = "https://other.invalid".to_owned();
    assert_eq!(
        job.poll().await.unwrap_err(),
        ExportStatusError::TokenNotForThere { origin }
    );
}
