//! `FhirUser` and `IdTokenClaims` as handler arguments.

use actix_smart_auth::sandbox::IdTokens;
use serde_json::{Value, json};

use crate::support::{Answer, App, Browser, open};

async fn ask(app: &App, path: &str) -> (Answer, Answer) {
    let browser = Browser::new();
    let base = open(app, &browser).await;
    let url = format!("{base}{path}");
    (browser.api(&url).await, browser.get(&url).await)
}

#[actix_web::test]
async fn the_user_is_a_resource_whether_it_came_absolute_relative_or_as_profile() {
    let app = App::start();
    let base = app.sandbox.fhir_base_url();
    for (fhir_user, profile, expected) in [
        (
            json!(format!("{base}/Practitioner/p-1")),
            Value::Null,
            format!("Practitioner p-1 {base}/Practitioner/p-1 true"),
        ),
        (
            json!("PractitionerRole/r-1"),
            Value::Null,
            format!("PractitionerRole r-1 {base}/PractitionerRole/r-1 true"),
        ),
        (
            Value::Null,
            json!("Patient/a"),
            format!("Patient a {base}/Patient/a true"),
        ),
        (
            json!("https://other.example/r4/RelatedPerson/x"),
            Value::Null,
            "RelatedPerson x https://other.example/r4/RelatedPerson/x false".to_owned(),
        ),
    ] {
        app.sandbox.set_id_token_claim("fhirUser", fhir_user);
        app.sandbox.set_id_token_claim("profile", profile);
        let (answer, _) = ask(&app, "/user").await;
        assert_eq!((answer.status, answer.body), (200, expected));
    }
}

#[actix_web::test]
async fn a_user_that_the_ehr_did_not_name_is_a_403_page_that_says_so() {
    let app = App::start();
    for fhir_user in [Value::Null, json!("nonsense"), json!("Device/1")] {
        app.sandbox.set_id_token_claim("fhirUser", fhir_user);
        let (problem, page) = ask(&app, "/user").await;
        assert_eq!(
            (problem.status, problem.json()["code"].as_str()),
            (403, Some("no-fhir-user"))
        );
        assert_eq!(page.status, 403);
        assert!(page.body.contains("It is not known who you are"), "{}", page.body);
        assert_eq!(
            ask(&app, "/claims").await.0.status,
            200,
            "the claims are there all the same"
        );
    }
}

#[actix_web::test]
async fn the_claims_are_there_when_an_id_token_was() {
    let app = App::start();
    let user = app.sandbox.users()[0].clone();
    let (answer, _) = ask(&app, "/claims").await;
    assert_eq!(
        answer.body,
        format!("{} {}", app.sandbox.fhir_base_url(), user.subject())
    );
    app.sandbox.set_id_tokens(IdTokens::Withheld);
    let (problem, page) = ask(&app, "/claims").await;
    assert_eq!(
        (problem.status, problem.json()["code"].as_str()),
        (403, Some("no-identity"))
    );
    assert!(page.body.contains("It is not known who you are"), "{}", page.body);
}

#[actix_web::test]
async fn without_a_launch_they_refuse_as_the_others_do() {
    let app = App::start();
    for path in ["/user", "/claims"] {
        let answer = Browser::new()
            .api(&app.url(&format!("/~AAAAAAAAAAAAAAAAAAAAAA{path}")))
            .await;
        assert_eq!(answer.status, 401);
    }
}

#[actix_web::test]
async fn on_launch_sees_who_signed_in() {
    use actix_smart_auth::{LandAt, Launched, Refuse};
    let app = App::builder()
        .config(|config| {
            config.on_launch(|launched: Launched| async move {
                let claims = launched.id_token_claims().unwrap();
                match (claims.subject(), launched.fhir_user().unwrap().id()) {
                    ("sandbox-practitioner-paula-pretend", "paula-pretend") => Ok(LandAt::Default),
                    _ => Err(Refuse::because("You have no account here.")),
                }
            })
        })
        .start();
    assert_eq!(super::launch(&app).await.status, 200);
    app.sandbox.set_automatic_user("Practitioner/otto-outline");
    assert_eq!(super::launch(&app).await.status, 403);
}
