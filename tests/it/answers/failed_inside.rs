//! Row: a middleware of the application, inside of the crate's, returns an error in the place of an answer.

use actix_smart_auth::Patient;
use actix_web::{
    HttpResponse,
    dev::{Service as _, ServiceResponse},
    error::{ErrorBadRequest, InternalError},
    web,
};

use super::{beside, launched};
use crate::support::{Answer, App, Browser, pages};

async fn seen(patient: Patient) -> String {
    patient.id().to_owned()
}

fn routes(app: &mut web::ServiceConfig) {
    // Before the others, whose scope takes every path of a launch.
    app.service(
        web::resource("/~{smart_launch}/failing")
            .wrap_fn(|request, handler| {
                let answer = handler.call(request);
                async {
                    answer.await?;
                    Err::<ServiceResponse, _>(ErrorBadRequest("about amber-testwood"))
                }
            })
            .get(seen),
    )
    .service(
        web::resource("/~{smart_launch}/deciding")
            .wrap_fn(|request, handler| {
                let answer = handler.call(request);
                async {
                    answer.await?;
                    let page = HttpResponse::Conflict()
                        .insert_header(("cache-control", "max-age=60"))
                        .insert_header(("x-frame-options", "SAMEORIGIN"))
                        .insert_header(("cross-origin-resource-policy", "cross-origin"))
                        .body("about amber-testwood");
                    Err::<ServiceResponse, _>(InternalError::from_response("decided", page).into())
                }
            })
            .get(seen),
    )
    .configure(pages);
}

async fn failed(app: &App, path: &str) -> Answer {
    let browser = Browser::new();
    let landing = launched(app, &browser).await;
    browser.get(&beside(&landing, path)).await
}

fn kept(answer: &Answer) -> [&str; 4] {
    [
        "cache-control",
        "cross-origin-resource-policy",
        "content-security-policy",
        "x-frame-options",
    ]
    .map(|name| answer.header(name))
}

#[actix_web::test]
async fn it_is_kept_out_of_caches_frames_and_other_sites_as_what_a_handler_answers() {
    let app = App::builder().routes(routes).start();
    let answer = failed(&app, "/failing").await;
    assert_eq!((answer.status, answer.body.as_str()), (400, "about amber-testwood"));
    assert_eq!(kept(&answer), ["no-store", "same-origin", "frame-ancestors 'self'", ""]);
}

#[actix_web::test]
async fn what_it_decides_about_frames_and_other_sites_stays() {
    let app = App::builder().routes(routes).start();
    let answer = failed(&app, "/deciding").await;
    assert_eq!((answer.status, answer.body.as_str()), (409, "about amber-testwood"));
    assert_eq!(
        kept(&answer),
        ["max-age=60, no-store", "cross-origin", "", "SAMEORIGIN"]
    );
}

#[actix_web::test]
async fn where_other_sites_may_ask_it_is_kept_out_of_caches_only() {
    let app = App::builder()
        .routes(routes)
        .config(|config| config.danger_allow_cross_site())
        .start();
    let answer = failed(&app, "/failing").await;
    assert_eq!(kept(&answer), ["no-store", "", "", ""]);
}
