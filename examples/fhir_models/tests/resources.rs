//! What this repository writes as FHIR is FHIR: every resource of the sandbox, and every audit event that `examples/audit --fhir`
//! writes. The models read it, and have all of it when they write it again: they leave out what they do not know.

#[path = "../../audit/fhir.rs"]
mod audit;
mod support;

use std::{
    collections::BTreeSet,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
};

use actix_smart_auth::{
    SmartSession,
    audit::{AuditEvent, AuditFuture, AuditSink, FhirAudit},
    fhir::FhirError,
    launch_scope,
    sandbox::AutomaticAnswer,
};
use actix_web::web;
use fhir_sdk::r4b::resources::{self, Resource};
use serde_json::Value;
use support::start;

/// Everything of one type that the server has, as it sends it.
async fn all_of(
    session: SmartSession,
    resource_type: web::Path<(String, String)>,
) -> Result<web::Json<Value>, FhirError> {
    let (_, resource_type) = resource_type.into_inner();
    let request = session
        .fhir()
        .request(actix_smart_auth::transport::Method::Get, &resource_type);
    Ok(web::Json(request.send().await?.json()?))
}

async fn nothing_there(session: SmartSession) -> Result<web::Json<Value>, FhirError> {
    Ok(web::Json(session.fhir().read("Patient", "nobody").await?))
}

fn routes(app: &mut web::ServiceConfig) {
    app.service(
        launch_scope()
            .route("/", web::get().to(sign_out_page))
            .route("/nobody", web::get().to(nothing_there))
            .route("/all/{resource_type}", web::get().to(all_of)),
    );
}

async fn sign_out_page(session: SmartSession) -> web::Html {
    let address = session.path("/auth/logout");
    web::Html::new(format!(
        "<form method=\"post\" action=\"{address}\"><button>Sign out</button></form>"
    ))
}

/// Numbers are the same where they are of the same size, `134` and `134.0`, and instants with and without the zeros that end their fraction.
fn is_same(written: &Value, read: &Value) -> bool {
    match (written, read) {
        (Value::Number(written), Value::Number(read)) => written.as_f64() == read.as_f64(),
        (Value::Array(written), Value::Array(read)) => {
            written.len() == read.len() && written.iter().zip(read).all(|(written, read)| is_same(written, read))
        }
        (Value::Object(written), Value::Object(read)) => {
            let has = |name: &String, value: &Value| read.get(name).is_some_and(|read| is_same(value, read));
            written.len() == read.len() && written.iter().all(|(name, value)| has(name, value))
        }
        (Value::String(written), Value::String(read)) => without_last_zeros(written) == without_last_zeros(read),
        (written, read) => written == read,
    }
}

/// An instant without the zeros that end its fraction, as the models write it: `…18.580Z` is `…18.58Z`, and `…18.000Z` is `…18Z`.
fn without_last_zeros(text: &str) -> String {
    match text.strip_suffix('Z').and_then(|instant| instant.rsplit_once('.')) {
        Some((seconds, fraction)) if seconds.contains('T') && fraction.bytes().all(|byte| byte.is_ascii_digit()) => {
            match fraction.trim_end_matches('0') {
                "" => format!("{seconds}Z"),
                fraction => format!("{seconds}.{fraction}Z"),
            }
        }
        _ => text.to_owned(),
    }
}

#[test]
fn an_instant_is_the_same_with_and_without_the_zeros_that_end_its_fraction() {
    for (written, read) in [
        ("2026-12-01T04:41:18.580Z", "2026-12-01T04:41:18.58Z"),
        ("2026-12-01T04:41:18.500Z", "2026-12-01T04:41:18.5Z"),
        ("2026-12-01T04:41:18.000Z", "2026-12-01T04:41:18Z"),
        ("2026-12-01T04:41:18.123Z", "2026-12-01T04:41:18.123Z"),
    ] {
        assert!(is_same(&written.into(), &read.into()), "{written}");
    }
    for (written, read) in [
        ("2026-12-01T04:41:18.580Z", "2026-12-01T04:41:18.508Z"),
        ("1.10Z", "1.1Z"),
    ] {
        assert!(!is_same(&written.into(), &read.into()), "{written}");
    }
}

