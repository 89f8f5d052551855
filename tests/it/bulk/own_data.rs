//! Exports of data of somebody's own.

use actix_smart_auth::{
    bulk::ExportLevel,
    sandbox::{SandboxData, SandboxExport},
};
use serde_json::{Value, json};

use super::{Exporter, config};

async fn exported(exporter: &Exporter, level: ExportLevel) -> Vec<String> {
    let job = exporter.bulk().export(level).start().await.unwrap();
    let manifest = job.wait(|_| ()).await.unwrap();
    let mut found = Vec::new();
    for file in manifest.output(None) {
        let mut resources = file.resources::<Value>();
        while let Some(resource) = resources.next().await.unwrap() {
            let text = |name: &str| resource[name].as_str().unwrap().to_owned();
            found.push(format!("{}/{}", text("resourceType"), text("id")));
        }
    }
    found.sort();
    found
}

#[actix_web::test]
async fn every_type_of_the_data_is_exported_and_those_of_patients_only_with_a_patient() {
    let of_nora = json!({"reference": "Patient/nora"});
    let resources = [
        json!({"resourceType": "Patient", "id": "nora"}),
        json!({"resourceType": "Procedure", "id": "of-nora", "subject": of_nora}),
        json!({"resourceType": "Procedure", "id": "of-nobody"}),
        json!({"resourceType": "Organization", "id": "clinic"}),
        json!({"resourceType": "Practitioner", "id": "d"}),
    ];
    let entries = resources.map(|resource| json!({"resource": resource}));
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries});
    let data = SandboxData::empty().bundle(&bundle).unwrap();
    let sandbox = crate::support::strict_ehr()
        .data(data)
        .export(SandboxExport::new())
        .start()
        .unwrap();
    let config = config(&sandbox.fhir_base_url(), "system/*.rs");
    let exporter = Exporter::of(sandbox, config);
    assert_eq!(
        exported(&exporter, ExportLevel::System).await,
        [
            "Organization/clinic",
            "Patient/nora",
            "Practitioner/d",
            "Procedure/of-nobody",
            "Procedure/of-nora"
        ]
    );
    assert_eq!(
        exported(&exporter, ExportLevel::Patient).await,
        ["Patient/nora", "Procedure/of-nora"]
    );
}
