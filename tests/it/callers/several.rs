//! Several authorization servers: each token goes to one of them.

use actix_smart_auth::{
    SmartAuth,
    resource_server::{CallerToken, CallerTokenError, CallerTokens},
};
use actix_web::{App, Error, HttpResponse, http::header::AUTHORIZATION, test, web};

use super::{Answer, asked, call, config_with, read_answer, registration, results, sandbox, token_of};
use crate::support::clock;

#[actix_web::test]
async fn a_route_says_whose_tokens_it_takes_and_no_other_server_sees_them() {
    let clock = clock();
    let (north, south) = (sandbox(&clock), sandbox(&clock));
    let ehrs = [&north, &south].map(|sandbox| registration(sandbox, CallerTokens::new()));
    let config = config_with(&clock, ehrs);
    let of_north = format!("Bearer {}", token_of(&clock, &north).await);
    let of_south = format!("Bearer {}", token_of(&clock, &south).await);
    let routes = |app: &mut web::ServiceConfig| {
        for (path, sandbox) in [("/north", &north), ("/south", &south)] {
            let server = config.resource_server(&sandbox.fhir_base_url());
            app.service(
                web::scope(path)
                    .app_data(server)
                    .route("/results", web::get().to(results)),
            );
        }
    };
    let app = App::new().configure(routes).wrap(SmartAuth::new(config.clone()));
    let app = test::init_service(app).await;
    let call = async |path: &str, token: &str| -> Answer {
        let request = test::TestRequest::get().uri(path).append_header((AUTHORIZATION, token));
        read_answer(test::call_service(&app, request.to_request()).await).await
    };
    let answer = call("/north/results", &of_north).await;
    assert_eq!(
        (answer.status, &answer.body["ehr"]),
        (200, &north.fhir_base_url().into())
    );
    assert_eq!(call("/south/results", &of_south).await.status, 200);
    assert_eq!((asked(&north).len(), asked(&south).len()), (1, 1));
    // What one has called good is not good at the other.
    let answer = call("/south/results", &of_north).await;
    assert_eq!(answer.status, 401);
    assert!(answer.challenge.unwrap().contains(&south.fhir_base_url()));
    assert_eq!((asked(&north).len(), asked(&south).len()), (1, 2));
}

#[actix_web::test]
async fn where_no_route_says_it_the_extractor_does_not_guess() {
    let clock = clock();
    let (north, south) = (sandbox(&clock), sandbox(&clock));
    let ehrs = [&north, &south].map(|sandbox| registration(sandbox, CallerTokens::new()));
    let config = config_with(&clock, ehrs);
    let token = format!("Bearer {}", token_of(&clock, &north).await);
    let answer = call(&config, "/results", &[&token]).await;
    assert_eq!((answer.status, answer.challenge), (500, None));
    assert_eq!((asked(&north).len(), asked(&south).len()), (0, 0));
}

#[actix_web::test]
async fn without_the_middleware_the_error_says_which_line_is_missing() {
    async fn handler(caller: Result<CallerToken, CallerTokenError>) -> Result<HttpResponse, Error> {
        Ok(HttpResponse::Ok().body(caller.unwrap_err().to_string()))
    }
    let app = test::init_service(App::new().route("/", web::get().to(handler))).await;
    let answer = test::call_and_read_body(&app, test::TestRequest::get().uri("/").to_request()).await;
    assert!(String::from_utf8_lossy(&answer).contains(".wrap(SmartAuth::new(config))"));
}