/// The type of the resource.
fn is_fhir(resource: &Value) -> Result<String, Box<dyn Error>> {
    let read: Resource = serde_json::from_value(resource.clone()).map_err(|error| format!("{error}: {resource}"))?;
    let again = serde_json::to_value(&read)?;
    assert!(is_same(resource, &again), "something is lost:\n{resource}\n{again}");
    Ok(read.resource_type().to_string())
}

#[test]
fn what_the_models_do_not_know_is_found() -> Result<(), Box<dyn Error>> {
    let good = serde_json::json!({"resourceType": "Patient", "name": [{"family": "Example"}]});
    assert_eq!(is_fhir(&good)?, "Patient");
    let bad = serde_json::json!({"resourceType": "Patient", "name": [{"surname": "Example"}]});
    assert!(std::panic::catch_unwind(|| is_fhir(&bad).is_ok()).is_err());
    Ok(())
}

#[actix_web::test]
async fn everything_that_the_sandbox_serves_is_fhir() -> Result<(), Box<dyn Error>> {
    let started = start(routes, |config| config)?;
    let page = started.browser.launch(&started.sandbox, "amber-testwood").await?;
    let metadata: Value = page.fetch("all/metadata").await?.json()?;
    assert_eq!(is_fhir(&metadata)?, "CapabilityStatement");

    let types = metadata["rest"][0]["resource"].as_array().cloned().unwrap_or_default();
    assert!(types.len() >= 7, "{metadata}");
    for of_type in types.iter().filter_map(|it| it["type"].as_str()) {
        let bundle: Value = page.fetch(&format!("all/{of_type}")).await?.json()?;
        assert_eq!(is_fhir(&bundle)?, "Bundle");
        let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
        assert!(!entries.is_empty(), "nothing of {of_type}");
        for entry in &entries {
            assert_eq!(is_fhir(&entry["resource"])?, of_type);
        }
    }

    // Without a token, it says what is wrong.
    let refused = format!("{}/Patient/amber-testwood", started.sandbox.fhir_base_url());
    let refused = started.browser.open(&refused).await?;
    assert_eq!(refused.status(), 401);
    assert_eq!(is_fhir(&refused.json()?)?, "OperationOutcome");
    Ok(())
}

/// Keeps what it is given.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<AuditEvent>>>);

impl AuditSink for Kept {
    fn write<'a>(&'a self, events: &'a [AuditEvent]) -> AuditFuture<'a> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(events);
        Box::pin(std::future::ready(Ok(())))
    }
}

#[actix_web::test]
async fn every_audit_event_of_the_example_is_fhir() -> Result<(), Box<dyn Error>> {
    let kept = Kept::default();
    let sink = kept.clone();
    let started = start(routes, move |config| config.audit(sink).audit_fhir(FhirAudit::Each))?;
    let (browser, sandbox) = (&started.browser, &started.sandbox);

    let page = browser.launch(sandbox, "amber-testwood").await?;
    assert_eq!(page.fetch("all/Patient").await?.status(), 200);
    assert_eq!(page.fetch("nobody").await?.status(), 404);
    // Long enough for the token, and not for the launch.
    started.clock.advance(std::time::Duration::from_secs(3_590));
    let page = page.reload().await?;
    assert_eq!(sandbox.token_requests_of("refresh_token").len(), 1, "{page}");
    page.click("Sign out").await?;
    sandbox.set_automatic_answer(AutomaticAnswer::Deny);
    browser.launch(sandbox, "amber-testwood").await?;

    let wanted = BTreeSet::from(["sign_in", "fhir_access", "refresh", "end", "sign_in_refused"].map(str::to_owned));
    let mut events = Vec::new();
    let mut kinds = BTreeSet::new();
    // The trail is written behind the pages.
    for _ in 0..500 {
        events = kept.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        kinds = events.iter().filter_map(kind).collect();
        if kinds == wanted {
            break;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(kinds, wanted);
    for event in &events {
        let written = audit::audit_event(event);
        assert_eq!(is_fhir(&written)?, "AuditEvent");
        let read: resources::AuditEvent = serde_json::from_value(written)?;
        assert_eq!(read.agent.iter().flatten().filter(|agent| agent.requestor).count(), 1);
    }
    Ok(())
}

fn kind(event: &AuditEvent) -> Option<String> {
    Some(serde_json::to_value(event).ok()?["event"].as_str()?.to_owned())
}
