//! Client id, credentials, scopes, redirect URI: what is written at the EHR and here.

use actix_smart_auth::{
    ClientAuth, Quirks, StandaloneLaunch,
    options::{ClientSecretIn, PkceListing, SecretPlacement},
    preflight::{Check, Finding, Preflight, PreflightOptions, Status, Trial},
    sandbox::{SandboxClient, SandboxServer},
};
use serde_json::{Value, json};

use super::{
    CLIENT, REDIRECT_URI, assert_cure, assert_fails, assert_warns, config, good_sandbox, only, registration, report,
};
use crate::support::{RawServer, http, redirect};

const SECRET: &str = "a-secret-of-the-test";

fn sandbox_with_secret() -> SandboxServer {
    let sandbox = crate::support::strict_ehr().start().unwrap();
    sandbox.register(SandboxClient::secret(CLIENT, REDIRECT_URI, SECRET));
    sandbox
}

#[tokio::test]
async fn a_good_registration_is_all_ok() {
    let public = good_sandbox();
    let secret = sandbox_with_secret();
    for ehr in [
        registration(public.fhir_base_url()),
        registration(secret.fhir_base_url()).client_auth(ClientAuth::client_secret(SECRET)),
    ] {
        let report = report(ehr).await;
        assert!(report.can_launch());
        for finding in report.findings() {
            assert_eq!(finding.status, Status::Ok, "{report}");
        }
    }
}

#[tokio::test]
async fn a_wrong_secret_is_found_and_shown_nowhere() {
    let sandbox = sandbox_with_secret();
    let ehr = registration(sandbox.fhir_base_url()).client_auth(ClientAuth::client_secret("guessed-wrong"));
    let report = report(ehr).await;
    assert_fails(&report, Check::TokenEndpoint, "client id and secret");
    assert!(!format!("{report} {}", report.to_json()).contains("guessed-wrong"));
}

#[tokio::test]
async fn an_unknown_client_id_is_found() {
    let sandbox = good_sandbox();
    let ehr = registration(sandbox.fhir_base_url()).client_id("typo");
    let report = report(ehr).await;
    for check in [Check::SignInPage, Check::TokenEndpoint] {
        assert_eq!(only(&report, check).status, Status::Failure, "{report}");
        assert_cure(only(&report, check), "client id");
    }
}

#[tokio::test]
async fn a_secret_that_was_forgotten_is_found() {
    let sandbox = sandbox_with_secret();
    let ehr = registration(sandbox.fhir_base_url());
    assert_fails(&report(ehr).await, Check::TokenEndpoint, "SMART_CLIENT_SECRET");
}

#[tokio::test]
async fn credentials_are_tried_with_one_request_and_only_where_they_may_be() {
    let sandbox = sandbox_with_secret();
    let ehr = || registration(sandbox.fhir_base_url()).client_auth(ClientAuth::client_secret(SECRET));
    let options = PreflightOptions::default().credentials(Trial::Skipped);
    let report = config(ehr()).build().unwrap().preflight_with(options).await;
    assert!(report.can_launch());
    assert_eq!(only(&report, Check::TokenEndpoint).status, Status::NotChecked);
    assert_eq!(sandbox.token_requests_of("authorization_code").len(), 0);
    config(ehr()).build().unwrap().preflight().await;
    assert_eq!(sandbox.token_requests_of("authorization_code").len(), 1);
}

#[tokio::test]
async fn an_ehr_that_wants_the_secret_in_the_body_is_found() {
    let sandbox = sandbox_with_secret();
    sandbox.set_metadata_field("token_endpoint_auth_methods_supported", json!(["client_secret_post"]));
    let ehr = registration(sandbox.fhir_base_url())
        .client_auth(ClientAuth::client_secret(SECRET))
        .quirks(Quirks::none().client_secret_in(ClientSecretIn::Always(SecretPlacement::Header)));
    assert_warns(&report(ehr).await, Check::ClientAuth, "`client_secret_post`");
}

#[tokio::test]
async fn an_ehr_that_lists_keys_only_is_found_where_a_secret_is_configured() {
    let sandbox = sandbox_with_secret();
    sandbox.set_metadata_field("token_endpoint_auth_methods_supported", json!(["private_key_jwt"]));
    let ehr = registration(sandbox.fhir_base_url()).client_auth(ClientAuth::client_secret(SECRET));
    let report = report(ehr).await;
    assert_warns(&report, Check::ClientAuth, "SMART_PRIVATE_KEY_PATH");
    assert!(
        only(&report, Check::ClientAuth).found.contains("private_key_jwt"),
        "{report}"
    );
}

