//! The pages of the application. All of them look alike: which patient, and buttons for what a test does.

use std::collections::BTreeMap;

use actix_session::Session;
use actix_smart_auth::{Patient, SmartSession, error::LaunchError, fhir::FhirError, launch_scope, patient::FhirDate};
use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite},
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION},
    web,
};

use crate::gallery;

pub(crate) fn pages(app: &mut web::ServiceConfig) {
    app.configure(gallery::routes)
        .route("/plain", web::get().to(async || html("Plain", "")))
        .route("/portal", web::get().to(portal))
        .route("/third-party", web::get().to(third_party))
        .route("/third-party/seen", web::get().to(third_party_seen))
        .service(
            launch_scope()
                .route("/patient", web::get().to(patient))
                .route("/banner", web::get().to(banner))
                .route("/orders", web::get().to(patient))
                .route("/private", web::get().to(private))
                .route("/end", web::post().to(end))
                .route("/purge", web::post().to(purge)),
        );
}

fn html(title: &str, body: &str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(format!("<!doctype html><title>{title}</title><h1>{title}</h1>{body}"))
}

/// Links and forms, relative to a page below the launch scope.
const ACTIONS: &str = "\
    <p><a id=plain href=/plain>Another page</a> <a id=orders href='orders?order=17'>Orders</a> \
    <a id=private href=private>Private</a></p>\
    <form method=post action=auth/logout><button id=one>Sign out</button></form>\
    <form method=post action=/auth/logout><button id=all>Sign out of everything</button></form>\
    <form method=post action=end><button id=end>End</button></form>\
    <form method=post action=purge><button id=purge>Lose the session</button></form>";

async fn patient(patient: Patient) -> HttpResponse {
    let mut page = html(
        "Patient",
        &format!("<p data-patient={0}>{0}</p>{ACTIONS}", patient.id()),
    );
    // As careful applications have it: what answers a form leads nowhere else.
    let forms = "form-action 'self'".parse().unwrap();
    page.headers_mut().insert(CONTENT_SECURITY_POLICY, forms);
    page
}

/// The crate's line of who the patient is, without a style, as an application begins with it.
async fn banner(patient: Patient) -> Result<HttpResponse, FhirError> {
    let today = FhirDate::new(2026, 1, 31).unwrap();
    let banner = patient.banner(today).await?.unwrap();
    let page = format!(
        "<!doctype html><html lang=en><meta name=viewport content=\"width=device-width\"><title>Banner</title>\
         {banner}<main><h1>Medications</h1></main></html>"
    );
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page))
}

/// Says itself how it may be kept.
async fn private(of: Patient) -> HttpResponse {
    let mut page = patient(of).await;
    page.headers_mut().insert(CACHE_CONTROL, "private".parse().unwrap());
    page
}

async fn end(session: SmartSession) -> Result<HttpResponse, LaunchError> {
    session.end().await?;
    Ok(html("Ended", ""))
}

async fn purge(_: SmartSession, session: Session) -> HttpResponse {
    session.purge();
    html("Session lost", ACTIONS)
}

type Query = web::Query<BTreeMap<String, String>>;

/// The EHR's page, with the application in a frame.
async fn portal(query: Query) -> HttpResponse {
    let src = query["src"].replace('&', "&amp;").replace('"', "&quot;");
    html(
        "EHR",
        &format!("<iframe name=app width=800 height=600 src=\"{src}\"></iframe>"),
    )
}

/// Sets a cookie as most applications do in frames, and looks whether it comes back.
async fn third_party() -> HttpResponse {
    let cookie = Cookie::build("third-party", "yes")
        .secure(true)
        .same_site(SameSite::None)
        .finish();
    HttpResponse::SeeOther()
        .insert_header((LOCATION, "/third-party/seen"))
        .cookie(cookie)
        .finish()
}

async fn third_party_seen(request: HttpRequest) -> HttpResponse {
    let seen = request.cookie("third-party").is_some();
    html("Third party", if seen { "The cookie came back." } else { "No cookie." })
}
