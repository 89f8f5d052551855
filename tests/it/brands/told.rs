//! What the log and the pages say where a bundle, or something in it, cannot be used.

use actix_smart_auth::{
    Ehr, EhrBuilder, SmartClient,
    brands::BrandDirectory,
    error::EhrLookupError,
    resolver::{EhrChoice, EhrResolver, FhirBaseUrl, ResolveFuture},
};
use serde_json::json;
use url::Url;

use super::{Published, answer, builder, bundle, chooser::page, endpoint, linked::Two, organization, registration};
use crate::support::{App, Browser, Logs, RawServer, clock};

/// A resolver that has no EHRs.
#[derive(Debug)]
struct Nobodys;

impl EhrResolver for Nobodys {
    fn resolve<'a>(&'a self, _: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>> {
        Box::pin(async { Ok(None) })
    }
}

/// The lines of the log that have this text, which no other test has.
fn lines(logs: &Logs, with: &str) -> Vec<String> {
    let text = logs.text();
    let lines = text.lines().filter(|line| line.contains(with));
    lines.map(str::to_owned).collect()
}

#[actix_web::test]
async fn which_entries_were_left_out_is_in_the_log_with_host_and_reason() {
    let logs = Logs::collect();
    let app = Published::start();
    let mut off = endpoint("off-1", "https://switched-off.example/fhir?key=k-e-y");
    off["resource"]["status"] = json!("off");
    let entries = [
        off,
        endpoint("plain-1", "http://plain-http.example/fhir"),
        organization("lost-1", "Lost", "Springfield", "off-1"),
        endpoint("good-1", "https://good.example/fhir"),
        organization("kept-1", "Kept", "Springfield", "good-1"),
    ];
    app.server.answer(answer(200, "", &bundle(&entries)));
    assert_eq!(app.config.load_brands().await.unwrap().left_out, 3);
    let told = lines(&logs, &format!("bundle=\"{}/brands.json\"", app.server.origin));
    for parts in [
        ["Endpoint/off-1", "switched-off.example", "it is not active"],
        ["Endpoint/plain-1", "plain-http.example", "no https address"],
        ["Organization/lost-1", "DEBUG", "has an endpoint in the bundle"],
    ] {
        let is_told = told.iter().any(|line| parts.iter().all(|part| line.contains(part)));
        assert!(is_told, "{parts:?}: {told:#?}");
    }
    assert!(
        !told
            .iter()
            .any(|line| line.contains("k-e-y") || line.contains("kept-1")),
        "{told:#?}"
    );
}

#[actix_web::test]
async fn where_an_ehr_links_the_bundle_nobody_is_told_to_configure_its_address() {
    let logs = Logs::collect();
    let moved = "location: https://elsewhere.example/b.json\r\n";
    for (trouble, advice) in [
        (
            answer(302, moved, ""),
            "name that address in its metadata (`user_access_brand_bundle`)",
        ),
        (
            answer(200, "", "<html>"),
            "ask whoever runs the EHR to look at `user_access_brand_bundle`",
        ),
        (
            answer(200, "", "{}"),
            "ask whoever runs the EHR to look at `user_access_brand_bundle`",
        ),
    ] {
        let two = Two::start();
        two.publisher.answer(trouble);
        two.config().load_brands().await.unwrap();
        let told = lines(&logs, &format!("bundle=\"{}/brands\"", two.publisher.origin)).join("\n");
        assert!(told.contains(advice), "{advice}: {told}");
        assert!(
            !told.contains("configure that") && !told.contains("BrandDirectory"),
            "{told}"
        );
    }
}

#[actix_web::test]
async fn where_a_bundle_is_missing_no_resolver_is_blamed() {
    let logs = Logs::collect();
    let app = Published::start();
    app.server.answer(answer(503, "", ""));
    assert_eq!(page(&app.config, "").await.0, 503);
    app.needed(1).await;
    let told = lines(&logs, &format!("{}/brands.json is not there", app.server.origin));
    for text in [
        "there are no EHRs to choose from",
        "a brand bundle that may have it is missing",
    ] {
        assert!(told.iter().any(|line| line.contains(text)), "{text}: {told:#?}");
    }
    assert!(!told.iter().any(|line| line.contains("the resolver")), "{told:#?}");
}

/// A resolver with an EHR of its own.
#[derive(Debug)]
struct Own;

