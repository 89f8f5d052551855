//! How an export is asked for.

use std::time::Duration;

use actix_smart_auth::{
    bulk::{ExportLevel, ExportStartError, FhirInstant, KickOff, OutputFormat},
    error::FhirAddressError,
    fhir::FhirError,
    sandbox::{Fault, FaultPoint, SandboxExport, Times, When},
};
use serde_json::{Value, json};

use super::Exporter;

fn started() -> Exporter {
    Exporter::start(SandboxExport::new())
}

#[actix_web::test]
async fn each_level_has_its_address_and_says_that_it_is_not_waited_for() {
    for (level, path) in [
        (ExportLevel::System, "/fhir/$export"),
        (ExportLevel::Patient, "/fhir/Patient/$export"),
        (
            ExportLevel::Group("everybody".to_owned()),
            "/fhir/Group/everybody/$export",
        ),
    ] {
        for (kick_off, method) in [(KickOff::Get, "GET"), (KickOff::Post, "POST")] {
            let exporter = started();
            exporter
                .bulk()
                .export(level.clone())
                .kick_off(kick_off)
                .start()
                .await
                .unwrap();
            let requests = exporter.kick_offs();
            let [request] = requests.as_slice() else {
                panic!("{requests:?}")
            };
            assert_eq!((request.method.as_str(), request.path.as_str()), (method, path));
            assert_eq!(request.header("prefer"), Some("respond-async"));
            assert!(request.header("accept").unwrap().starts_with("application/fhir+json"));
            assert!(request.query.is_empty());
        }
    }
}

