//! A link into a launch that is not open any more.

use serde_json::json;

use crate::{
    application::{Application, Place},
    stage::Stage,
};

#[test]
fn a_link_into_one_patients_launch_does_not_open_under_another_patient_in_another_browser() {
    let Some(stage) = Stage::find() else { return };
    let app = Application::start(Place::OfItsOwn);
    stage.play("links.inAnotherBrowser", &app, json!({}));
}

#[test]
fn a_link_into_a_forgotten_launch_does_not_open_under_another_patient() {
    let Some(stage) = Stage::find() else { return };
    let app = Application::start(Place::OfItsOwn);
    stage.play("links.forgotten", &app, json!({}));
}

#[test]
fn a_link_into_a_known_launch_opens_again_for_the_same_patient_only() {
    let Some(stage) = Stage::find() else { return };
    let app = Application::start(Place::OfItsOwn);
    stage.play("links.known", &app, json!({}));
}
