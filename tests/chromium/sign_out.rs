//! After a sign-out *Back* shows no patient: not from the back/forward cache, not from the HTTP cache, and not by a launch
//! that nobody asked for.

use serde_json::{Value, json};

use crate::{
    application::{Application, Place},
    stage::Stage,
};

fn play(scenario: &str, options: Value) {
    let Some(stage) = Stage::find() else { return };
    let app = Application::start(Place::OfItsOwn);
    stage.play(&format!("sign-out.{scenario}"), &app, options);
}

#[test]
fn back_shows_no_patient_after_signing_out_of_this_launch() {
    play("inThisTab", json!({ "page": "patient", "by": "one" }));
}

#[test]
fn back_shows_no_patient_after_signing_out_of_everything() {
    play("inThisTab", json!({ "page": "patient", "by": "all" }));
}

#[test]
fn back_shows_no_patient_after_a_handler_has_ended_the_launch() {
    play("inThisTab", json!({ "page": "patient", "by": "end" }));
}

#[test]
fn back_shows_no_patient_after_signing_out_in_another_tab() {
    play("inAnotherTab", json!({ "page": "patient" }));
}

#[test]
fn back_shows_no_private_page_after_signing_out_of_this_launch() {
    play("inThisTab", json!({ "page": "private", "by": "one" }));
}

#[test]
fn back_shows_no_private_page_after_signing_out_of_everything() {
    play("inThisTab", json!({ "page": "private", "by": "all" }));
}

#[test]
fn back_shows_no_private_page_after_a_handler_has_ended_the_launch() {
    play("inThisTab", json!({ "page": "private", "by": "end" }));
}

#[test]
fn back_shows_no_private_page_after_signing_out_in_another_tab() {
    play("inAnotherTab", json!({ "page": "private" }));
}

#[test]
fn back_shows_no_patient_once_a_page_has_said_that_the_launch_was_idle() {
    play("idle", json!({ "page": "patient" }));
}

#[test]
fn back_shows_no_private_page_once_a_page_has_said_that_the_launch_was_idle() {
    play("idle", json!({ "page": "private" }));
}

#[test]
fn signing_out_of_everything_ends_the_launch_although_the_session_was_lost() {
    play("sessionLost", json!({}));
}

fn play_at_the_ehr(by: &str) {
    let Some(stage) = Stage::find() else { return };
    let app = Application::start(Place::OfItsOwnSigningOutAtTheEhr);
    stage.play("sign-out.atTheEhr", &app, json!({ "by": by }));
}

#[test]
fn signing_out_of_this_launch_leads_to_the_ehr_from_a_page_whose_forms_lead_nowhere_else() {
    play_at_the_ehr("one");
}

#[test]
fn signing_out_of_everything_leads_to_the_ehr_and_the_way_back_says_so_once() {
    play_at_the_ehr("all");
}