#[actix_web::test]
async fn parameters_are_written_as_the_specification_has_them_in_the_address_and_in_the_body() {
    let exporter = started();
    let since: FhirInstant = "2026-01-31T08:15:00.123+01:00".parse().unwrap();
    let export = |kick_off| {
        exporter
            .export()
            .kick_off(kick_off)
            .output_format(OutputFormat::Ndjson)
            .since(since.clone())
            .until("2026-02-01T00:00:00Z".parse::<FhirInstant>().unwrap())
            .types(["Patient", "Observation"])
            .elements(["Patient.birthDate"])
            .include_associated_data(["LatestProvenanceResources"])
            .type_filter("Observation?category=laboratory,vital-signs")
            .type_filter("Observation?status=final")
    };
    let expected = [
        ("_outputFormat", "valueString", "application/ndjson"),
        ("_since", "valueInstant", "2026-01-31T08:15:00.123+01:00"),
        ("_until", "valueInstant", "2026-02-01T00:00:00Z"),
        ("_type", "valueString", "Patient,Observation"),
        ("_elements", "valueString", "Patient.birthDate"),
        ("includeAssociatedData", "valueString", "LatestProvenanceResources"),
        (
            "_typeFilter",
            "valueString",
            "Observation?category=laboratory,vital-signs",
        ),
        ("_typeFilter", "valueString", "Observation?status=final"),
    ];
    let job = export(KickOff::Get).start().await.unwrap();
    job.cancel().await.unwrap();
    let pairs: Vec<_> = expected
        .map(|(name, _, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
    assert_eq!(exporter.kick_offs()[0].query, pairs);

    export(KickOff::Post).start().await.unwrap();
    let body: Value = serde_json::from_str(&exporter.kick_offs()[1].body).unwrap();
    let parameters: Vec<_> = expected
        .map(|(name, member, value)| json!({"name": name, member: value}))
        .to_vec();
    assert_eq!(body, json!({"resourceType": "Parameters", "parameter": parameters}));
}

/// An address stands in logs.
#[actix_web::test]
async fn patients_are_named_in_a_body_and_never_in_an_address() {
    let exporter = started();
    let export = exporter
        .bulk()
        .export(ExportLevel::Patient)
        .patients(["amber-testwood"]);
    let manifest = export.start().await.unwrap().wait(|_| ()).await.unwrap();
    let request = &exporter.kick_offs()[0];
    assert_eq!((request.method.as_str(), request.query.len()), ("POST", 0));
    assert!(request.body.contains("Patient/amber-testwood"));
    assert_eq!(manifest.output(Some("Patient"))[0].count(), Some(1));
}

#[actix_web::test]
async fn what_is_not_written_as_fhir_has_it_is_not_sent() {
    let exporter = started();
    let of_patients = || exporter.bulk().export(ExportLevel::Patient);
    for (export, error) in [
        (exporter.export().types(["patient"]), FhirAddressError::NoResourceType),
        (
            exporter.export().types(["Patient,Group"]),
            FhirAddressError::NoResourceType,
        ),
        (exporter.export().type_filter("?x=1"), FhirAddressError::NoResourceType),
        (of_patients().patients(["a/b"]), FhirAddressError::NoId),
    ] {
        assert_eq!(export.start().await.unwrap_err(), ExportStartError::Parameter(error));
    }
    assert_eq!(
        exporter.export().patients(["a"]).start().await.unwrap_err(),
        ExportStartError::PatientsAtSystemLevel
    );
    let group = exporter.bulk().export(ExportLevel::Group("a/../b".to_owned()));
    assert_eq!(
        group.start().await.unwrap_err(),
        ExportStartError::Request(FhirError::Address(FhirAddressError::NoId))
    );
    assert!(exporter.kick_offs().is_empty());
}

#[actix_web::test]
async fn a_second_export_is_too_many_until_the_first_is_ended() {
    let exporter = started();
    let first = exporter.job().await;
    let error = exporter.export().start().await.unwrap_err();
    let retry_after = Some(Duration::from_secs(1));
    assert_eq!(error, ExportStartError::Busy { retry_after });
    first.cancel().await.unwrap();
    exporter.export().start().await.unwrap();
}

/// It says so before it begins anything.
#[actix_web::test]
async fn a_server_that_is_too_busy_to_begin_an_export_is_busy_for_as_long_as_it_says() {
    for (retry_after, expected) in [(Some("120"), Some(Duration::from_secs(120))), (None, None)] {
        let exporter = started();
        let fault = Fault::Unavailable {
            retry_after: retry_after.map(str::to_owned),
        };
        exporter
            .sandbox
            .inject(FaultPoint::Export, When::Before, fault, Times::Once);
        let error = exporter.export().start().await.unwrap_err();
        assert_eq!(error, ExportStartError::Busy { retry_after: expected });
        assert_eq!(exporter.kick_offs().len(), 1);
    }
}

#[actix_web::test]
async fn a_type_without_a_scope_is_refused_by_the_server_in_its_words() {
    let exporter = Exporter::with_scopes(SandboxExport::new(), "system/Patient.rs");
    let error = exporter
        .export()
        .types(["Patient", "Observation"])
        .start()
        .await
        .unwrap_err();
    let ExportStartError::Request(FhirError::Outcome { status, .. }) = error else {
        panic!("{error}")
    };
    assert_eq!(status, 403);
}

#[actix_web::test]
async fn an_answer_that_begins_nothing_is_told_by_what_is_wrong_with_it() {
    let answers = [
        (
            Fault::Raw {
                status: 200,
                content_type: "application/fhir+json".to_owned(),
                body: b"{}".to_vec(),
            },
            ExportStartError::NotAccepted { status: 200 },
        ),
        (Fault::Status(202), ExportStartError::NoStatusAddress),
    ];
    for (fault, expected) in answers {
        let exporter = started();
        exporter
            .sandbox
            .inject(FaultPoint::Export, When::Before, fault, Times::Once);
        assert_eq!(exporter.export().start().await.unwrap_err(), expected);
    }
}

/// It may have begun: a second one would run beside it.
#[actix_web::test]
async fn a_request_whose_connection_breaks_is_not_sent_again() {
    for kick_off in [KickOff::Get, KickOff::Post] {
        let exporter = started();
        exporter
            .sandbox
            .inject(FaultPoint::Export, When::After, Fault::Reset, Times::Once);
        let error = exporter.export().kick_off(kick_off).start().await.unwrap_err();
        assert!(
            matches!(error, ExportStartError::Request(FhirError::Transport(_))),
            "{error}"
        );
        assert_eq!(exporter.kick_offs().len(), 1);
    }
}

/// Nothing was sent yet that could begin it.
#[actix_web::test]
async fn an_ehr_that_gives_no_token_for_the_moment_is_waited_for_and_the_export_begins_once() {
    let one = |kick_off: KickOff| async move {
        let exporter = started();
        let trouble = Fault::Unavailable { retry_after: None };
        exporter
            .sandbox
            .inject(FaultPoint::Backend, When::Before, trouble, Times::Once);
        exporter.export().kick_off(kick_off).start().await.unwrap();
        assert_eq!(exporter.kick_offs().len(), 1);
    };
    tokio::join!(one(KickOff::Get), one(KickOff::Post));
}

#[actix_web::test]
async fn an_ehr_that_gives_no_token_again_and_again_is_not_waited_for_for_ever() {
    let exporter = started();
    let trouble = Fault::Unavailable { retry_after: None };
    exporter
        .sandbox
        .inject(FaultPoint::Backend, When::Before, trouble, Times::Always);
    let export = exporter.bulk().attempts(2).export(ExportLevel::System);
    let error = export.start().await.unwrap_err();
    assert!(
        matches!(error, ExportStartError::Request(FhirError::Backend(_))),
        "{error}"
    );
    assert!(exporter.kick_offs().is_empty());
}

#[actix_web::test]
async fn an_export_that_is_printed_names_no_patient() {
    let exporter = Exporter::start(SandboxExport::new());
    let export = exporter
        .bulk()
        .export(ExportLevel::Patient)
        .patients(["anna-example"])
        .type_filter("Observation?patient=bert-example");
    let printed = format!("{export:?}");
    assert!(!printed.contains("anna") && !printed.contains("bert"), "{printed}");
    assert!(
        printed.contains("patients: 1") && printed.contains("type_filters: 1"),
        "{printed}"
    );
}
