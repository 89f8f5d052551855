//! The application in a frame of the EHR's page, over https, on two sites.

use actix_smart_auth::{
    CookiePolicy,
    options::{Partitioned, SameSite},
};
use actix_web::cookie;
use serde_json::{Value, json};

use crate::{
    application::{Application, Place},
    stage::Stage,
};

fn for_frames() -> Place {
    let cookies = CookiePolicy::default()
        .same_site(SameSite::None)
        .partitioned(Partitioned::Yes);
    Place::InAFrame(cookies, cookie::SameSite::None)
}

fn not_for_frames() -> Place {
    Place::InAFrame(CookiePolicy::default(), cookie::SameSite::Lax)
}

fn play(scenario: &str, place: Place, options: Value) {
    let Some(stage) = Stage::find() else { return };
    stage.play(&format!("frames.{scenario}"), &Application::start(place), options);
}

#[test]
fn a_launch_opens_in_a_frame_while_third_party_cookies_are_blocked() {
    play("opens", for_frames(), json!({ "thirdPartyCookies": "blocked" }));
}

#[test]
fn a_launch_opens_in_a_frame_while_third_party_cookies_are_allowed() {
    play("opens", for_frames(), json!({ "thirdPartyCookies": "allowed" }));
}

#[test]
fn a_page_in_a_frame_loads_itself_again_and_comes_to_an_end_while_third_party_cookies_are_blocked() {
    play("reloads", for_frames(), json!({ "thirdPartyCookies": "blocked" }));
}

#[test]
fn a_frame_without_cookies_offers_a_new_window_before_the_launch_is_spent() {
    play(
        "withoutCookies",
        not_for_frames(),
        json!({ "thirdPartyCookies": "blocked" }),
    );
}

#[test]
fn signing_out_in_a_frame_ends_its_launch() {
    let options = json!({ "thirdPartyCookies": "blocked", "by": "one" });
    play("signOut", for_frames(), options);
}

#[test]
fn signing_out_of_everything_in_a_frame_ends_its_launch() {
    let options = json!({ "thirdPartyCookies": "blocked", "by": "all" });
    play("signOut", for_frames(), options);
}