impl EhrResolver for Own {
    fn resolve<'a>(&'a self, _: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>> {
        Box::pin(async { Ok(None) })
    }

    fn choices<'a>(&'a self, _: &'a str, _: usize) -> ResolveFuture<'a, Vec<EhrChoice>> {
        Box::pin(async { Ok(vec![EhrChoice::new("Own Clinic", "https://own.example/fhir")]) })
    }
}

#[actix_web::test]
async fn a_panic_of_the_brands_function_is_told_as_one_of_it_and_takes_nothing_away_of_the_resolver() {
    let (logs, server) = (Logs::collect(), RawServer::start());
    let address = "https://its-function-panics.example/fhir";
    let entries = [endpoint("e", address), organization("o", "North", "Springfield", "e")];
    server.answer(answer(200, "", &bundle(&entries)));
    let panicking = BrandDirectory::new(&server.origin, |_| panic!("as the test wants it"));
    let alone = builder(&clock()).brands(panicking.clone()).build().unwrap();
    let beside = builder(&clock()).ehr_resolver(Own).brands(panicking).build().unwrap();
    assert_eq!(page(&alone, "").await.0, 503);
    let (status, body) = page(&beside, "").await;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("Own Clinic"), "{body}");
    for config in [&alone, &beside] {
        let asked = SmartClient::for_ehr(config, address).await;
        assert!(matches!(asked, Err(EhrLookupError::Unavailable)));
    }
    let told = lines(&logs, address);
    let failed = "the function of the `BrandDirectory` failed";
    assert!(told.iter().any(|line| line.contains(failed)), "{told:#?}");
    assert!(!told.iter().any(|line| line.contains("the resolver")), "{told:#?}");
    // This line names no address, so that it may be another test's.
    let told = lines(&logs, "the EHRs of brand bundles are missing");
    assert!(told.iter().any(|line| line.contains("it panicked")), "{told:#?}");
}

#[actix_web::test]
async fn a_registration_of_the_brands_function_that_cannot_be_used_is_not_said_to_be_a_resolvers() {
    let (logs, server) = (Logs::collect(), RawServer::start());
    let address = "https://no-client-id.example/fhir";
    let entries = [endpoint("e", address), organization("o", "North", "Springfield", "e")];
    server.answer(answer(200, "", &bundle(&entries)));
    let directory = BrandDirectory::new(&server.origin, |brand| Some(Ehr::builder(brand.fhir_base_url())));
    let config = builder(&clock()).brands(directory).build().unwrap();
    let asked = SmartClient::for_ehr(&config, address).await;
    assert!(matches!(asked, Err(EhrLookupError::Invalid)));
    let told = lines(&logs, address);
    let of_function = "what the function of the `BrandDirectory` says of an EHR cannot be used";
    assert!(told.iter().any(|line| line.contains(of_function)), "{told:#?}");
}

#[actix_web::test]
async fn an_ehr_of_a_bundle_at_a_private_address_is_not_said_to_be_silent_and_the_log_says_what_to_set() {
    let (logs, server) = (Logs::collect(), RawServer::start());
    let inside = "https://10.99.17.3/fhir";
    let entries = [
        endpoint("in", inside),
        organization("in", "Inside", "Springfield", "in"),
    ];
    server.answer(answer(200, "", &bundle(&entries)));
    let directory = BrandDirectory::new(&server.origin, registration);
    let app = App::builder()
        .resolver(Nobodys)
        .config(|config| config.brands(directory))
        .start();
    let path = Url::parse_with_params(&app.url("/auth/launch"), [("ehr", inside)]).unwrap();
    let shown = Browser::new().get(path.as_str()).await;
    let body = &shown.body;
    assert_eq!(shown.status, 503, "{body}");
    assert!(body.contains("Code: ehr-not-allowed"), "{body}");
    assert!(
        body.contains("Please tell the support team") && !body.contains("does not answer"),
        "{body}"
    );
    assert!(!body.contains("10.99.17.3"), "{body}");
    let told = lines(&logs, "10.99.17.3");
    let refused = told
        .iter()
        .any(|line| line.contains("not a public address") && line.contains("allow_hosts"));
    let not_begun = told
        .iter()
        .any(|line| line.contains("a launch was not begun") && line.contains("allow_hosts"));
    assert!(refused && not_begun, "{told:#?}");
}
