//! The presets of vendors against a server that is none of theirs: they hold what is said of a vendor, and have to leave
//! the rest of the protocol alone.

use actix_smart_auth::{EhrBuilder, Quirks, scope::ScopeVersion};

use crate::{
    application::{Application, DUE, Profile},
    support::Browser,
};

const NO_WILDCARDS: &str = "openid fhirUser patient/Patient.rs offline_access";

/// Both ways to launch, one refresh each; gives back what was granted.
async fn launches(profile: Profile, change: impl FnOnce(EhrBuilder) -> EhrBuilder) -> Option<(Application, String)> {
    let application = Application::with(profile, |ehr, _| change(ehr))?;
    let mut granted = String::new();
    for (url, patient) in [
        (application.url("/auth/launch"), "amber-testwood"),
        (application.ehr_launch_url(), "bruno-fixture"),
    ] {
        let browser = Browser::new();
        let page = browser.navigate(&url).await;
        assert_eq!((page.status, page.body), (200, format!("patient {patient}")), "{url}");
        let of_launch = |path: &str| page.url.replace("/patient", path);
        assert_eq!(
            browser.api(&of_launch("/identity")).await.json()["user"],
            "Practitioner/dr-odd"
        );
        application.advance(DUE).await;
        assert_eq!(browser.api(&of_launch("/record")).await.json()["id"], patient);
        let context = browser.api(&of_launch("/context")).await.json();
        granted = context["granted"].as_str().unwrap().to_owned();
    }
    let sent = application.provider.token_requests().await;
    let refreshes = sent.iter().filter(|it| it.form("grant_type") == Some("refresh_token"));
    assert_eq!(refreshes.count(), 2);
    assert!(sent.iter().all(|request| request.status() == 200));
    Some((application, granted))
}

/// With what this server wants besides.
fn with_consent(preset: Quirks) -> Quirks {
    preset.authorization_parameter("prompt", "consent")
}

#[actix_web::test]
async fn the_preset_for_epic_fits_and_tells_who_asks_for_the_metadata() {
    for profile in [Profile::Secret, Profile::Es384] {
        let launched = launches(profile, |ehr| ehr.quirks(with_consent(Quirks::epic()))).await;
        let Some((application, granted)) = launched else { return };
        assert_eq!(granted, "openid fhirUser patient/*.rs offline_access launch");
        for request in application.provider.control(&[]).await {
            let is_metadata = request.text("path") == "/fhir/.well-known/smart-configuration";
            let client_id = if is_metadata {
                profile.client_id()
            } else {
                String::new()
            };
            assert_eq!(request.text("epicClientId"), client_id, "{}", request.text("path"));
        }
    }
}

#[actix_web::test]
async fn the_preset_for_oracle_health_fits_in_both_versions_of_scopes() {
    let v2 = |quirks: Quirks| quirks.scope_version(ScopeVersion::V2);
    for (quirks, scope) in [
        (Quirks::oracle_health(), "patient/Patient.read"),
        (v2(Quirks::oracle_health()), "patient/Patient.rs"),
    ] {
        let change = |ehr: EhrBuilder| ehr.scopes(NO_WILDCARDS).quirks(with_consent(quirks));
        let Some((_, granted)) = launches(Profile::Secret, change).await else {
            return;
        };
        assert_eq!(granted, format!("openid fhirUser {scope} offline_access launch"));
    }
}

#[actix_web::test]
async fn the_preset_for_athenahealth_fits_with_its_response_mode() {
    let launched = launches(Profile::Rs384, |ehr| ehr.quirks(with_consent(Quirks::athenahealth())));
    let Some((application, _)) = launched.await else { return };
    let asked = application.provider.requests_to("/auth").await;
    assert_eq!(asked.len(), 2);
    assert!(
        asked
            .iter()
            .all(|request| request.query("response_mode") == Some("query"))
    );
}
