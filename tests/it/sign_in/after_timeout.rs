//! `SignIn::AgainAfterTimeout`: which launches it is about, and what they ask.

use std::time::Duration;

use actix_smart_auth::{
    EndReason, SignIn,
    store::{EndWhich, StoreRules, TokenStoreBackend as _},
};

use super::{IDLE, again, asked, last_authorization, login, nothing, timed_out, with_prompt};
use crate::support::{App, Browser, Opened};

#[actix_web::test]
async fn the_launch_after_a_time_out_asks_for_a_new_sign_in_and_opens_after_it() {
    let opened = timed_out(again()).await;
    assert_eq!(asked(&opened.app), nothing(), "the launch before");
    let page = opened.browser.navigate(&opened.url("/patient")).await;
    assert_eq!(page.body, "patient amber-testwood");
    assert_eq!(asked(&opened.app), login());
    // The EHR had let the person in without asking otherwise: its sign-in was from before the time-out.
    let exchanged = opened.app.sandbox.token_requests_of("authorization_code");
    assert_eq!(exchanged.len(), 2);
}

#[actix_web::test]
async fn a_launch_that_was_too_old_asks_too() {
    let app = again().config(|config| config.absolute_lifetime(Duration::from_secs(IDLE)));
    let opened = timed_out(app).await;
    assert_eq!(opened.browser.navigate(&opened.url("/patient")).await.status, 200);
    assert_eq!(opened.end_reason().await, EndReason::TooOld);
    assert_eq!(asked(&opened.app), login());
}

#[actix_web::test]
async fn without_the_option_the_request_is_as_ever() {
    let app = App::builder().config(|config| config.idle_lifetime(Duration::from_secs(IDLE)));
    let opened = timed_out(app).await;
    assert_eq!(opened.browser.navigate(&opened.url("/patient")).await.status, 200);
    assert_eq!(asked(&opened.app), nothing());
    let linked = opened.app.url("/auth/launch?sign_in=again");
    assert_eq!(opened.browser.navigate(&linked).await.status, 200);
    assert_eq!(asked(&opened.app), nothing());
}

#[actix_web::test]
async fn only_time_outs_ask() {
    for (reason, asks) in [
        (EndReason::Idle, true),
        (EndReason::TooOld, true),
        (EndReason::LoggedOut, false),
        (EndReason::RefreshRefused, false),
        (EndReason::RefreshAnswerLost, false),
        (EndReason::TokenExpired, false),
        (EndReason::PatientChanged, false),
        (EndReason::UserChanged, false),
        (EndReason::OtherUser, false),
        (EndReason::Replaced, false),
        (EndReason::Evicted, false),
        (EndReason::RegistrationChanged, false),
    ] {
        let opened = Opened::with(again()).await;
        let (key, rules) = (opened.key(), StoreRules::default());
        opened
            .store
            .end_launch(key, EndWhich::Any, reason, rules)
            .await
            .unwrap();
        let after = format!("/auth/launch?after={}", opened.id().as_str());
        assert_eq!(opened.browser.navigate(&opened.app.url(&after)).await.status, 200);
        assert_eq!(asked(&opened.app), if asks { login() } else { nothing() }, "{reason:?}");
    }
}

#[actix_web::test]
async fn a_launch_beside_an_open_one_or_from_anywhere_else_does_not_ask() {
    let opened = Opened::with(again()).await;
    let after_open = format!("/auth/launch?after={}", opened.id().as_str());
    for url in [
        opened.app.url(&after_open),
        opened.app.url("/auth/launch"),
        opened.app.ehr_launch_url("amber-testwood", None),
    ] {
        assert_eq!(opened.browser.navigate(&url).await.status, 200);
        assert_eq!(asked(&opened.app), nothing(), "{url}");
    }
}

