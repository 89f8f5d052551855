//! Which logo people see for a brand, and which pictures are one.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{bundle, endpoint, organization};
use crate::protocol::brands::{BrandLogos, Brands};

fn picture(text: &str) -> String {
    format!("data:image/png;base64,{}", STANDARD.encode(text))
}

fn brand(logo: &str) -> Value {
    json!({"url": "https://x/organization-brand", "extension": [{"url": "brandLogo", "valueUrl": logo}]})
}

fn portal(endpoint: &str, logo: &str) -> Value {
    let mut portal = super::portal(endpoint, &[endpoint]);
    let parts = portal["extension"].as_array_mut().unwrap();
    parts.push(json!({"url": "portalLogo", "valueUrl": logo}));
    portal
}

fn logos(entries: &[Value]) -> Vec<Option<String>> {
    let brands = Brands::parse(&bundle(entries), BrandLogos::InBundle).unwrap();
    let found = brands.search("").map(|brand| brand.logo().map(<[u8]>::to_vec));
    found
        .map(|logo| logo.map(|bytes| String::from_utf8(bytes).unwrap()))
        .collect()
}

fn some(logos: &[&str]) -> Vec<Option<String>> {
    logos.iter().map(|logo| Some((*logo).to_owned())).collect()
}

#[test]
fn the_logo_of_the_organization_comes_before_that_of_its_only_portal() {
    let extension = json!([brand(&picture("own")), portal("a", &picture("of a"))]);
    let one = organization("1", "One", &json!({ "extension": extension }));
    assert_eq!(logos(&[endpoint("a", "https://a.example/fhir"), one]), some(&["own"]));
    let one = organization("1", "One", &json!({ "extension": [portal("a", &picture("of a"))] }));
    assert_eq!(logos(&[endpoint("a", "https://a.example/fhir"), one]), some(&["of a"]));
}

#[test]
fn the_logos_of_several_portals_come_before_that_of_their_organization() {
    let several = |own: &str, count: usize| {
        let ids = ["a", "b", "c"].iter().take(count);
        let mut extension = vec![brand(&picture(own))];
        let mut entries = Vec::new();
        for id in ids {
            extension.push(portal(id, &picture(&format!("of {id}"))));
            entries.push(endpoint(id, &format!("https://{id}.example/fhir")));
        }
        entries.push(organization("1", "Several", &json!({ "extension": extension })));
        logos(&entries)
    };
    assert_eq!(several("own", 2), some(&["of a", "of b"]));
    assert_eq!(several("own", 3), some(&["of a", "of b", "of c"]));
}

#[test]
fn an_organization_without_a_portal_has_its_own_logo() {
    let own = json!({"endpoint": [{"reference": "Endpoint/a"}], "extension": [brand(&picture("own"))]});
    let entries = [endpoint("a", "https://a.example/fhir"), organization("1", "Own", &own)];
    assert_eq!(logos(&entries), some(&["own"]));
}

#[test]
fn a_logo_is_a_picture_that_is_inside_of_the_bundle_as_base64_and_at_most_16_kib() {
    let of = |logo: &str| {
        let more = json!({"endpoint": [{"reference": "Endpoint/a"}], "extension": [brand(logo)]});
        let entries = [endpoint("a", "https://a.example/fhir"), organization("1", "Own", &more)];
        logos(&entries).pop().unwrap()
    };
    assert_eq!(of(&picture("small")).as_deref(), Some("small"));
    let most = "x".repeat(16 * 1024);
    assert_eq!(of(&picture(&most)).as_deref(), Some(most.as_str()));
    assert_eq!(of(&picture(&format!("{most}x"))), None);
    assert_eq!(of(&picture(&most.repeat(2))), None);
    for not_inside in [
        "https://a.example/logo.png",
        "data:image/png,QUJD",
        "data:image/png;base64",
        "data:image/png;base64,?",
        "QUJD",
    ] {
        assert_eq!(of(not_inside), None, "{not_inside}");
    }
}
