//! The page that asks which EHR.

use actix_smart_auth::{
    Ehr, EhrBuilder, SmartAuth,
    brands::BrandDirectory,
    resolver::{EhrChoice, EhrResolver, FhirBaseUrl, ResolveFuture},
};
use actix_web::{App, test};

use super::{Published, answer, builder, bundle, endpoint, one, organization, registration};
use crate::support::{Logs, RawServer, clock};

pub(super) async fn page(config: &actix_smart_auth::SmartConfig, search: &str) -> (u16, String) {
    let (status, _, body) = answer_of(config, search).await;
    (status, body)
}

/// The page without a search, and its `Content-Security-Policy`.
pub(super) async fn page_and_policy(config: &actix_smart_auth::SmartConfig) -> (String, String) {
    let (status, policy, body) = answer_of(config, "").await;
    assert_eq!(status, 200, "{body}");
    (body, policy)
}

async fn answer_of(config: &actix_smart_auth::SmartConfig, search: &str) -> (u16, String, String) {
    let app = test::init_service(App::new().wrap(SmartAuth::new(config.clone()))).await;
    let path = format!(
        "/auth/launch?{}",
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair("q", search)
            .finish()
    );
    let request = test::TestRequest::get()
        .uri(&path)
        .insert_header(("accept", "text/html"));
    let answer = test::call_service(&app, request.to_request()).await;
    let status = answer.status().as_u16();
    let policy = answer.headers().get("content-security-policy");
    let policy = policy.map(|policy| policy.to_str().unwrap().to_owned());
    (
        status,
        policy.unwrap_or_default(),
        String::from_utf8(test::read_body(answer).await.to_vec()).unwrap(),
    )
}

