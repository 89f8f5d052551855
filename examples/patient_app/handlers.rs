//! What is done for each address; what it looks like is in `pages`.

use actix_smart_auth::{Patient, RefreshNow, SmartSession, error::LaunchError};
use actix_web::{
    HttpRequest, HttpResponse, Responder,
    cookie::{Cookie, SameSite, time::Duration},
    http::header,
    web,
};
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
    request: HttpRequest,
    ehr: web::Data<EhrPage>,
    events: web::Data<Events>,
) -> HttpResponse {
    let chart = Chart::read(&patient).await;
    let session = patient.session();
    let events = events.of_launch(&session.log_name(), 12);
    let told = request.cookie(TOLD);
    let notice = told.as_ref().map(|it| Notice::of(it.value())).unwrap_or_default();
    let mut response = html(pages::patient(session, &notice, &chart, &events, ehr.0.as_deref()));
    // Said once: a reload does not say it again.
    if told.is_some() {
        let mut read = cookie_of_notice(session, "");
        read.make_removal();
        let _ = response.add_cookie(&read);
    }
    response
}

/// `/metrics`: what this process has counted, for Prometheus. An application keeps it where strangers cannot get.
pub(crate) async fn metrics(counted: web::Data<PrometheusHandle>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(counted.render())
}

/// What the next page of a launch says of the button that was pressed.
const TOLD: &str = "patient_app_told";

/// On the path of the launch, so that no other tab says it.
fn cookie_of_notice(session: &SmartSession, notice: &str) -> Cookie<'static> {
    Cookie::build(TOLD, notice.to_owned())
        .path(session.path("/"))
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(Duration::seconds(30))
        .finish()
}

/// `POST /~{smart_launch}/refresh`: the button *Refresh now*. A redirect follows, so that a reload does not post again.
pub(crate) async fn refresh(session: SmartSession) -> impl Responder {
    let notice = match session.refresh_now().await {
        Ok(RefreshNow::Refreshed(_)) => "refreshed".to_owned(),
        Ok(_) if session.tokens().refresh_token().is_none() => "no-refresh-token".to_owned(),
        Ok(RefreshNow::TooEarly { retry_after }) => {
            format!("too-early.{}", retry_after.as_millis().div_ceil(1000))
        }
        // The patient page says what there is to say.
        Err(LaunchError::Ended(_) | LaunchError::NotFound) => String::new(),
        Ok(_) | Err(_) => "failed".to_owned(),
    };
    HttpResponse::SeeOther()
        .cookie(cookie_of_notice(&session, &notice))
        .insert_header((header::LOCATION, session.path("/#developers")))
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
