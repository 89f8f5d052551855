//! *Back* to the EHR's pages, and another answer there.

use serde_json::json;

use crate::{
    application::{Application, Place},
    stage::Stage,
};

#[test]
fn going_back_and_choosing_another_patient_never_shows_the_first_one_instead() {
    let Some(stage) = Stage::find() else { return };
    let app = Application::start(Place::OfItsOwn);
    stage.play("back.anotherPatient", &app, json!({}));
}

#[test]
fn going_back_from_deny_to_allow_asks_to_start_again() {
    let Some(stage) = Stage::find() else { return };
    let app = Application::start(Place::OfItsOwn);
    stage.play("back.denyThenAllow", &app, json!({}));
}

#[test]
fn going_back_into_a_launch_from_the_ehr_leads_to_the_chart_and_to_no_standalone_launch() {
    let Some(stage) = Stage::find() else { return };
    let app = Application::start(Place::OfItsOwn);
    stage.play("back.launchFromTheEhr", &app, json!({}));
}
