//! Tokens that run out while an export is fetched.

use std::{collections::BTreeSet, time::Duration};

use actix_smart_auth::{
    Ehr, PrivateKey, PrivateKeyJwt, SmartConfig,
    bulk::ExportLevel,
    sandbox::{Endpoint, Jwks, SandboxClient, SandboxExport, SandboxServer},
    time::ManualClock,
};

use super::{CLIENT, SCOPES};
use crate::support::{PRIVATE_KEY, clock};

/// Tokens of five minutes, and a clock that the test moves.
fn exporter() -> (ManualClock, SandboxServer, SmartConfig) {
    let clock = clock();
    let sandbox = SandboxServer::builder()
        .clock(clock.clone())
        .token_lifetime(Duration::from_secs(300))
        .export(SandboxExport::new().lines("Observation", 30).lines_per_file(10))
        .start()
        .unwrap();
    let ehr = Ehr::builder(sandbox.fhir_base_url())
        .client_id(CLIENT)
        .client_auth(PrivateKeyJwt::new("ec-1", PrivateKey::pem(PRIVATE_KEY)))
        .backend_scopes(SCOPES);
    let config = SmartConfig::builder().clock(clock.clone()).ehr(ehr).build().unwrap();
    let jwks = serde_json::from_str(&config.jwks().unwrap()).unwrap();
    sandbox.register(SandboxClient::backend(CLIENT, Jwks::Value(jwks)));
    (clock, sandbox, config)
}

#[actix_web::test]
async fn each_file_has_a_token_that_is_fresh() {
    let (clock, sandbox, config) = exporter();
    let bulk = super::bulk(&config, &sandbox.fhir_base_url());
    let job = bulk
        .export(ExportLevel::System)
        .types(["Observation"])
        .start()
        .await
        .unwrap();
    for file in job.wait(|_| ()).await.unwrap().files() {
        let mut lines = file.lines();
        while lines.next().await.unwrap().is_some() {}
        clock.advance(Duration::from_secs(300));
    }
    let files = sandbox.received_requests().into_iter();
    let files: Vec<_> = files
        .filter(|request| request.endpoint == Endpoint::ExportFile)
        .collect();
    let tokens: BTreeSet<_> = files
        .iter()
        .map(|request| request.header("authorization").unwrap())
        .collect();
    assert_eq!((files.len(), tokens.len()), (3, 3));
}

#[actix_web::test]
async fn a_token_that_is_refused_is_replaced_once_for_a_status_and_for_a_file() {
    let (clock, sandbox, config) = exporter();
    let bulk = super::bulk(&config, &sandbox.fhir_base_url());
    let job = bulk
        .export(ExportLevel::System)
        .types(["Observation"])
        .start()
        .await
        .unwrap();
    sandbox.expire_access_tokens();
    // One that is younger is not replaced: another would be refused as well.
    clock.advance(Duration::from_secs(11));
    let manifest = job.wait(|_| ()).await.unwrap();
    sandbox.expire_access_tokens();
    clock.advance(Duration::from_secs(11));
    assert!(manifest.files()[0].lines().next().await.unwrap().is_some());
    let statuses = |endpoint| {
        let all = sandbox.received_requests().into_iter();
        all.filter(|request| request.endpoint == endpoint)
            .map(|request| request.status.unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(statuses(Endpoint::ExportStatus), [401, 202, 202, 200]);
    assert_eq!(statuses(Endpoint::ExportFile), [401, 200]);
}
