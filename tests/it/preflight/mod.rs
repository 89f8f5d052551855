//! What people get wrong when they register an application, planted one by one: each is found under its own name, and the cure
//! names the right thing.

mod backend;
mod callers;
mod keys;
mod reach;
mod registering;
mod registration;
mod report;
mod server;
mod store;
mod tls;

use actix_smart_auth::{
    Ehr, EhrBuilder, SmartConfig, SmartConfigBuilder,
    preflight::{Check, Finding, Preflight, Status},
    sandbox::{SandboxClient, SandboxServer},
};

const CLIENT: &str = "my-app";
const REDIRECT_URI: &str = "http://127.0.0.1:8080/auth/callback";
const SCOPES: &str = "openid fhirUser launch/patient patient/*.rs offline_access";

/// An EHR with which the application is registered as a public client.
fn good_sandbox() -> SandboxServer {
    let sandbox = crate::support::strict_ehr().start().unwrap();
    sandbox.register(SandboxClient::public(CLIENT, REDIRECT_URI));
    sandbox
}

fn registration(fhir_base_url: impl AsRef<str>) -> EhrBuilder {
    Ehr::builder(fhir_base_url.as_ref())
        .client_id(CLIENT)
        .redirect_uri(REDIRECT_URI)
        .scopes(SCOPES)
}

fn config(ehr: EhrBuilder) -> SmartConfigBuilder {
    SmartConfig::builder().ehr(ehr)
}

/// The report about this registration.
async fn report(ehr: EhrBuilder) -> Preflight {
    config(ehr).build().unwrap().preflight().await
}

/// The findings of a check that are not as they should be, and of which there has to be one.
#[track_caller]
fn only(report: &Preflight, check: Check) -> &Finding {
    let found: Vec<_> = report
        .findings()
        .iter()
        .filter(|finding| finding.check == check && finding.status != Status::Ok)
        .collect();
    assert_eq!(found.len(), 1, "{check}: {report}");
    found[0]
}

/// That this is the one thing that keeps launches from working, and what its cure names.
#[track_caller]
fn assert_fails(report: &Preflight, check: Check, cure_names: &str) {
    let failures: Vec<_> = report
        .findings()
        .iter()
        .filter(|finding| finding.status == Status::Failure)
        .map(|finding| finding.check)
        .collect();
    assert_eq!(failures, [check], "{report}");
    assert!(!report.can_launch());
    assert_cure(only(report, check), cure_names);
}

/// That this is warned about, that launches can work, and what the cure names.
#[track_caller]
fn assert_warns(report: &Preflight, check: Check, cure_names: &str) {
    assert!(report.can_launch(), "{report}");
    let finding = only(report, check);
    assert_eq!(finding.status, Status::Warning, "{report}");
    assert_cure(finding, cure_names);
}

#[track_caller]
fn assert_cure(finding: &Finding, names: &str) {
    let cure = finding.cure.as_deref().unwrap_or_default();
    assert!(cure.contains(names), "the cure does not name {names}: {finding:#?}");
}
