use super::*;
use crate::{config::Ehr, smart_config::SmartConfig, web::test_head::Head};

fn application_at(public: &str) -> SmartConfig {
    let config = SmartConfig::builder().ehr(
        Ehr::builder("https://ehr.example/fhir")
            .client_id("my-app")
            .redirect_uri(format!("https://app.example{public}/auth/callback"))
            .scopes("launch/patient"),
    );
    config.public_path(public).build().unwrap()
}

fn with_cookies(cookies: &[String]) -> Head {
    Head::get(&[("cookie", &cookies.join("; "))])
}

#[test]
fn the_name_of_a_browser_is_in_the_value_and_does_not_follow_from_the_state() {
    let config = application_at("");
    let settings = &config.runtime().settings;
    assert_eq!(Link::random().0.len(), Link::LENGTH);
    let tag = SignInTag::of(PendingKey::of(&State::new("state"))).text();
    let named = |value: &str| {
        names_of_browser(
            &with_cookies(&[format!("{}{tag}={value}", settings.cookies.sign_in)]),
            settings,
        )
    };
    let link = "ABCDEFGHIJKLMNOP";
    let of_begun = named(&format!("b1.{link}.sealed"));
    assert_eq!(of_begun, [BrowserKey::of_sign_in(link)]);
    assert_eq!(named(&format!("u1.{link}.other")), of_begun);
    for other in [
        "",
        "b1",
        "b1.",
        "b1..sealed",
        "b1.ABC.sealed",
        "b1.sealed",
        &format!("b1.{link}"),
    ] {
        assert_eq!(named(other), [], "{other:?}");
    }
}

#[test]
fn those_of_another_application_on_the_host_are_left_alone() {
    let tag = SignInTag::of(PendingKey::of(&State::new("state"))).text();
    let applications = ["", "/app", "/app/x", "/app_x"].map(application_at);
    let cookies: Vec<_> = applications
        .iter()
        .map(|config| format!("{}{tag}=b1.AAAA", config.runtime().settings.cookies.sign_in))
        .collect();
    let request = with_cookies(&cookies);
    for config in &applications {
        let settings = &config.runtime().settings;
        let removed = remove_all(&request, settings);
        let own = format!("{}{tag}=; ", settings.cookies.sign_in);
        assert_eq!(removed.len(), 1, "{removed:?}");
        assert!(removed.iter().all(|cookie| cookie.starts_with(&own)), "{removed:?}");
    }
}
