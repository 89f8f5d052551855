//! EHRs of the configuration under the names that they have for themselves: the bundle that their metadata links.

use actix_smart_auth::{
    Ehr, EhrBuilder, SmartClient, SmartConfig, SmartConfigBuilder,
    brands::{BrandLogos, EhrNames},
    sandbox::SandboxServer,
};
use serde_json::{Value, json};

use super::{
    REDIRECT_URI, answer, bundle,
    chooser::{page, page_and_policy},
    endpoint,
    logos::{data, with_logo},
    organization,
};
use crate::support::RawServer;

const NAMES: EhrNames = EhrNames::Brands(BrandLogos::LeftOut);

pub(super) fn ehr(base: &str, name: &str) -> EhrBuilder {
    Ehr::builder(base)
        .name(name)
        .client_id("app")
        .redirect_uri(REDIRECT_URI)
        .scopes("launch/patient patient/*.rs")
}

/// An EHR that links a bundle at another server, and a second one that links none.
pub(super) struct Two {
    ehr: SandboxServer,
    pub(super) publisher: RawServer,
}

impl Two {
    pub(super) fn start() -> Self {
        let (ehr, publisher) = (crate::support::strict_ehr().start().unwrap(), RawServer::start());
        ehr.set_metadata_field("user_access_brand_bundle", format!("{}/brands", publisher.origin));
        Self { ehr, publisher }
    }

    fn publishes(&self, entries: &[Value]) {
        self.publisher.answer(answer(200, "", &bundle(entries)));
    }

    /// The FHIR server of the EHR.
    fn own(&self) -> Value {
        endpoint("own", &self.ehr.fhir_base_url())
    }

    fn builder(&self, names: EhrNames) -> SmartConfigBuilder {
        SmartConfig::builder()
            .ehr(ehr(&self.ehr.fhir_base_url(), "EHR 17"))
            .ehr(ehr("http://127.0.0.1:9/fhir", "Silent"))
            .allow_hosts(["127.0.0.1"])
            .ehr_names(names)
    }

    pub(super) fn config(&self) -> SmartConfig {
        self.builder(NAMES).build().unwrap()
    }
}

#[actix_web::test]
async fn an_ehr_is_called_as_its_own_bundle_says_and_a_launch_goes_where_it_went() {
    let two = Two::start();
    two.publishes(&[two.own(), organization("n", "North Hospital", "Springfield", "own")]);
    let config = two.config();
    let (_, body) = page(&config, "").await;
    assert!(body.contains("North Hospital <small>Springfield, IL</small>"), "{body}");
    assert!(body.contains("Silent") && !body.contains("EHR 17"), "{body}");
    let link: String = url::form_urlencoded::byte_serialize(two.ehr.fhir_base_url().as_bytes()).collect();
    assert!(body.contains(&link), "{body}");
    let (_, body) = page(&config, "springfield").await;
    assert!(body.contains("North Hospital") && !body.contains("Silent"), "{body}");
    let (_, body) = page(&config, "silent").await;
    assert!(!body.contains("North Hospital") && body.contains("Silent"), "{body}");
    // The registration is the configuration's.
    assert!(config.ehrs().iter().all(|ehr| ehr.client_id() == "app"));
    assert_eq!(two.publisher.requests().len(), 1, "it is fetched once");
}

#[actix_web::test]
async fn no_ehr_speaks_for_another_and_nothing_of_a_bundle_can_be_launched() {
    let two = Two::start();
    let strange = "https://stranger.example/fhir";
    two.publishes(&[
        endpoint("silent", "http://127.0.0.1:9/fhir"),
        endpoint("stranger", strange),
        organization("s", "Not so silent", "Springfield", "silent"),
        organization("t", "Stranger", "Springfield", "stranger"),
    ]);
    let config = two.config();
    for search in ["", "s", "stranger", "not so silent"] {
        let (_, body) = page(&config, search).await;
        assert!(
            !body.contains("Not so silent") && !body.contains("Stranger<"),
            "{search}: {body}"
        );
    }
    let (_, body) = page(&config, "").await;
    assert!(body.contains("EHR 17") && body.contains("Silent"), "{body}");
    assert!(SmartClient::for_ehr(&config, strange).await.is_err());
}

