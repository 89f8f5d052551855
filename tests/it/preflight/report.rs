//! The report itself: for people, for programs, and of a configuration that cannot be built.

use actix_smart_auth::{
    EhrBuilder, SmartConfig,
    preflight::{Check, Colours, Preflight, PreflightOptions, Status},
    resolver::{EhrResolver, FhirBaseUrl, ResolveFuture},
};
use serde_json::json;

use super::{REDIRECT_URI, config, good_sandbox, only, registration};

#[tokio::test]
async fn what_to_register_comes_first_in_the_table_and_lines_have_80_columns() {
    let sandbox = good_sandbox();
    let config = config(registration(sandbox.fhir_base_url()).scopes("patient/*.rs"))
        .build()
        .unwrap();
    let report = config.preflight().await;
    let table = report.to_string();
    assert!(
        table.starts_with(&format!("To register at the EHR {}\n", sandbox.fhir_base_url())),
        "{table}"
    );
    for text in [
        REDIRECT_URI,
        "http://127.0.0.1:8080/auth/launch",
        "token-endpoint",
        "\nA launch can work: ",
    ] {
        assert!(table.contains(text), "{text}: {table}");
    }
    for line in table.lines() {
        let is_an_address = line.split_whitespace().any(|word| word.contains("://"));
        assert!(line.chars().count() <= 80 || is_an_address, "{line}");
    }
    assert!(!table.contains('\u{1b}'));
    assert!(report.table(Colours::Ansi).to_string().contains("\u{1b}[32mok"));
}

#[tokio::test]
async fn a_program_reads_the_same() {
    let sandbox = good_sandbox();
    let report = config(registration(sandbox.fhir_base_url()))
        .build()
        .unwrap()
        .preflight()
        .await;
    let json = report.to_json();
    assert_eq!(json["can_launch"], true);
    assert_eq!(json["registrations"][0]["redirect_uri"], REDIRECT_URI);
    assert_eq!(json["findings"].as_array().unwrap().len(), report.findings().len());
    assert_eq!(json["findings"][1]["check"], json!(report.findings()[1].check.id()));
    assert_eq!(json["findings"][1]["status"], "ok");
}

#[test]
fn each_problem_of_a_configuration_is_a_failure() {
    let missing = registration("").client_id("").scopes("patient/Patient.rs,openid");
    let error = SmartConfig::builder().ehr(missing).build().unwrap_err();
    let report = Preflight::from(&error);
    assert!(!report.can_launch());
    let cures: Vec<_> = report
        .findings()
        .iter()
        .filter_map(|finding| finding.cure.as_deref())
        .collect();
    assert_eq!(cures.len(), 3, "{report}");
    for (cure, variable) in cures.iter().zip(["FHIR_BASE_URL", "SMART_CLIENT_ID", "SMART_SCOPES"]) {
        assert!(cure.contains(variable), "{report}");
    }
    assert!(
        report
            .findings()
            .iter()
            .all(|finding| finding.check == Check::Configuration)
    );
}

#[tokio::test]
async fn an_ehr_that_is_not_registered_is_not_asked() {
    let sandbox = good_sandbox();
    let config = config(registration(sandbox.fhir_base_url())).build().unwrap();
    let canary = crate::support::RawServer::canary();
    let unknown = config
        .preflight_of(&format!("{}/fhir", canary.origin), PreflightOptions::default())
        .await;
    assert!(unknown.is_err());
    assert_eq!(canary.connections(), 0);
    let known = config
        .preflight_of(&sandbox.fhir_base_url(), PreflightOptions::default())
        .await;
    assert!(known.unwrap().can_launch());
}

#[tokio::test]
async fn a_configuration_that_was_shut_down_says_so() {
    let sandbox = good_sandbox();
    let config = config(registration(sandbox.fhir_base_url())).build().unwrap();
    config.shutdown(std::time::Duration::from_secs(5)).await;
    let report = config.preflight().await;
    assert!(!report.can_launch());
    assert!(report.to_string().contains("SmartConfig::shutdown"), "{report}");
    let checks: Vec<_> = report.findings().iter().map(|finding| finding.check).collect();
    assert_eq!(checks, [Check::FhirBaseUrl, Check::Store], "{report}");
}

/// A resolver that knows nobody.
#[derive(Debug)]
struct NoEhr;

impl EhrResolver for NoEhr {
    fn resolve<'a>(&'a self, _: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>> {
        Box::pin(async { Ok(None) })
    }
}

#[tokio::test]
async fn with_a_resolver_alone_nothing_is_said_of_launches() {
    let config = SmartConfig::builder()
        .ehr_resolver(NoEhr)
        .redirect_uri(REDIRECT_URI)
        .build()
        .unwrap();
    let report = config.preflight().await;
    assert_eq!(only(&report, Check::FhirBaseUrl).status, Status::NotChecked, "{report}");
    assert!(!report.can_launch());
    let table = report.to_string();
    assert!(table.contains("\nNo EHR was looked at"), "{table}");
    assert!(table.contains("preflight_of"), "{table}");
}
