//! Two tabs of one browser.

use serde_json::json;

use crate::{
    application::{Application, Place},
    stage::Stage,
};

#[test]
fn two_tabs_of_a_new_browser_that_begin_at_once_both_open() {
    let Some(stage) = Stage::find() else { return };
    let app = Application::start(Place::OfItsOwn);
    stage.play("tabs.firstLaunchesAtOnce", &app, json!({}));
}
