//! A patient that the application chooses where the EHR named none.

use actix_smart_auth::{
    LandAt, Launched, Refuse,
    context::ContextSource,
    error::ContextChoiceError,
    sandbox::{Fault, FaultPoint, Times, When},
};
use actix_web::web;

use crate::support::{App, AppBuilder, Browser, DUE};

async fn source(patient: actix_smart_auth::Patient) -> String {
    format!("{} from {:?}", patient.id(), patient.source())
}

/// Chooses `p-77` and `e-77`.
fn choosing() -> AppBuilder {
    App::builder()
        .routes(|app| {
            app.route("/~{smart_launch}/source", web::get().to(source));
        })
        .config(|config| {
            config.on_launch(|launched: Launched| async move {
                launched
                    .choose_patient("p-77")
                    .map_err(|error| Refuse::because(error.to_string()))?;
                launched
                    .choose_encounter("e-77")
                    .map_err(|error| Refuse::because(error.to_string()))?;
                Ok(LandAt::Default)
            })
        })
}

/// The EHR names no patient at the exchange.
fn without_patient(app: &App) {
    let omit = Fault::OmitFields(vec!["patient".to_owned()]);
    app.sandbox
        .inject(FaultPoint::Exchange, When::Before, omit, Times::Once);
}

fn naming_on_refresh(app: &App, patient: &str) {
    let named = serde_json::Map::from_iter([("patient".to_owned(), patient.into())]);
    app.sandbox
        .inject(FaultPoint::Refresh, When::Before, Fault::SetFields(named), Times::Once);
}

#[actix_web::test]
async fn the_launch_is_about_it_and_says_where_it_came_from() {
    let app = choosing().start();
    without_patient(&app);
    let browser = Browser::new();
    let page = browser.navigate(&app.url("/auth/launch")).await;
    assert_eq!(page.body, "patient p-77");
    let at = |path: &str| page.url.replace("/patient", path);
    assert_eq!(browser.get(&at("/encounter")).await.body, "encounter e-77");
    let expected = format!("p-77 from {:?}", ContextSource::Application);
    assert_eq!(browser.get(&at("/source")).await.body, expected);
    // What a refresh does not say stays as it was.
    app.advance(DUE);
    assert_eq!(browser.get(&at("/source")).await.body, expected);
    assert_eq!(app.refreshes(), 1);
}

#[actix_web::test]
async fn what_the_ehr_named_is_not_changed() {
    let app = choosing().start();
    let page = Browser::new().navigate(&app.url("/auth/launch")).await;
    assert_eq!(page.status, 403);
    let why = ContextChoiceError::NamedByEhr.to_string();
    assert!(page.body.contains(why.split(';').next().unwrap()), "{}", page.body);
}

#[actix_web::test]
async fn a_patient_whom_the_ehr_names_later_has_to_be_the_same() {
    for (named, status) in [("p-77", 200), ("Patient/p-77", 200), ("p-78", 401)] {
        let app = choosing().start();
        without_patient(&app);
        let browser = Browser::new();
        let page = browser.navigate(&app.url("/auth/launch")).await;
        naming_on_refresh(&app, named);
        app.advance(DUE);
        let answer = browser.api(&page.url).await;
        assert_eq!(answer.status, status, "{named}: {}", answer.body);
        if status == 401 {
            assert_eq!(answer.json()["code"], "patient-changed");
        }
    }
}

/// Two tabs of one person: each opens what was chosen for it, whichever is finished first.
#[actix_web::test]
async fn what_a_sign_in_was_begun_for_tells_two_tabs_apart() {
    let app = App::builder()
        .sandbox(|sandbox| sandbox.token_response_field("patient", serde_json::Value::Null))
        .config(|config| {
            config.on_launch(|launched: Launched| async move {
                let chosen = launched.return_to().and_then(|path| path.strip_prefix("/patient?id="));
                let chosen = chosen.ok_or_else(|| Refuse::because("nobody was chosen"))?;
                launched
                    .choose_patient(chosen)
                    .map_err(|error| Refuse::because(error.to_string()))?;
                Ok(LandAt::Default)
            })
        })
        .start();
    let browser = Browser::new();
    let mut callbacks = Vec::new();
    for patient in ["amber", "clara"] {
        let begin = app.url(&format!("/auth/launch?return_to=%2Fpatient%3Fid%3D{patient}"));
        callbacks.push((
            browser.navigate_until(&begin, &app.url("/auth/callback")).await,
            patient,
        ));
    }
    for (callback, patient) in callbacks.into_iter().rev() {
        let page = browser.navigate(&callback).await;
        assert_eq!(page.body, format!("patient {patient}"), "{}", page.url);
    }
}
