//! Brand bundles: fetched, kept, shown, and believed as far as the application says.

mod chooser;
mod fetching;
mod hanging;
mod linked;
mod logos;
mod lost_servers;
mod told;

use std::time::Duration;

use actix_smart_auth::{
    Ehr, EhrBuilder, SmartClient, SmartConfig, SmartConfigBuilder,
    brands::{Brand, BrandDirectory},
    time::ManualClock,
};
use serde_json::{Value, json};

use crate::support::{RawServer, clock};

const REDIRECT_URI: &str = "http://127.0.0.1:9/auth/callback";

fn endpoint(id: &str, address: &str) -> Value {
    json!({"fullUrl": format!("https://v.example/Endpoint/{id}"), "resource": {
        "resourceType": "Endpoint", "id": id, "status": "active", "address": address,
        "connectionType": {"code": "hl7-fhir-rest"},
    }})
}

fn organization(id: &str, name: &str, city: &str, endpoint: &str) -> Value {
    json!({"fullUrl": format!("https://v.example/Organization/{id}"), "resource": {
        "resourceType": "Organization", "id": id, "active": true, "name": name,
        "address": [{"city": city, "state": "IL"}],
        "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/organization-portal", "extension": [
            {"url": "portalEndpoint", "valueReference": {"reference": format!("Endpoint/{endpoint}")}},
        ]}],
    }})
}

fn bundle(entries: &[Value]) -> String {
    json!({"resourceType": "Bundle", "type": "collection", "entry": entries}).to_string()
}

/// One brand of this name.
fn one(name: &str) -> String {
    bundle(&[
        endpoint("e", "https://north.example/fhir"),
        organization("o", name, "Springfield", "e"),
    ])
}

fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/fhir+json\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn registration(brand: &Brand<'_>) -> Option<EhrBuilder> {
    Some(
        Ehr::builder(brand.fhir_base_url())
            .name(brand.name())
            .client_id("app")
            .scopes("launch/patient patient/*.rs"),
    )
}

/// An application whose EHRs are in the bundle of this server.
struct Published {
    clock: ManualClock,
    server: RawServer,
    config: SmartConfig,
    directory: BrandDirectory,
}

impl Published {
    fn start() -> Self {
        Self::with(|directory| directory)
    }

    fn with(change: impl Fn(BrandDirectory) -> BrandDirectory) -> Self {
        let (clock, server) = (clock(), RawServer::start());
        let address = format!("{}/brands.json", server.origin);
        let directory = change(BrandDirectory::new(address, registration).refresh_after(Duration::from_secs(60)));
        let config = builder(&clock).brands(directory.clone()).build().unwrap();
        Self {
            clock,
            server,
            config,
            directory,
        }
    }

    /// Somebody asks for an EHR that is not in the bundle.
    async fn needed(&self, number: usize) {
        let unknown = format!("https://unknown-{number}.example/fhir");
        SmartClient::for_ehr(&self.config, &unknown).await.unwrap_err();
    }

    fn names(&self) -> Vec<String> {
        let found = self.directory.search("", 100);
        found.into_iter().map(|choice| choice.name).collect()
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

fn builder(clock: &ManualClock) -> SmartConfigBuilder {
    SmartConfig::builder().redirect_uri(REDIRECT_URI).clock(clock.clone())
}
