//! Bulk Data: exports of all records, against the strict sandbox.

mod begun;
mod changed;
mod child;
mod damaged_files;
mod files;
mod folder;
mod folder_attacks;
mod folder_lines;
mod full_disk;
mod hostile_files;
mod interrupted;
mod killed;
mod large_manifest;
mod own_data;
mod raw;
mod raw_files;
mod token_places;
mod tokens;
mod unfetched;
mod waited_for;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use actix_smart_auth::{
    Ehr, EhrBuilder, PrivateKey, PrivateKeyJwt, SmartConfig,
    bulk::{BulkClient, BulkExport, ExportJob, ExportLevel, Manifest},
    sandbox::{Endpoint, Jwks, ReceivedRequest, SandboxClient, SandboxExport, SandboxServer},
    transport::HttpClient,
};

use crate::support::PRIVATE_KEY;

const CLIENT: &str = "nightly";
const SCOPES: &str = "system/Patient.rs system/Observation.rs";

/// A program that exports, and its EHR.
struct Exporter {
    sandbox: SandboxServer,
    config: SmartConfig,
}

impl Exporter {
    fn start(export: SandboxExport) -> Self {
        Self::with_scopes(export, SCOPES)
    }

    fn with_scopes(export: SandboxExport, scopes: &str) -> Self {
        let sandbox = crate::support::strict_ehr().export(export).start().unwrap();
        let config = config(&sandbox.fhir_base_url(), scopes);
        Self::of(sandbox, config)
    }

    fn with_client(export: SandboxExport, client: HttpClient) -> Self {
        let sandbox = crate::support::strict_ehr().export(export).start().unwrap();
        let ehr = registration(&sandbox.fhir_base_url(), SCOPES);
        let config = SmartConfig::builder().ehr(ehr).http_client(client);
        Self::of(sandbox, config.build().unwrap())
    }

    /// That the EHR knows.
    fn of(sandbox: SandboxServer, config: SmartConfig) -> Self {
        let jwks = serde_json::from_str(&config.jwks().unwrap()).unwrap();
        sandbox.register(SandboxClient::backend(CLIENT, Jwks::Value(jwks)));
        Self { sandbox, config }
    }

    /// That hardly waits.
    fn bulk(&self) -> BulkClient {
        bulk(&self.config, &self.sandbox.fhir_base_url())
    }

    fn export(&self) -> BulkExport {
        self.bulk().export(ExportLevel::System)
    }

    async fn job(&self) -> ExportJob {
        self.export().start().await.unwrap()
    }

    async fn manifest(&self) -> Manifest {
        self.job().await.wait(|_| ()).await.unwrap()
    }

    fn received(&self, endpoint: Endpoint) -> Vec<ReceivedRequest> {
        let all = self.sandbox.received_requests().into_iter();
        all.filter(|request| request.endpoint == endpoint).collect()
    }

    fn kick_offs(&self) -> Vec<ReceivedRequest> {
        let all = self.received(Endpoint::Fhir).into_iter();
        all.filter(|request| request.path.ends_with("$export")).collect()
    }
}

fn config(fhir_base_url: &str, scopes: &str) -> SmartConfig {
    SmartConfig::builder()
        .ehr(registration(fhir_base_url, scopes))
        .build()
        .unwrap()
}

fn registration(fhir_base_url: &str, scopes: &str) -> EhrBuilder {
    Ehr::builder(fhir_base_url)
        .client_id(CLIENT)
        .client_auth(PrivateKeyJwt::new("ec-1", PrivateKey::pem(PRIVATE_KEY)))
        .backend_scopes(scopes)
}

fn bulk(config: &SmartConfig, fhir_base_url: &str) -> BulkClient {
    config
        .backend(fhir_base_url)
        .bulk()
        .shortest_wait(Duration::from_millis(1))
        .timeout(Duration::from_secs(10))
}

/// A folder of the test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("smart-bulk-{}-{number}", std::process::id())))
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.starts_with("export."))
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How often each id stands in the files of that type in a folder.
fn ids(folder: &Path, resource_type: &str) -> BTreeMap<String, u32> {
    let mut ids = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if !name.starts_with(&format!("{resource_type}.")) || !name.ends_with(".ndjson") {
            continue;
        }
        for line in fs::read_to_string(&path).unwrap().lines() {
            let resource: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(resource["resourceType"], resource_type);
            *ids.entry(resource["id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    ids
}

/// Of made-up lines: that many, each once.
fn assert_each_once(ids: &BTreeMap<String, u32>, count: u64) {
    assert_eq!(u64::try_from(ids.len()).unwrap(), count);
    for (number, (id, times)) in ids.iter().enumerate() {
        assert_eq!((id.as_str(), *times), (format!("made-up-{number:012}").as_str(), 1));
    }
}
