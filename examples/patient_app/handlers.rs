//! What is done for each address; what it looks like is in `pages`.

use actix_smart_auth::{Patient, RefreshNow, SmartSession, error::LaunchError};
use actix_web::{HttpResponse, Responder, http::header, web};
use metrics_exporter_prometheus::PrometheusHandle;

use crate::{
    chart::Chart,
    events::Events,
    pages::{self, Notice},
    setup::EhrPage,
};

/// `/`: outside of any launch.
pub(crate) async fn home(ehr: web::Data<EhrPage>) -> HttpResponse {
    html(pages::home(ehr.0.as_deref()))
}

/// `/~{smart_launch}/`: the patient of this tab's launch.
///
/// It runs only with an open launch, a patient in context and a fresh access token; otherwise the browser has been
/// answered already.
pub(crate) async fn patient(
    patient: Patient,
    notice: web::Query<Notice>,
    ehr: web::Data<EhrPage>,
    events: web::Data<Events>,
) -> HttpResponse {
    let chart = Chart::read(&patient).await;
    let session = patient.session();
    let events = events.of_launch(&session.log_name(), 12);
    html(pages::patient(session, &notice, &chart, &events, ehr.0.as_deref()))
}

/// `/metrics`: what this process has counted, for Prometheus. An application keeps it where strangers cannot get.
pub(crate) async fn metrics(counted: web::Data<PrometheusHandle>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(counted.render())
}

/// `POST /~{smart_launch}/refresh`: the button *Refresh now*. A redirect follows, so that a reload does not post again.
pub(crate) async fn refresh(session: SmartSession) -> impl Responder {
    let notice = match session.refresh_now().await {
        Ok(RefreshNow::Refreshed(_)) => "did=refreshed".to_owned(),
        Ok(_) if session.tokens().refresh_token().is_none() => "did=no-refresh-token".to_owned(),
        Ok(RefreshNow::TooEarly { retry_after }) => {
            format!("did=too-early&wait={}", retry_after.as_millis().div_ceil(1000))
        }
        // The patient page says what there is to say.
        Err(LaunchError::Ended(_) | LaunchError::NotFound) => String::new(),
        Ok(_) | Err(_) => "did=failed".to_owned(),
    };
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, session.path(&format!("/?{notice}"))))
        .finish()
}

/// `/style.css`.
pub(crate) async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "max-age=300"))
        .body(pages::STYLE)
}

fn html(page: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
        ))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .body(page)
}
