//! `required_scopes`: no launch opens without them, and the page names what was not granted. What was denied beside
//! them is for the application to look at.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use actix_smart_auth::{
    EhrBuilder, LandAt, Launched, Quirks, SmartClient, SmartSession, StandaloneLaunch, StartOptions,
    error::FinishError, options::UnprefixedScopes, scope::Scopes,
};
use actix_web::web;
use url::Url;

use super::{assert_page, assert_problem, beside, callback_of, start_link};
use crate::support::{App, AppBuilder, Browser, Logs};

const TITLE: &str = "Some access was not given";

/// An application that asks for more than the default and requires a part of it; the EHR grants what the test says.
fn app(granted: &'static str) -> AppBuilder {
    let ehr = |ehr: EhrBuilder| {
        ehr.scopes("launch launch/patient openid fhirUser patient/*.rs patient/Observation.c user/Practitioner.r")
            .required_scopes("patient/Patient.rs patient/Observation.crs")
    };
    App::builder()
        .ehr(ehr)
        .sandbox(|sandbox| sandbox.token_response_field("scope", granted))
}

#[actix_web::test]
async fn a_launch_without_a_required_scope_is_refused_and_the_page_names_it() {
    let logs = Logs::collect();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let app = app("launch/patient openid fhirUser patient/Patient.rs patient/Observation.r")
        .config(move |config| {
            config.on_launch(move |_| {
                count.fetch_add(1, Ordering::SeqCst);
                async { Ok(LandAt::Default) }
            })
        })
        .start();
    let browser = Browser::new();
    let callback = callback_of(&app, &browser).await;
    // The second time the answer comes from the store.
    for _ in 0..2 {
        let page = browser.get(&callback).await;
        assert_page(
            &page,
            403,
            "scopes-not-granted",
            TITLE,
            "Your health record system does not let this application:</p>\n<ul class=\"what\">\n\
             <li>see and add the patient's measurements and results</li>\n</ul>\n<p>The application cannot work without \
             this. If you were asked what to allow, please start again and allow it. Otherwise please tell the support \
             team of this application.</p>",
        );
        let body = &page.body;
        assert!(body.contains("Not granted: patient/Observation.crs<"), "{body}");
        assert!(body.contains(&start_link("/auth/launch")), "{body}");
    }
    let problem = assert_problem(&browser.api(&callback).await, 403, "scopes-not-granted", TITLE);
    assert_eq!(problem["missing_scopes"], "patient/Observation.crs");
    assert_eq!(problem["explanation"], "Not granted: patient/Observation.crs");
    let detail = "Your health record system does not let this application: see and add the patient's measurements and \
                  results. The application cannot work without this.";
    assert!(problem["detail"].as_str().unwrap().starts_with(detail), "{problem}");
    assert_eq!(problem["launch_url"], "/auth/launch");
    assert!(problem.get("error").is_none(), "{problem}");
    assert_eq!(
        (app.exchanges(), asked.load(Ordering::SeqCst)),
        (1, 0),
        "the hook is not asked"
    );
    let text = logs.text();
    let line = text
        .lines()
        .find(|line| line.contains("missing=patient/Observation.crs") && line.contains(&app.sandbox.fhir_base_url()));
    assert!(line.is_some_and(|line| line.contains("WARN")), "{line:?}");
}

#[actix_web::test]
async fn a_launch_from_the_ehr_without_a_required_scope_leads_back_to_the_chart() {
    let app = app("launch").start();
    let page = Browser::new()
        .navigate(&app.ehr_launch_url("amber-testwood", None))
        .await;
    assert_page(
        &page,
        403,
        "scopes-not-granted",
        TITLE,
        "<li>see the patient's personal details</li>\n<li>see and add the patient's measurements and results</li>\n\
         </ul>\n<p>The application cannot work without this. If you were asked what to allow, please open the application \
         again from the patient's chart and allow it. Otherwise please tell the support team of this application.</p>",
    );
    assert!(!page.body.contains("href"), "{}", page.body);
}

#[actix_web::test]
async fn no_granted_scope_at_all_is_too_little_for_any_required_one() {
    let app = app("")
        .config(|config| config.standalone(StandaloneLaunch::Offered))
        .start();
    let browser = Browser::new();
    let problem = browser.api(&callback_of(&app, &browser).await).await.json();
    assert_eq!(problem["missing_scopes"], "patient/Patient.rs patient/Observation.crs");
}