#[tokio::test]
async fn an_ehr_without_s256_is_warned_about_and_fails_where_it_is_demanded() {
    let sandbox = good_sandbox();
    for listed in [Value::Null, json!(["plain"])] {
        sandbox.set_metadata_field("code_challenge_methods_supported", listed);
        let ehr = registration(sandbox.fhir_base_url());
        assert_warns(&report(ehr.clone()).await, Check::Pkce, "S256");
        let demanding = ehr.quirks(Quirks::none().pkce_listing(PkceListing::Required));
        let report = report(demanding).await;
        assert_eq!(only(&report, Check::Pkce).status, Status::Failure, "{report}");
        assert!(!report.can_launch());
    }
}

#[tokio::test]
async fn a_scope_that_is_not_listed_is_named() {
    let sandbox = good_sandbox();
    sandbox.set_metadata_field(
        "scopes_supported",
        json!([
            "openid",
            "fhirUser",
            "launch",
            "launch/patient",
            "offline_access",
            "patient/Patient.rs"
        ]),
    );
    let ehr = |scopes| registration(sandbox.fhir_base_url()).scopes(scopes);
    let found = report(ehr(
        "openid launch/patient offline_access patient/Patient.r patient/Observation.rs",
    ))
    .await;
    assert_warns(&found, Check::Scopes, "SMART_SCOPES");
    let said = &only(&found, Check::Scopes).found;
    assert!(said.contains("does not list patient/Observation.rs."), "{said}");
}

#[tokio::test]
async fn a_misspelled_scope_is_named_also_where_no_list_would_show_it() {
    let covered_by_a_wildcard = good_sandbox();
    covered_by_a_wildcard.set_metadata_field("scopes_supported", json!(["openid", "launch/patient", "patient/*.rs"]));
    let without_a_list = good_sandbox();
    without_a_list.set_metadata_field("scopes_supported", Value::Null);
    let without_metadata = format!("{}/no-such", good_sandbox().fhir_base_url());
    for base in [
        covered_by_a_wildcard.fhir_base_url(),
        without_a_list.fhir_base_url(),
        without_metadata,
    ] {
        let found = report(
            registration(&base)
                .scopes("openid fhirUser launch/patient patient/Patient.rs patient/Observatoin.rs offline_access"),
        )
        .await;
        let about = "The scope `patient/Observatoin.rs`: `Observatoin` is no resource type of FHIR that is known here; did you \
                     mean `Observation`?";
        let named: Vec<_> = found
            .findings()
            .iter()
            .filter(|finding| finding.found == about)
            .collect();
        assert_eq!(named.len(), 1, "{found}");
        assert_eq!((named[0].check, named[0].status), (Check::Scopes, Status::Warning));
        assert_cure(named[0], "Write `Observation` in SMART_SCOPES");
        assert!(!found.to_string().contains("lists every scope"), "{found}");
        let json = found.to_json();
        let findings = json["findings"].as_array().unwrap();
        assert!(findings.iter().any(|finding| finding["found"] == about), "{json:#}");
    }
}

#[tokio::test]
async fn what_follows_from_scopes_that_are_not_asked_for_is_said() {
    let sandbox = good_sandbox();
    let ehr = |scopes| registration(sandbox.fhir_base_url()).scopes(scopes);
    let without_user = report(ehr("launch/patient patient/*.rs offline_access")).await;
    assert_warns(&without_user, Check::Scopes, "openid fhirUser");
    let without_refresh = report(ehr("openid fhirUser launch/patient patient/*.rs")).await;
    assert_warns(&without_refresh, Check::Scopes, "offline_access");
}

#[tokio::test]
async fn a_redirect_uri_at_localhost_is_told_from_one_at_127_0_0_1() {
    let sandbox = good_sandbox();
    sandbox.register(SandboxClient::public("other", "http://localhost:8080/auth/callback"));
    let ehr = registration(sandbox.fhir_base_url())
        .client_id("other")
        .redirect_uri("http://localhost:8080/auth/callback");
    assert_warns(&report(ehr).await, Check::RedirectUri, "127.0.0.1");
}

#[tokio::test]
async fn a_redirect_uri_that_is_registered_in_another_spelling_is_found() {
    let sandbox = good_sandbox();
    for other in ["http://127.0.0.1:8080/callback", "http://127.0.0.1:8081/auth/callback"] {
        let ehr = registration(sandbox.fhir_base_url()).redirect_uri(other);
        assert_fails(&report(ehr).await, Check::SignInPage, "redirect URI");
    }
    let ehr = registration(sandbox.fhir_base_url()).redirect_uri("http://localhost:8080/auth/callback");
    assert_fails(&report(ehr).await, Check::SignInPage, "localhost or 127.0.0.1");
}

