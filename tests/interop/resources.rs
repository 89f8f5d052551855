//! Everything that the sandbox serves as FHIR is FHIR R4, as others read the specification: HL7's definitions by `@medplum/core`, and the
//! models of fhirclient for Python.
//!
//! `examples/fhir_models` reads the same resources with models of Rust. These here know more: constraints, formats, codes of required
//! value sets; and they are asked about writes, refusals and exports too.

mod served;

use std::process::Command;

use actix_smart_auth::sandbox::{SandboxExport, SandboxServer};
use serde_json::{Value, json};

use self::served::Served;
use crate::{clients::Program, needs};

/// The program of each model that is here.
fn models() -> Vec<(&'static str, Program)> {
    let clients = needs::directory().join("clients");
    let mut models = Vec::new();
    if needs::is_here(needs::node_package("clients/js", "@medplum/core")) {
        let mut node = Command::new("node");
        node.arg(clients.join("js/validate.mjs"));
        models.push(("@medplum/core", Program::spawn(node)));
    }
    if needs::is_here(needs::python_environment()) {
        let mut python = Command::new(needs::python());
        python.arg(clients.join("python/validate.py"));
        models.push(("fhirclient", Program::spawn(python)));
    }
    models
}

fn problems(program: &mut Program, resource: &Value) -> Vec<String> {
    let answer = program.answer(resource);
    serde_json::from_value(answer["problems"].clone()).unwrap()
}

#[test]
fn the_models_find_what_is_no_fhir() {
    for (name, mut program) in models() {
        let mut finds = |resource: Value| !problems(&mut program, &resource).is_empty();
        assert!(
            !finds(json!({"resourceType": "Patient", "name": [{"family": "Example"}]})),
            "{name}"
        );
        assert!(
            finds(json!({"resourceType": "Patient", "name": [{"surname": "Example"}]})),
            "{name}"
        );
        assert!(
            finds(json!({"resourceType": "Patient", "birthDate": "1950-2-3"})),
            "{name}"
        );
        assert!(
            finds(json!({"resourceType": "Observation", "status": "final"})),
            "{name}"
        );
        let inside = json!({"resourceType": "Patient", "surname": "Example"});
        let bundle = json!({"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": inside}]});
        assert!(finds(bundle), "{name}");
        if name == "@medplum/core" {
            assert!(finds(json!({"resourceType": "Patient", "gender": "f"})), "{name}");
            assert!(
                finds(json!({"resourceType": "Patient", "contact": [{"gender": "female"}]})),
                "{name}"
            );
        }
    }
}

#[actix_web::test]
async fn everything_that_the_sandbox_serves_is_fhir_r4() {
    let mut models = models();
    if models.is_empty() {
        return;
    }
    let sandbox = SandboxServer::builder()
        .export(SandboxExport::new().errors(2))
        .start()
        .unwrap();
    let served = Served::by(&sandbox).await;
    let mut broken = Vec::new();
    for (name, program) in &mut models {
        for (what, resource) in &served.resources {
            let problems = problems(program, resource);
            if !problems.is_empty() {
                broken.push(format!("{what} by {name}: {}\n{resource}", problems.join("; ")));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