#[actix_web::test]
async fn a_launch_opens_however_the_ehr_spells_the_required_scopes() {
    for granted in [
        "patient/Patient.rs patient/Observation.crs",
        "patient/*.cruds",
        "patient/*.Read patient/Observation.write",
        "patient/Patient.r patient/Patient.s patient/Observation.c patient/Observation.rs",
        "patient/*.read http://smarthealthit.org/fhir/scopes/patient/Observation.c",
    ] {
        let app = app(granted).start();
        let page = Browser::new().navigate(&app.url("/auth/launch")).await;
        assert_eq!(
            (page.status, page.body.as_str()),
            (200, "patient amber-testwood"),
            "{granted}"
        );
    }
}

#[actix_web::test]
async fn an_ehr_that_leaves_contexts_out_is_believed_only_where_its_quirks_say_so() {
    for (quirks, status) in [
        (Quirks::none(), 403),
        (Quirks::none().unprefixed_scopes(UnprefixedScopes::AsRequested), 200),
    ] {
        let app = App::builder()
            .ehr(|ehr| ehr.required_scopes("patient/Patient.rs").quirks(quirks))
            .sandbox(|sandbox| sandbox.token_response_field("scope", "Patient.Read"))
            .start();
        let page = Browser::new().navigate(&app.url("/auth/launch")).await;
        assert_eq!(page.status, status, "{}", page.body);
    }
}

#[actix_web::test]
async fn an_ehr_that_does_not_say_what_it_granted_granted_what_was_requested() {
    let app = App::builder()
        .ehr(|ehr| ehr.required_scopes("patient/Observation.rs"))
        .sandbox(|sandbox| sandbox.token_response_field("scope", serde_json::Value::Null))
        .start();
    let page = Browser::new().navigate(&app.url("/auth/launch")).await;
    assert_eq!(page.status, 200, "{}", page.body);
}

#[actix_web::test]
async fn the_client_does_not_finish_without_the_required_scopes() {
    let app = app("launch/patient patient/*.rs").start();
    let client = SmartClient::new(&app.config).unwrap();
    let (redirect, pending) = client.start(StartOptions::standalone()).await.unwrap();
    let actix_smart_auth::AuthorizationRedirect::Get(url) = redirect else {
        panic!("{redirect:?}");
    };
    let answer = Browser::new().get(url.as_str()).await;
    let callback = Url::parse(answer.location()).unwrap();
    let error = client
        .finish(pending, callback.query().unwrap())
        .await
        .unwrap_err()
        .error;
    match error {
        FinishError::ScopesNotGranted { missing } => assert_eq!(missing.to_string(), "patient/Observation.crs"),
        other => panic!("{other:?}"),
    }
}

/// Not an override of the answer: the sandbox gives nobody `system/` scopes.
#[actix_web::test]
async fn denied_scopes_are_the_requested_ones_that_the_granted_ones_do_not_cover() {
    fn routes(app: &mut web::ServiceConfig) {
        async fn denied(session: SmartSession) -> String {
            session.denied_scopes().to_string()
        }
        app.route("/~{smart_launch}/denied", web::get().to(denied));
    }
    let seen = Arc::new(Mutex::new(Scopes::default()));
    let note = Arc::clone(&seen);
    let requested = "openid launch/patient patient/*.rs system/Patient.rs system/*.r";
    let app = App::builder()
        .ehr(move |ehr| ehr.scopes(requested))
        .routes(routes)
        .config(move |config| {
            config.on_launch(move |launched: Launched| {
                assert_eq!(launched.requested_scopes(), &Scopes::parse(requested));
                *note.lock().unwrap() = launched.denied_scopes();
                async { Ok(LandAt::Default) }
            })
        })
        .start();
    let browser = Browser::new();
    let page = browser.navigate(&app.url("/auth/launch")).await;
    let denied = browser.get(&beside(&page.url, "/denied")).await;
    assert_eq!(denied.body, "system/Patient.rs system/*.r");
    assert_eq!(seen.lock().unwrap().to_string(), denied.body);

    let client = SmartClient::new(&app.config).unwrap();
    let (redirect, pending) = client.start(StartOptions::standalone()).await.unwrap();
    let actix_smart_auth::AuthorizationRedirect::Get(url) = redirect else {
        panic!("{redirect:?}");
    };
    let answer = Browser::new().get(url.as_str()).await;
    let callback = Url::parse(answer.location()).unwrap();
    let authorized = client.finish(pending, callback.query().unwrap()).await.unwrap();
    assert_eq!(authorized.requested_scopes(), &Scopes::parse(requested));
    assert_eq!(authorized.denied_scopes().to_string(), denied.body);
}
