//! The access log of Actix: what its default writes, and the format of the README.

use actix_web::{
    App, HttpResponse,
    middleware::Logger,
    test::{TestRequest, call_service, init_service},
    web,
};

use crate::support::Logs;

const README: &str = include_str!("../../../README.md");
const FORMAT: &str = r#"%a "%{METHOD}xi %U" %s %b %T"#;

/// What is logged of a callback.
async fn logged(logger: Logger, marker: &str) -> String {
    let logs = Logs::collect();
    let callback = web::get().to(HttpResponse::Ok);
    let app = init_service(
        App::new()
            .route("/auth/callback", callback)
            .wrap(logger.log_target(marker.to_owned())),
    )
    .await;
    let uri = format!("/auth/callback?code=c-{marker}&state=s-{marker}");
    call_service(&app, TestRequest::get().uri(&uri).to_request()).await;
    let text = logs.text();
    let lines = text.lines().filter(|line| line.contains(marker));
    lines.collect::<Vec<_>>().join("\n")
}

#[actix_web::test]
async fn the_default_writes_code_and_state_and_the_format_of_the_readme_does_not() {
    let default = logged(Logger::default(), "default-access-log").await;
    assert!(default.contains("c-default-access-log"), "{default}");
    assert!(README.contains(FORMAT), "the README has another format");
    let logger = Logger::new(FORMAT).custom_request_replace("METHOD", |request| request.method().to_string());
    let ours = logged(logger, "readme-access-log").await;
    assert!(ours.contains("GET /auth/callback\" 200"), "{ours}");
    assert!(!ours.contains("code") && !ours.contains("state"), "{ours}");
}