#[actix_web::test]
async fn people_see_names_and_places_and_search_by_both() {
    let app = Published::start();
    let mut entries = vec![
        endpoint("n", "https://north.example/fhir"),
        endpoint("s", "https://south.example/fhir"),
        organization("n", "Springfield Clinic", "Springfield", "n"),
        organization("s", "Springfield Clinic", "Chicago", "s"),
    ];
    for number in 0..30 {
        let id = number.to_string();
        entries.push(endpoint(&id, &format!("https://{id}.example/fhir")));
        entries.push(organization(&id, &format!("Practice {id}"), "Peoria", &id));
    }
    app.server.answer(answer(200, "", &bundle(&entries)));
    let (status, body) = page(&app.config, "").await;
    assert_eq!(status, 200);
    assert_eq!(body.matches("<li>").count(), 20);
    assert!(body.contains(r#"name="q""#));
    let (_, body) = page(&app.config, "clinic chicago").await;
    assert!(body.contains("Springfield Clinic <small>Chicago, IL</small>"), "{body}");
    assert!(body.contains("ehr=https%3A%2F%2Fsouth.example%2Ffhir"), "{body}");
    assert_eq!(body.matches("<li>").count(), 1);
    let (status, body) = page(&app.config, "nowhere").await;
    assert_eq!((status, body.matches("<li>").count()), (200, 0));
}

#[actix_web::test]
async fn markup_in_a_bundle_is_text_on_the_page() {
    let app = Published::start();
    let entries = [
        endpoint("e", "https://north.example/fhir"),
        organization("o", "<img src=x onerror=alert(1)>\u{202E}", "\"><script>", "e"),
    ];
    app.server.answer(answer(200, "", &bundle(&entries)));
    let (_, body) = page(&app.config, "").await;
    assert!(
        !body.contains("<img") && !body.contains("<script") && !body.contains('\u{202E}'),
        "{body}"
    );
    assert!(body.contains("&lt;img src=x onerror=alert(1)&gt;"), "{body}");
}

#[actix_web::test]
async fn without_a_bundle_people_are_asked_to_try_again() {
    let app = Published::start();
    app.server.answer(answer(503, "", ""));
    let (status, body) = page(&app.config, "").await;
    assert_eq!(status, 503, "{body}");
}

#[derive(Debug)]
struct Own;

impl EhrResolver for Own {
    fn resolve<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>> {
        let own = (asked.normalized() == "https://own.example/fhir").then(|| {
            Ehr::builder("https://own.example/fhir")
                .client_id("own")
                .scopes("launch")
        });
        Box::pin(async { Ok(own) })
    }

    fn choices<'a>(&'a self, _: &'a str, _: usize) -> ResolveFuture<'a, Vec<EhrChoice>> {
        Box::pin(async { Ok(vec![EhrChoice::new("Own", "https://own.example/fhir").at("Here")]) })
    }
}

#[actix_web::test]
async fn the_resolver_of_the_application_comes_first_and_works_while_the_publisher_is_away() {
    let (clock, server) = (clock(), RawServer::start());
    let config = builder(&clock)
        .ehr_resolver(Own)
        .brands(BrandDirectory::new(&server.origin, registration))
        .build()
        .unwrap();
    server.answer(answer(503, "", ""));
    let (status, body) = page(&config, "").await;
    assert_eq!(status, 200);
    assert!(body.contains("Own <small>Here</small>"), "{body}");
    server.answer(answer(200, "", &one("North Hospital")));
    clock.advance(std::time::Duration::from_secs(10));
    let (_, body) = page(&config, "").await;
    let (own, north) = (body.find("Own").unwrap(), body.find("North Hospital").unwrap());
    assert!(own < north);
    for address in ["https://own.example/fhir", "https://north.example/fhir"] {
        assert!(
            actix_smart_auth::SmartClient::for_ehr(&config, address).await.is_ok(),
            "{address}"
        );
    }
}

#[actix_web::test]
async fn brands_without_a_place_that_look_the_same_are_told_apart_by_host_or_address() {
    let app = Published::start();
    let mut entries = Vec::new();
    for (id, name, address) in [
        ("1", "General", "https://one.example/fhir"),
        ("2", "General", "https://two.example/fhir"),
        ("3", "County", "https://county.example/a"),
        ("4", "County", "https://county.example/b"),
        ("5", "Lake", "https://lake.example/fhir"),
    ] {
        let mut brand = organization(id, name, "", id);
        brand["resource"]["address"] = serde_json::json!([]);
        entries.extend([endpoint(id, address), brand]);
    }
    app.server.answer(answer(200, "", &bundle(&entries)));
    let (_, body) = page(&app.config, "").await;
    for line in [
        "General <small>one.example</small>",
        "General <small>two.example</small>",
        "County <small>https://county.example/a</small>",
        "County <small>https://county.example/b</small>",
    ] {
        assert!(body.contains(line), "{line}: {body}");
    }
    assert!(!body.contains("lake.example</small>"), "{body}");
}

/// A blank that is none, another case, wide letters: whoever reads takes them for one.
#[actix_web::test]
async fn names_that_differ_in_blanks_case_or_width_alone_have_their_hosts_beside_them() {
    let named = |id: &str, name: &str| {
        let base = format!("https://{id}.example/fhir");
        Ehr::builder(base).name(name).client_id("app").scopes("launch/patient")
    };
    for twin in [
        "North\u{A0}Clinic",
        "North  Clinic",
        "NORTH clinic",
        "Ｎｏｒｔｈ Clinic",
    ] {
        let config = builder(&clock())
            .ehr(named("one", "North Clinic"))
            .ehr(named("two", twin))
            .ehr(named("three", "North Clinics"))
            .build()
            .unwrap();
        let (_, body) = page(&config, "").await;
        for line in [
            "North Clinic <small>one.example</small>".to_owned(),
            format!("{twin} <small>two.example</small>"),
        ] {
            assert!(body.contains(&line), "{line}: {body}");
        }
        assert!(!body.contains("three.example</small>"), "{body}");
    }
}

#[actix_web::test]
async fn an_ehr_of_the_configuration_that_a_bundle_has_too_is_one_line() {
    let (clock, server) = (clock(), RawServer::start());
    let without_place = bundle(&[endpoint("e", "https://north.example/fhir/"), {
        let mut brand = organization("o", "NORTH", "", "e");
        brand["resource"]["address"] = serde_json::json!([]);
        brand
    }]);
    server.answer(answer(200, "", &without_place));
    let north = Ehr::builder("https://north.example/fhir").name("North");
    let config = builder(&clock)
        .ehr(north.client_id("app").scopes("launch/patient"))
        .brands(BrandDirectory::new(&server.origin, registration))
        .build()
        .unwrap();
    let (_, body) = page(&config, "").await;
    assert_eq!(body.matches("<li>").count(), 1, "{body}");
}

#[actix_web::test]
async fn an_ehr_of_a_bundle_at_a_private_address_is_not_listed_unless_its_host_is_allowed() {
    let logs = Logs::collect();
    let private = [
        "https://10.77.3.1/fhir",
        "https://127.77.3.1/fhir",
        "https://[fd00::773]/fhir",
    ];
    let mut entries = vec![
        endpoint("public", "https://north.example/fhir"),
        organization("public", "Public", "Springfield", "public"),
    ];
    for (number, address) in private.iter().enumerate() {
        let id = format!("p{number}");
        entries.push(endpoint(&id, address));
        entries.push(organization(&id, &format!("Private {number}"), "Springfield", &id));
    }
    let json = bundle(&entries);
    let (fetched, away) = (RawServer::start(), RawServer::start());
    fetched.answer(answer(200, "", &json));
    away.answer(answer(503, "", ""));
    let directory = |server: &RawServer| BrandDirectory::new(&server.origin, registration);
    let copied = || directory(&away).starting_with(json.as_bytes()).unwrap();
    for directory in [directory(&fetched), copied()] {
        let config = builder(&clock()).brands(directory.clone()).build().unwrap();
        // Where it came with the application, that is what there is.
        let _ = config.load_brands().await;
        let (_, body) = page(&config, "").await;
        assert!(body.contains("Public") && !body.contains("Private"), "{body}");
        assert_eq!(page(&config, "private").await.1.matches("<li>").count(), 0);
        let report = directory.report();
        assert_eq!((report.choices, report.endpoints, report.left_out), (1, 1, 3));
    }
    for host in ["10.77.3.1", "127.77.3.1", "[fd00::773]"] {
        let text = logs.text();
        let mut lines = text
            .lines()
            .filter(|line| line.contains("was left out") && line.contains(host));
        let first = lines.next().unwrap_or_else(|| panic!("{host}: {text}"));
        assert!(
            first.contains("DEBUG") && first.contains("not a public address"),
            "{first}"
        );
    }
    for directory in [directory(&fetched), copied()] {
        let config = builder(&clock())
            .brands(directory)
            .allow_hosts(["10.77.3.1"])
            .build()
            .unwrap();
        let (_, body) = page(&config, "").await;
        assert!(body.contains("Private 0") && !body.contains("Private 1"), "{body}");
    }
    // Who configures an address has decided about it, and may have it under the names of its own bundle.
    let configured = Ehr::builder(private[0]).name("Own").client_id("app");
    let config = builder(&clock())
        .ehr(configured.scopes("launch/patient"))
        .brands(directory(&fetched))
        .build()
        .unwrap();
    let (_, body) = page(&config, "").await;
    assert!(body.contains("Own") && !body.contains("Private"), "{body}");
}

#[actix_web::test]
async fn each_configuration_lists_what_it_allows_of_a_copy_whatever_one_before_it_has_refused() {
    let away = RawServer::start();
    away.answer(answer(503, "", ""));
    let entries = [
        endpoint("in", "https://10.77.4.1/fhir"),
        organization("in", "Inside", "Springfield", "in"),
        endpoint("out", "https://north.example/fhir"),
        organization("out", "Public", "Springfield", "out"),
    ];
    let directory = BrandDirectory::new(&away.origin, registration)
        .starting_with(bundle(&entries).as_bytes())
        .unwrap();
    for (allowed, choices) in [(None, 1), (Some("10.77.4.1"), 2), (None, 1)] {
        let config = builder(&clock())
            .brands(directory.clone())
            .allow_hosts(allowed)
            .build()
            .unwrap();
        let (_, body) = page(&config, "").await;
        assert_eq!(body.contains("Inside"), allowed.is_some(), "{allowed:?}: {body}");
        let report = directory.report();
        let counted = (report.choices, report.endpoints, report.left_out);
        assert_eq!(counted, (choices, choices, 2 - choices), "{allowed:?}");
    }
}

#[actix_web::test]
async fn what_is_listed_while_a_bundle_is_missing_is_not_said_to_be_all_there_is() {
    let (north, second) = (RawServer::start(), RawServer::start());
    north.answer(answer(200, "", &one("North Hospital")));
    second.answer(answer(503, "", ""));
    let directory = |first: &RawServer| BrandDirectory::new(&first.origin, registration);
    let of_bundle = builder(&clock())
        .brands(directory(&north).and_bundle(&second.origin))
        .build()
        .unwrap();
    let of_resolver = builder(&clock())
        .ehr_resolver(Own)
        .brands(directory(&second))
        .build()
        .unwrap();
    let whole = builder(&clock())
        .ehr_resolver(Own)
        .brands(directory(&north))
        .build()
        .unwrap();
    for (config, name, more) in [
        (&of_bundle, "North Hospital", true),
        (&of_resolver, "Own <small>Here", true),
        (&whole, "North Hospital", false),
    ] {
        let _ = config.load_brands().await;
        let (status, body) = page(config, "").await;
        assert!(status == 200 && body.contains(name), "{body}");
        assert_eq!(body.contains(r#"name="q""#), more, "{name}: {body}");
    }
}

#[actix_web::test]
async fn the_better_match_comes_first_whichever_bundle_has_it() {
    let (clock, first, second) = (clock(), RawServer::start(), RawServer::start());
    let mut entries = Vec::new();
    for number in 0..30 {
        let id = number.to_string();
        entries.push(endpoint(&id, &format!("https://{id}.example/fhir")));
        entries.push(organization(&id, &format!("Practice {id}"), "Boston", &id));
    }
    first.answer(answer(200, "", &bundle(&entries)));
    second.answer(answer(200, "", &one("Boston Hospital")));
    let directory = BrandDirectory::new(&first.origin, registration).and_bundle(&second.origin);
    let config = builder(&clock).brands(directory).build().unwrap();
    config.load_brands().await.unwrap();
    let (_, body) = page(&config, "boston").await;
    let line = body.find("Boston Hospital").unwrap_or_else(|| panic!("{body}"));
    assert!(line < body.find("Practice 0").unwrap(), "{body}");
}
