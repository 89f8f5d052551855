//! A person who starts at the application, and several EHRs: which one?

use actix_smart_auth::{
    Ehr, EhrBuilder, StandaloneLaunch,
    resolver::{EhrChoice, EhrResolver, FhirBaseUrl, ResolveFuture},
    sandbox::{SandboxClient, SandboxServer},
};
use url::Url;

use crate::support::{App, Browser};

/// An application with a second EHR whose name is hostile, where the patient is Bruno.
fn two() -> (App, SandboxServer) {
    let builder = App::builder();
    let second = crate::support::strict_ehr()
        .clock(builder.clock())
        .automatic_patient("bruno-fixture")
        .start()
        .unwrap();
    let base = second.fhir_base_url();
    let app = builder
        .ehr(|ehr| ehr.name("General Hospital"))
        .another_ehr(move |redirect_uri| {
            Ehr::builder(base)
                .name("<b>Bruno's \"Clinic\"</b>")
                .client_id("second")
                .redirect_uri(redirect_uri)
                .scopes("launch/patient patient/*.rs")
        })
        .start();
    second.register(SandboxClient::public("second", app.url("/auth/callback")));
    (app, second)
}

/// The links of a page with their labels, as a browser reads them.
fn links(html: &str) -> Vec<(String, String)> {
    let plain = |text: &str| {
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
        text.replace("&#39;", "'").replace("&amp;", "&")
    };
    html.split("<a class=\"action\" href=\"")
        .skip(1)
        .map(|link| {
            let (href, rest) = link.split_once("\">").unwrap();
            (plain(rest.split("</a>").next().unwrap()), plain(href))
        })
        .collect()
}

#[actix_web::test]
async fn the_person_chooses_and_lands_where_they_wanted_to_go() {
    let (app, second) = two();
    let browser = Browser::new();
    let page = browser.get(&app.url("/auth/launch?return_to=/maybe")).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("cache-control"), "no-store");
    let links = links(&page.body);
    let names: Vec<_> = links.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["General Hospital", "<b>Bruno's \"Clinic\"</b>"]);
    assert!(!page.body.contains("<b>"), "{}", page.body);
    assert!(!page.body.contains("<form"), "{}", page.body);
    // Asking is free: no EHR heard of it.
    assert_eq!(
        (app.sandbox.received_requests().len(), second.received_requests().len()),
        (0, 0)
    );
    let landed = browser.navigate(&app.url(&links[1].1)).await;
    assert!(landed.url.ends_with("/maybe"), "{}", landed.url);
    assert_eq!(landed.body, "signed in, patient Some(\"bruno-fixture\")");
}

#[actix_web::test]
async fn a_script_is_told_that_it_has_to_choose() {
    let (app, _second) = two();
    let answer = Browser::new().api(&app.url("/auth/launch")).await;
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (400, Some("which-ehr"))
    );
}

#[actix_web::test]
async fn where_the_last_ehr_was_removed_nobody_is_asked_which_one() {
    let app = App::start();
    assert!(app.config.remove_ehr(&app.sandbox.fhir_base_url()));
    let browser = Browser::new();
    let page = browser.get(&app.url("/auth/launch")).await;
    assert_eq!((page.status, page.header("retry-after")), (503, ""));
    let words = "It is not connected to a health record system at the moment. Please tell the support team of this \
                 application. Try again later.";
    assert!(
        page.body.contains(words) && page.body.contains("Code: no-ehr"),
        "{}",
        page.body
    );
    let api = browser.api(&app.url("/auth/launch")).await;
    assert_eq!((api.status, api.json()["code"].as_str()), (503, Some("no-ehr")));
}

#[actix_web::test]
async fn nobody_chooses_where_launches_come_from_the_ehr_only() {
    let app = App::builder()
        .resolver(Tenants)
        .config(|config| config.standalone(StandaloneLaunch::NotOffered))
        .start();
    let page = Browser::new().get(&app.url("/auth/launch")).await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("Code: launch-from-ehr"), "{}", page.body);
}

#[actix_web::test]
async fn a_sign_in_that_failed_is_started_again_at_the_same_ehr() {
    let (app, second) = two();
    second.set_automatic_answer(actix_smart_auth::sandbox::AutomaticAnswer::Deny);
    let browser = Browser::new();
    let url = Url::parse_with_params(&app.url("/auth/launch"), [("ehr", second.fhir_base_url())]).unwrap();
    let denied = browser.navigate(url.as_str()).await;
    assert_eq!(denied.status, 403, "{}", denied.body);
    second.set_automatic_answer(actix_smart_auth::sandbox::AutomaticAnswer::Allow);
    let (label, again) = links(&denied.body).remove(0);
    assert_eq!(label, "Start again");
    let landed = browser.navigate(&app.url(&again)).await;
    assert_eq!(landed.body, "patient bruno-fixture");
}

/// Fifty clinics, found by their names.
#[derive(Debug)]
struct Tenants;

impl EhrResolver for Tenants {
    fn resolve<'a>(&'a self, _: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>> {
        Box::pin(async { Ok(None) })
    }

    fn choices<'a>(&'a self, search: &'a str, limit: usize) -> ResolveFuture<'a, Vec<EhrChoice>> {
        Box::pin(async move {
            if search == "broken" {
                return Err("the database is away".into());
            }
            let all =
                (1..=50).map(|n| EhrChoice::new(format!("Clinic {n}"), format!("https://clinic{n}.example/fhir")));
            Ok(all.filter(|clinic| clinic.name.contains(search)).take(limit).collect())
        })
    }
}

#[actix_web::test]
async fn among_many_the_person_searches_by_name_without_scripts() {
    let app = App::builder().resolver(Tenants).start();
    let browser = Browser::new();
    let page = browser.get(&app.url("/auth/launch?return_to=/maybe")).await;
    let to_field = ("Not in this list? Search".to_owned(), "#q".to_owned());
    let whole = links(&page.body);
    assert_eq!((whole.len(), whole.last()), (21, Some(&to_field)));
    assert!(
        page.body.contains("<form method=\"get\" action=\"/auth/launch\""),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("name=\"return_to\" value=\"/maybe\""),
        "{}",
        page.body
    );

    let found = browser.get(&app.url("/auth/launch?return_to=/maybe&q=Clinic+42")).await;
    let found = links(&found.body);
    assert_eq!((found.len(), found.last()), (2, Some(&to_field)));
    assert_eq!(
        found[0].1,
        "/auth/launch?return_to=%2Fmaybe&ehr=https%3A%2F%2Fclinic42.example%2Ffhir"
    );

    let target = "/auth/launch?return_to=/maybe&q=%22%3E%3Cscript%3E";
    let none = browser.get(&app.url(target)).await;
    let back = (
        "Back to the list".to_owned(),
        "/auth/launch?return_to=%2Fmaybe".to_owned(),
    );
    assert_eq!((none.status, links(&none.body)), (200, vec![back]));
    assert!(none.body.contains("None was found"), "{}", none.body);
    assert!(
        none.body.contains("value=\"&quot;&gt;&lt;script&gt;\""),
        "{}",
        none.body
    );

    let away = browser.get(&app.url("/auth/launch?q=broken")).await;
    assert_eq!((away.status, away.header("retry-after")), (503, "5"));
}