/// Why a launch has ended is remembered for a quarter of an hour; people come back later than that.
#[actix_web::test]
async fn a_page_whose_launch_is_forgotten_asks_as_well() {
    let opened = timed_out(again()).await;
    opened.app.advance(12 * 3600);
    let redirect = opened.browser.get(&opened.url("/patient")).await;
    let id = opened.id();
    let id = id.as_str();
    assert_eq!(
        redirect.location(),
        format!("/auth/launch?return_to=%2F%7E{id}%2Fpatient&after={id}")
    );
    let page = opened.browser.navigate(&opened.app.url(redirect.location())).await;
    assert_eq!((page.status, asked(&opened.app)), (200, login()));

    // And so does any launch that the store does not know. It can only ask for more.
    let unknown = opened.app.url("/auth/launch?after=AAAAAAAAAAAAAAAAAAAAAA");
    assert_eq!(Browser::new().navigate(&unknown).await.status, 200);
    assert_eq!(asked(&opened.app), login());
}

#[actix_web::test]
async fn a_link_of_the_application_can_ask() {
    let app = again().start();
    let browser = Browser::new();
    assert_eq!(
        browser.navigate(&app.url("/auth/launch?sign_in=again")).await.status,
        200
    );
    assert_eq!(asked(&app), login());
    let misspelt = browser.get(&app.url("/auth/launch?sign_in=yes")).await;
    assert_eq!(misspelt.status, 400);
    assert!(misspelt.body.contains("Code: bad-launch<"), "{}", misspelt.body);
}

#[actix_web::test]
async fn a_prompt_of_the_ehrs_own_stays_and_there_is_only_one() {
    for (own, together) in [("consent", "login consent"), ("login", "login")] {
        let app = again().ehr(move |ehr| ehr.sign_in(SignIn::AgainAfterTimeout).quirks(with_prompt(own)));
        let opened = timed_out(app).await;
        assert_eq!(asked(&opened.app), (Some(own.to_owned()), None), "the launch before");
        assert_eq!(opened.browser.navigate(&opened.url("/patient")).await.status, 200);
        assert_eq!(asked(&opened.app), (Some(together.to_owned()), Some("0".to_owned())));
    }
}

#[actix_web::test]
async fn the_page_that_asks_which_ehr_keeps_the_demand() {
    let other = crate::support::strict_ehr().start().unwrap();
    let base = other.fhir_base_url();
    let app = again().another_ehr(move |redirect_uri| {
        actix_smart_auth::Ehr::builder(base)
            .client_id("other")
            .name("Other")
            .redirect_uri(redirect_uri)
            .scopes("launch/patient")
    });
    let app = app.start();
    let browser = Browser::new();
    let page = browser.get(&app.url("/auth/launch?sign_in=again")).await;
    let link = page
        .body
        .split("href=\"")
        .find(|it| it.starts_with("/auth/launch?ehr="))
        .unwrap();
    let link = link.split('"').next().unwrap().replace("&amp;", "&");
    assert!(link.ends_with("&sign_in=again"), "{link}");
    assert_eq!(browser.navigate(&app.url(&link)).await.status, 200);
    assert_eq!(asked(&app), login());
    // And so does its search.
    let page = browser.get(&app.url("/auth/launch?sign_in=again&q=Other")).await;
    let kept = "<input type=\"hidden\" name=\"sign_in\" value=\"again\">";
    assert!(page.body.contains(kept), "{}", page.body);
}

#[actix_web::test]
async fn the_demand_survives_a_form_that_posts_the_request() {
    let app = again().ehr(|ehr| {
        ehr.sign_in(SignIn::AgainAfterTimeout)
            .authorize_method(actix_smart_auth::options::AuthorizeMethod::Post)
    });
    let app = app.start();
    let browser = Browser::new();
    let page = browser.open(&app.url("/auth/launch?sign_in=again")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let form = last_authorization(&app).form();
    for (name, value) in [("prompt", "login"), ("max_age", "0")] {
        let values: Vec<_> = form.iter().filter(|(key, _)| key == name).collect();
        assert_eq!(values, [&(name.to_owned(), value.to_owned())]);
    }
}

/// Somebody else signs in, as on a shared workstation: the closed page's tab is theirs.
#[actix_web::test]
async fn whoever_signs_in_then_has_the_page() {
    let opened = timed_out(again()).await;
    opened.app.sandbox.set_automatic_user("Practitioner/otto-outline");
    let page = opened.browser.navigate(&opened.url("/user")).await;
    assert!(page.body.contains("otto-outline"), "{}", page.body);
}