#[tokio::test]
async fn the_sign_in_page_is_asked_for_only_where_it_may_be() {
    let server = RawServer::canary();
    let sandbox = good_sandbox();
    sandbox.set_metadata_field("authorization_endpoint", format!("{}/authorize", server.origin));
    let ehr = || registration(sandbox.fhir_base_url());
    let skipped = PreflightOptions::default().sign_in_page(Trial::Skipped);
    let report = config(ehr()).build().unwrap().preflight_with(skipped).await;
    assert_eq!(only(&report, Check::SignInPage).status, Status::NotChecked, "{report}");
    let from_ehr_only = config(ehr()).standalone(StandaloneLaunch::NotOffered).build().unwrap();
    let report = from_ehr_only.preflight().await;
    assert_eq!(only(&report, Check::SignInPage).status, Status::NotChecked, "{report}");
    assert_eq!(server.connections(), 0);
    let report = config(ehr()).build().unwrap().preflight().await;
    assert_warns(&report, Check::SignInPage, "client id");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn an_error_with_which_the_browser_is_sent_back_at_once_is_said() {
    let server = RawServer::start();
    server.answer(redirect(303, &format!("{REDIRECT_URI}?error=invalid_scope&state=x")));
    let sandbox = good_sandbox();
    sandbox.set_metadata_field("authorization_endpoint", format!("{}/authorize", server.origin));
    let report = report(registration(sandbox.fhir_base_url())).await;
    assert_warns(&report, Check::SignInPage, "SMART_SCOPES");
    assert!(
        only(&report, Check::SignInPage).found.contains("`invalid_scope`"),
        "{report}"
    );
}

/// The report, and what it says of a sign-in page that answers so.
async fn sign_in_page_answering(answer: Vec<u8>) -> (Preflight, Finding) {
    let server = RawServer::start();
    server.answer(answer);
    let sandbox = good_sandbox();
    sandbox.set_metadata_field("authorization_endpoint", format!("{}/authorize", server.origin));
    let report = report(registration(sandbox.fhir_base_url())).await;
    let mut findings = report.findings().iter();
    let finding = findings.find(|finding| finding.check == Check::SignInPage).unwrap();
    (report.clone(), finding.clone())
}

#[tokio::test]
async fn of_a_page_and_of_a_redirect_no_more_is_said_than_that_no_error_can_be_seen() {
    for answer in [
        http(200, "text/html", "<title>redirect_uri mismatch</title>"),
        redirect(302, "/login?session=x"),
    ] {
        let (report, finding) = sign_in_page_answering(answer).await;
        assert_eq!(finding.status, Status::Ok, "{report}");
        assert!(
            finding.found.contains("without an error that can be seen from here"),
            "{report}"
        );
        assert!(!finding.found.contains("session"), "{report}");
    }
}

#[tokio::test]
async fn a_redirect_to_a_page_about_an_error_is_warned_about() {
    for location in [
        "/oauth/Error?code=redirect_mismatch",
        "/login?error=redirect_uri_mismatch",
    ] {
        let (report, _) = sign_in_page_answering(redirect(302, location)).await;
        assert_warns(&report, Check::SignInPage, "redirect URI");
    }
}

#[tokio::test]
async fn a_sign_in_page_that_cannot_be_read_is_not_checked() {
    let packed =
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\nabcd";
    let large = http(500, "text/html", "x".repeat(3 * 1024 * 1024));
    for answer in [packed.to_vec(), large] {
        let (report, finding) = sign_in_page_answering(answer).await;
        assert_eq!(finding.status, Status::NotChecked, "{report}");
    }
}

#[tokio::test]
async fn a_redirect_uri_of_this_machine_at_an_ehr_elsewhere_is_warned_about() {
    let report = report(registration("https://ehr.invalid/fhir")).await;
    let finding = only(&report, Check::RedirectUri);
    assert_eq!(finding.status, Status::Warning, "{report}");
    assert_cure(finding, "SMART_REDIRECT_URI");
}

#[tokio::test]
async fn capabilities_that_are_not_listed_are_named() {
    let sandbox = good_sandbox();
    sandbox.set_metadata_field(
        "capabilities",
        json!(["launch-standalone", "client-public", "permission-patient"]),
    );
    let report = report(registration(sandbox.fhir_base_url())).await;
    assert_warns(&report, Check::Capabilities, "administrators");
    let said = &only(&report, Check::Capabilities).found;
    assert!(
        said.contains("`launch-ehr`") && said.contains("`permission-offline`"),
        "{said}"
    );
}
