//! The log tells the story of a launch, and names nobody.

use crate::support::{App, Browser, DUE, Logs, Profile, open};

/// The lines about this application that the crate wrote at a level.
fn lines(logs: &Logs, level: &str, about: &str) -> Vec<String> {
    let text = logs.text();
    let ours = |line: &&str| {
        line.contains(&format!(" {level} ")) && line.contains("actix_smart_auth::") && line.contains(about)
    };
    text.lines().filter(ours).map(str::to_owned).collect()
}

fn field<'a>(line: &'a str, name: &str) -> &'a str {
    let rest = line
        .split(&format!(" {name}="))
        .nth(1)
        .unwrap_or_else(|| panic!("no {name}: {line}"));
    rest.trim_start_matches('"').split(['"', ' ']).next().unwrap()
}

#[actix_web::test]
async fn a_launch_begins_opens_and_is_refreshed_under_one_reference_without_a_patient_or_user() {
    let logs = Logs::collect();
    let app = App::builder()
        .ehr(|ehr| ehr.scopes("openid fhirUser launch/patient patient/*.cruds patient/Observation.rs offline_access"))
        .start();
    let browser = Browser::new();
    let launch = open(&app, &browser).await;
    app.advance(DUE);
    assert_eq!(browser.get(&format!("{launch}/token")).await.status, 200);
    assert_eq!(app.refreshes(), 1);
    let told = lines(&logs, "INFO", &app.sandbox.fhir_base_url());
    let find = |what: &str| {
        told.iter()
            .find(|line| line.contains(what))
            .unwrap_or_else(|| panic!("{what}: {told:#?}"))
    };
    let begun = find("an authorization begins");
    assert!(
        begun.contains("patient/*.cruds") && begun.contains("kind=Standalone"),
        "{begun}"
    );
    let opened = find("launch opened");
    assert!(opened.contains("granted=") && opened.contains("denied="), "{opened}");
    assert!(opened.contains("patient/Observation.rs"), "{opened}");
    let refreshed = find("access token refreshed");
    assert_eq!(field(opened, "launch"), field(refreshed, "launch"));
    assert_eq!(field(opened, "launch").len(), 8);
    for line in &told {
        assert!(
            !line.contains("amber-testwood") && !line.contains("Practitioner/"),
            "{line}"
        );
    }
}

#[actix_web::test]
async fn each_exchange_with_the_ehr_is_a_line_without_query_header_or_body() {
    let logs = Logs::collect();
    let app = App::start();
    let browser = Browser::new();
    let launch = open(&app, &browser).await;
    let token = browser.get(&format!("{launch}/token")).await.body;
    let told = lines(&logs, "DEBUG", &app.sandbox.origin());
    let exchanges: Vec<_> = told
        .iter()
        .filter(|line| line.contains("actix_smart_auth::http"))
        .collect();
    for (method, path) in [("Get", "/.well-known/smart-configuration"), ("Post", "/token")] {
        let line = exchanges
            .iter()
            .find(|line| line.contains(path) && line.contains(&format!("method={method}")));
        let line = line.unwrap_or_else(|| panic!("{method} {path}: {exchanges:#?}"));
        assert_eq!(field(line, "status"), "200");
        assert!(field(line, "received").parse::<usize>().unwrap() > 0, "{line}");
    }
    for line in exchanges {
        assert!(
            !line.contains('?') && !line.contains(&token) && !line.contains("code_verifier"),
            "{line}"
        );
    }
}

#[actix_web::test]
async fn what_has_to_be_registered_at_the_ehr_is_said_once_at_the_start() {
    let logs = Logs::collect();
    for profile in Profile::ALL {
        let app = App::builder()
            .profile(profile)
            .workers(2)
            .ehr(|ehr| ehr.scopes("patient/Patient.rs"))
            .start();
        open(&app, &Browser::new()).await;
        let told = lines(&logs, "INFO", &app.sandbox.fhir_base_url());
        let told: Vec<_> = told.iter().filter(|line| line.contains("to be registered")).collect();
        let [line] = told[..] else { panic!("{told:#?}") };
        assert_eq!(field(line, "launch_url"), app.url("/auth/launch"));
        assert_eq!(field(line, "redirect_uri"), app.url("/auth/callback"));
        assert!(line.contains("client_id="), "{line}");
        let scopes = "scopes=patient/Patient.rs launch launch/patient";
        assert!(line.contains(scopes), "a launch asks for these too: {line}");
        let keys = format!("jwks_url=\"{}\"", app.url("/.well-known/jwks.json"));
        let has_key = matches!(profile, Profile::Es384 | Profile::Rs384);
        assert_eq!(line.contains(&keys), has_key, "{profile:?}: {line}");
    }
}

#[actix_web::test]
async fn scopes_that_an_ehr_makes_up_write_no_control_characters_no_patient_and_no_endless_line() {
    for scope in [
        "patient/Patient.rs?_id=amber-testwood launch/patient/amber-testwood \u{1b}[31mRED \u{202e}rtl \u{7}bell"
            .to_owned(),
        format!("patient/*.rs {}", "x".repeat(100_000)),
    ] {
        let logs = Logs::collect();
        let app = App::start();
        app.sandbox.set_token_response_field("scope", scope.as_str());
        open(&app, &Browser::new()).await;
        let told = lines(&logs, "INFO", &app.sandbox.fhir_base_url());
        let line = told.iter().find(|line| line.contains("launch opened")).unwrap();
        assert!(line.len() < 10_000, "{} bytes", line.len());
        let hidden = ["amber-testwood", "\u{1b}", "\u{202e}", "\u{7}"];
        assert!(hidden.iter().all(|it| !line.contains(it)), "{line:?}");
    }
}
