//! An application that a page of the sandbox's EHR has in a frame, on the site of the application and on another one.

use serde_json::json;

use crate::{
    application::{Application, Place},
    stage::Stage,
};

fn play(scenario: &str) {
    let Some(stage) = Stage::find() else { return };
    let app = Application::start(Place::InAFrameOfTheSandbox);
    stage.play(&format!("ehr-pages.{scenario}"), &app, json!({}));
}

#[test]
fn a_launch_opens_in_a_frame_of_the_ehr_on_the_site_of_the_application() {
    play("ownSite");
}

#[test]
fn in_a_frame_of_the_ehr_on_another_site_the_application_is_a_third_party() {
    play("thirdParty");
}
