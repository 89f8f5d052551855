//! An application that keeps an audit trail in the file `audit.jsonl`: one JSON object a line for each event, as the crate writes it, or
//! with `--fhir` as an `AuditEvent` of FHIR R4.
//!
//! The EHR is what the environment variables of `SmartConfig::from_env` name.

mod fhir;

use std::time::Duration;

use actix_session::{SessionMiddleware, storage::CookieSessionStore};
use actix_smart_auth::{
    Patient, SmartAuth, SmartConfig,
    audit::{FhirAudit, JsonLines},
    launch_scope,
};
use actix_web::{App, HttpServer, cookie::Key, web};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt::init();
    let file = JsonLines::open("audit.jsonl")?;
    let sink = match std::env::args().nth(1).as_deref() {
        Some("--fhir") => file.written_as(fhir::audit_event),
        _ => file,
    };
    let config = SmartConfig::builder()
        .ehr_from_env()
        .audit(sink)
        .audit_fhir(FhirAudit::Each)
        .build()?;
    let (app_config, key) = (config.clone(), Key::generate());
    HttpServer::new(move || {
        App::new()
            .service(launch_scope().route("/", web::get().to(welcome)))
            .wrap(SmartAuth::new(app_config.clone()))
            .wrap(SessionMiddleware::new(CookieSessionStore::default(), key.clone()))
    })
    .bind(("127.0.0.1", 8080))?
    .run()
    .await?;
    let report = config.shutdown(Duration::from_secs(10)).await;
    if report.audit_events_left > 0 {
        return Err(format!("{} audit events were not written", report.audit_events_left).into());
    }
    Ok(())
}

async fn welcome(patient: Patient) -> String {
    format!("Patient {}", patient.id())
}