#[actix_web::test]
async fn of_several_brands_the_one_that_the_metadata_names_is_shown_and_a_search_finds_the_others() {
    let two = Two::start();
    two.ehr
        .set_metadata_field("user_access_brand_identifier", json!({"system": "urn:x", "value": "2"}));
    let named = |id: &str, name: &str| {
        let mut organization = organization(id, name, "Springfield", "own");
        organization["resource"]["identifier"] = json!([{"system": "urn:x", "value": id}]);
        organization
    };
    two.publishes(&[two.own(), named("1", "First Clinic"), named("2", "Second Clinic")]);
    let config = two.config();
    let (_, body) = page(&config, "").await;
    assert!(
        body.contains("Second Clinic") && !body.contains("First Clinic"),
        "{body}"
    );
    let (_, body) = page(&config, "clinic").await;
    let (first, second) = (body.find("First Clinic").unwrap(), body.find("Second Clinic").unwrap());
    assert!(second < first);
}

#[actix_web::test]
async fn without_the_option_or_without_a_bundle_an_ehr_is_called_as_configured() {
    let two = Two::start();
    two.publishes(&[two.own(), organization("n", "North Hospital", "Springfield", "own")]);
    let config = two.builder(EhrNames::Configured).build().unwrap();
    let (_, body) = page(&config, "").await;
    assert!(body.contains("EHR 17"), "{body}");
    assert_eq!(two.publisher.connections(), 0);
    two.publisher.answer(answer(503, "", ""));
    let (status, body) = page(&two.config(), "").await;
    assert_eq!(status, 200);
    assert!(body.contains("EHR 17") && body.contains("Silent"), "{body}");
}

#[actix_web::test]
async fn a_bundle_that_is_not_at_a_public_address_is_not_fetched_unless_its_host_is_named() {
    let two = Two::start();
    two.publishes(&[two.own(), organization("n", "North Hospital", "Springfield", "own")]);
    let config = SmartConfig::builder()
        .ehr(ehr(&two.ehr.fhir_base_url(), "EHR 17"))
        .ehr(ehr("http://127.0.0.1:9/fhir", "Silent"))
        .ehr_names(NAMES)
        .build()
        .unwrap();
    let (status, body) = page(&config, "").await;
    assert!(status == 200 && !body.contains("North Hospital"), "{body}");
    assert_eq!(two.publisher.connections(), 0);
}

#[actix_web::test]
async fn its_logo_is_shown_where_the_application_wants_it() {
    let two = Two::start();
    let logo = data("image/png", b"\x89PNG\r\n\x1a\n");
    let north = organization("n", "North Hospital", "Springfield", "own");
    two.publishes(&[two.own(), with_logo(north, &logo)]);
    for (logos, is_shown) in [(BrandLogos::LeftOut, false), (BrandLogos::InBundle, true)] {
        let config = two.builder(EhrNames::Brands(logos)).build().unwrap();
        config.load_brands().await.unwrap();
        let (body, policy) = page_and_policy(&config).await;
        assert_eq!(body.contains(&logo), is_shown, "{body}");
        assert_eq!(policy.contains("img-src data:"), is_shown, "{policy}");
    }
}

/// Two EHRs, both with brands of their own.
fn both(names: [&[&str]; 2]) -> (Two, SandboxServer, SmartConfig) {
    let (two, second) = (Two::start(), crate::support::strict_ehr().start().unwrap());
    second.set_metadata_field("user_access_brand_bundle", format!("{}/brands", two.publisher.origin));
    let mut entries = vec![two.own(), endpoint("second", &second.fhir_base_url())];
    for (endpoint, names) in ["own", "second"].into_iter().zip(names) {
        for (number, name) in names.iter().enumerate() {
            entries.push(organization(
                &format!("{endpoint}{number}"),
                name,
                "Springfield",
                endpoint,
            ));
        }
    }
    two.publishes(&entries);
    let config = SmartConfig::builder()
        .ehr(ehr(&two.ehr.fhir_base_url(), "EHR 17"))
        .ehr(ehr(&second.fhir_base_url(), "EHR 18"))
        .allow_hosts(["127.0.0.1"])
        .ehr_names(NAMES)
        .build()
        .unwrap();
    (two, second, config)
}

