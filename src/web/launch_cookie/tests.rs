use super::*;
use crate::{
    config::{CookiePolicy, Ehr, Partitioned, SameSite, SmartConfigBuilder},
    smart_config::SmartConfig,
};

const ID: &str = "AAAAAAAAAAAAAAAAAAAAAA";

fn builder(origin: &str) -> SmartConfigBuilder {
    SmartConfig::builder().ehr(
        Ehr::builder("https://ehr.example/fhir")
            .client_id("my-app")
            .redirect_uri(format!("{origin}/auth/callback"))
            .scopes("launch/patient"),
    )
}

/// What is set, without the name and the value.
fn attributes_of(builder: SmartConfigBuilder) -> String {
    let config = builder.build().unwrap();
    let cookie = LaunchCookie {
        id: LaunchId::parse(ID).unwrap(),
        secret: LaunchSecret::new("secret"),
    };
    let set = cookie.set(&config.runtime().settings);
    let attributes = set.strip_prefix(&format!("smart_launch={ID}.secret; ")).unwrap();
    attributes.to_owned()
}

fn on_its_path(attributes: &str) -> String {
    format!("Path=/~{ID}; HttpOnly; {attributes}")
}

#[test]
fn it_is_secure_but_on_a_loopback_http_address() {
    assert_eq!(
        attributes_of(builder("https://app.example")),
        on_its_path("SameSite=Lax; Secure")
    );
    assert_eq!(
        attributes_of(builder("https://127.0.0.1:8443")),
        on_its_path("SameSite=Lax; Secure")
    );
    assert_eq!(
        attributes_of(builder("http://127.0.0.1:8080")),
        on_its_path("SameSite=Lax")
    );
}

#[test]
fn in_a_frame_it_is_for_other_sites_and_partitioned_if_configured() {
    let framed = CookiePolicy::default().same_site(SameSite::None);
    let secure = || builder("https://app.example");
    assert_eq!(
        attributes_of(secure().cookie(framed.clone())),
        on_its_path("SameSite=None; Secure")
    );
    assert_eq!(
        attributes_of(secure().cookie(framed.partitioned(Partitioned::Yes))),
        on_its_path("SameSite=None; Secure; Partitioned")
    );
}