#[actix_web::test]
async fn there_is_a_search_field_where_an_ehr_has_more_names_than_are_shown() {
    let (_two, _second, config) = both([&["North Hospital", "North Clinic"], &["South Hospital"]]);
    let (_, body) = page(&config, "").await;
    assert_eq!(body.matches("<li>").count(), 2, "{body}");
    assert!(
        body.contains(r#"name="q""#) && body.contains("search for its name."),
        "{body}"
    );
    let (_two, _second, config) = both([&["North Hospital"], &["South Hospital"]]);
    let (_, body) = page(&config, "").await;
    assert_eq!(body.matches("<li>").count(), 2, "{body}");
    assert!(!body.contains(r#"name="q""#), "{body}");
}

#[actix_web::test]
async fn the_names_of_one_ehr_leave_a_line_for_those_of_another_and_what_is_cut_off_is_said() {
    let clinics: Vec<String> = (0..21).map(|number| format!("Clinic {number:02}")).collect();
    let clinics: Vec<&str> = clinics.iter().map(String::as_str).collect();
    for (of_first, more) in [(18, false), (19, true), (21, true)] {
        let (_two, _second, config) = both([&clinics[..of_first], &["Far Clinic", "Further Clinic"]]);
        let (_, body) = page(&config, "clinic").await;
        let second = body.find("Far Clinic").unwrap_or_else(|| panic!("{of_first}: {body}"));
        assert!(
            second < body.find("Further Clinic").unwrap() && second < body.find("Clinic 01").unwrap(),
            "{body}"
        );
        assert_eq!(
            body.contains("There may be more than are shown here."),
            more,
            "{of_first}: {body}"
        );
        assert_eq!(body.matches("<li>").count(), 20);
    }
}

#[actix_web::test]
async fn an_ehr_with_more_names_than_fit_says_so() {
    let clinics: Vec<String> = (0..21).map(|number| format!("Clinic {number:02}")).collect();
    let clinics: Vec<&str> = clinics.iter().map(String::as_str).collect();
    for (count, more) in [(20, false), (21, true)] {
        let (_two, _second, config) = both([&clinics[..count], &[]]);
        let (_, body) = page(&config, "clinic").await;
        assert_eq!(body.matches("<li>").count(), 20);
        assert_eq!(
            body.contains("There may be more than are shown here."),
            more,
            "{count}: {body}"
        );
    }
}

#[actix_web::test]
async fn configured_names_are_found_as_the_names_of_brands_are() {
    let config = SmartConfig::builder()
        .ehr(ehr("https://a.example/fhir", "Universitätsklinikum Köln"))
        .ehr(ehr("https://b.example/fhir", "St. Mary’s Hospital"))
        .build()
        .unwrap();
    for (search, found) in [
        ("koln universitat", "Universitätsklinikum Köln"),
        ("Koeln", "Universitätsklinikum Köln"),
        ("marys HOSPITAL", "St. Mary’s Hospital"),
        ("klinikum", "Universitätsklinikum Köln"),
    ] {
        let (_, body) = page(&config, search).await;
        assert_eq!(body.matches("<li>").count(), 1, "{search}: {body}");
        assert!(body.contains(found), "{search}: {body}");
    }
}

#[actix_web::test]
async fn brands_that_look_the_same_are_told_apart_by_their_hosts_and_only_those() {
    let (_two, second, config) = both([&["North Hospital", "Lake Hospital"], &["North Hospital"]]);
    let (_, body) = page(&config, "hospital").await;
    let host = second.fhir_base_url();
    let host = host.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let told = format!("North Hospital <small>Springfield, IL – {host}</small>");
    assert!(body.contains(&told), "{told}: {body}");
    assert_eq!(
        body.matches("North Hospital <small>Springfield, IL – 127.0.0.1:")
            .count(),
        2,
        "{body}"
    );
    assert!(body.contains("Lake Hospital <small>Springfield, IL</small>"), "{body}");
}
