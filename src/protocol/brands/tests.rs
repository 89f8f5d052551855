use serde_json::{Value, json};

use super::*;
use crate::protocol::urls::FhirBaseUrl;

mod finding;
mod hostile;
mod left_out;
mod logos;
mod size;

pub(super) fn endpoint(id: &str, address: &str) -> Value {
    json!({"fullUrl": format!("https://vendor.example/Endpoint/{id}"), "resource": {
        "resourceType": "Endpoint", "id": id, "status": "active", "address": address, "name": "technical",
        "connectionType": {"system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type", "code": "hl7-fhir-rest"},
        "extension": [{
            "url": "http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version", "valueCode": "4.0.1",
        }],
    }})
}

pub(super) fn portal(name: &str, endpoints: &[&str]) -> Value {
    let mut parts = vec![json!({"url": "portalName", "valueString": name})];
    for id in endpoints {
        parts.push(json!({"url": "portalEndpoint", "valueReference": {"reference": format!("Endpoint/{id}")}}));
    }
    json!({"url": "http://hl7.org/fhir/StructureDefinition/organization-portal", "extension": parts})
}

pub(super) fn organization(id: &str, name: &str, more: &Value) -> Value {
    let mut resource = json!({"resourceType": "Organization", "id": id, "active": true, "name": name});
    for (member, value) in more.as_object().unwrap() {
        resource[member] = value.clone();
    }
    json!({"fullUrl": format!("https://vendor.example/Organization/{id}"), "resource": resource})
}

pub(super) fn bundle(entries: &[Value]) -> Vec<u8> {
    let bundle = json!({
        "resourceType": "Bundle", "type": "collection", "timestamp": "2026-01-01T00:00:00Z", "entry": entries,
    });
    bundle.to_string().into_bytes()
}

pub(super) fn parsed(entries: &[Value]) -> Brands {
    Brands::parse(&bundle(entries), BrandLogos::LeftOut).unwrap()
}

pub(super) fn labels(brands: &Brands, search: &str) -> Vec<String> {
    brands.search(search).map(|brand| brand.label()).collect()
}

pub(super) fn base(address: &str) -> FhirBaseUrl {
    FhirBaseUrl::parse(address).unwrap()
}

fn springfield(state: &str, postal_code: &str) -> Value {
    json!([{"line": ["1 Main St"], "city": "Springfield", "state": state, "postalCode": postal_code}])
}

#[test]
fn a_brand_is_its_name_its_place_and_the_fhir_server_of_its_portal() {
    let brands = parsed(&[
        organization(
            "1",
            "General Hospital",
            &json!({
                "alias": ["GH"], "address": springfield("IL", "62701"), "extension": [portal("MyChart", &["e1"])],
                "identifier": [{"system": "urn:ietf:rfc:3986", "value": "https://gh.example"}, {"value": "7"}, {"system": "x"}],
            }),
        ),
        endpoint("e1", "https://gh.example/fhir/r4"),
    ]);
    let brand = brands.at(&base("https://GH.example:443/fhir/r4/")).unwrap();
    assert_eq!((brand.name(), brand.portal_name()), ("General Hospital", None));
    assert_eq!(
        (brand.city(), brand.state(), brand.postal_code()),
        (Some("Springfield"), Some("IL"), Some("62701"))
    );
    assert_eq!(
        (brand.fhir_base_url(), brand.fhir_version()),
        ("https://gh.example/fhir/r4", Some("4.0.1"))
    );
    assert_eq!(
        (brand.label(), brand.place().unwrap()),
        ("General Hospital".into(), "Springfield, IL 62701".into())
    );
    let identifiers: Vec<_> = brand.identifiers().collect();
    assert_eq!(identifiers, [("urn:ietf:rfc:3986", "https://gh.example"), ("", "7")]);
    let report = brands.report();
    assert_eq!((report.choices, report.endpoints, report.left_out), (1, 1, 0));
    assert!(brands.at(&base("https://gh.example/fhir")).is_none());
}

#[test]
fn each_of_several_portals_is_a_choice_and_one_portal_needs_no_name() {
    let brands = parsed(&[
        endpoint("a", "https://a.example/fhir"),
        endpoint("b", "https://b.example/fhir"),
        organization(
            "1",
            "Two Portals",
            &json!({"extension": [portal("Patients", &["a"]), portal("Dentists", &["b"]), portal("Nowhere", &[])]}),
        ),
        organization(
            "2",
            "One Portal",
            &json!({"extension": [portal("Patients", &["a", "b"])]}),
        ),
    ]);
    assert_eq!(
        labels(&brands, ""),
        [
            "Two Portals – Patients",
            "Two Portals – Dentists",
            "One Portal",
            "One Portal"
        ]
    );
    assert_eq!(labels(&brands, "dentists"), ["Two Portals – Dentists"]);
}

#[test]
fn endpoints_of_the_organization_count_where_no_portal_has_any() {
    let own =
        json!({"endpoint": [{"reference": "https://elsewhere.example/x/Endpoint/a"}, {"reference": "Endpoint/none"}]});
    let brands = parsed(&[
        endpoint("a", "https://a.example/fhir"),
        endpoint("b", "https://b.example/fhir"),
        organization("1", "Own", &own),
        organization(
            "2",
            "Both",
            &json!({"endpoint": own["endpoint"], "extension": [portal("P", &["b"])]}),
        ),
    ]);
    let found: Vec<_> = brands
        .search("")
        .map(|brand| (brand.name(), brand.fhir_base_url()))
        .collect();
    assert_eq!(
        found,
        [("Own", "https://a.example/fhir"), ("Both", "https://b.example/fhir")]
    );
}

#[test]
fn a_part_of_an_organization_leads_to_the_same_server_under_its_own_name() {
    let part_of = |id: &str| json!({"reference": format!("Organization/{id}")});
    let brands = parsed(&[
        organization(
            "clinic",
            "Lake Clinic",
            &json!({"partOf": part_of("region"), "address": [{"city": "Lakeview"}]}),
        ),
        organization("region", "Region West", &json!({"partOf": part_of("brand")})),
        organization("brand", "Big Health", &json!({"extension": [portal("P", &["a"])]})),
        organization("orphan", "Orphan", &json!({"partOf": part_of("nobody")})),
        endpoint("a", "https://a.example/fhir"),
    ]);
    assert_eq!(labels(&brands, ""), ["Lake Clinic", "Region West", "Big Health"]);
    assert_eq!(labels(&brands, "lakeview"), ["Lake Clinic"]);
    assert_eq!(brands.at(&base("https://a.example/fhir")).unwrap().name(), "Big Health");
    assert_eq!(brands.report().left_out, 1);
}

#[test]
fn what_is_not_active_cannot_be_read_or_leads_nowhere_is_left_out_and_counted() {
    let mut off = endpoint("off", "https://off.example/fhir");
    off["resource"]["status"] = json!("off");
    let mut direct = endpoint("direct", "https://direct.example/fhir");
    direct["resource"]["connectionType"]["code"] = json!("direct-project");
    let to = |id: &str| json!({"extension": [portal("P", &[id])]});
    let brands = parsed(&[
        off,
        direct,
        endpoint("mail", "mailto:a@example.org"),
        organization("1", "Off", &to("off")),
        organization("2", "Direct", &to("direct")),
        organization("3", "Mail", &to("mail")),
        organization("4", "", &to("good")),
        organization(
            "5",
            "Closed",
            &json!({"active": false, "extension": [portal("P", &["good"])]}),
        ),
        json!(null),
        json!(7),
        json!({"resource": {"resourceType": "Patient", "id": "x"}}),
        json!({"resource": {"resourceType": ["Organization"]}}),
        endpoint("good", "https://good.example/fhir"),
        organization("6", "Good", &to("good")),
        organization(
            "7",
            "Odd",
            &json!({"extension": "x", "alias": [7], "address": {}, "identifier": [[]], "partOf": 1}),
        ),
    ]);
    assert_eq!(labels(&brands, ""), ["Good"]);
    assert_eq!(brands.report().left_out, 13);
}

#[test]
fn of_what_is_too_much_the_beginning_is_kept_and_the_rest_counts_as_left_out() {
    let part_of = |id: &str| json!({"partOf": {"reference": format!("Organization/{id}")}});
    let both = json!({"extension": [portal("A", &["a"]), portal("B", &["b"])]});
    let json = bundle(&[
        endpoint("a", "https://a.example/fhir"),
        endpoint("b", "https://b.example/fhir"),
        organization("1", "One", &both),
        organization("2", "Two", &part_of("1")),
        // Looks the same as the one before.
        organization("3", "Two", &part_of("1")),
        organization("4", "Four", &part_of("1")),
    ]);
    for (choices, ways, kept, left_out) in [
        (100, 100, 6, 1),
        (6, 8, 6, 1),
        (5, 8, 5, 1),
        (4, 8, 4, 2),
        (100, 7, 5, 1),
        (100, 6, 4, 2),
        (100, 0, 0, 4),
    ] {
        let report = assemble(read(&json, BrandLogos::LeftOut).unwrap(), Most { choices, ways }).report();
        assert_eq!((report.choices, report.left_out), (kept, left_out), "{choices} {ways}");
    }
}

#[test]
fn what_is_no_bundle_is_refused() {
    for (text, error) in [
        ("", MalformedBrands::Json),
        ("<html>", MalformedBrands::Json),
        (r#"{"resourceType":"Bundle","entry":["#, MalformedBrands::Json),
        (r#"{"resourceType":"Bundle"} x"#, MalformedBrands::Json),
        ("[]", MalformedBrands::NotABundle),
        ("7", MalformedBrands::NotABundle),
        ("{}", MalformedBrands::NotABundle),
        (r#"{"resourceType":"OperationOutcome"}"#, MalformedBrands::NotABundle),
        (r#"{"resourceType":"Bundle","entry":{}}"#, MalformedBrands::NotABundle),
    ] {
        assert_eq!(
            Brands::parse(text.as_bytes(), BrandLogos::LeftOut).map(|_| ()),
            Err(error),
            "{text}"
        );
    }
    assert_eq!(
        Brands::parse(br#"{"resourceType":"Bundle"}"#, BrandLogos::LeftOut)
            .unwrap()
            .report()
            .choices,
        0
    );
}

#[test]
fn an_address_has_at_most_800_bytes() {
    let choices = |length: usize| {
        let address = format!("https://fhir.example/{}", "a".repeat(length - 21));
        let of = json!({"extension": [portal("MyChart", &["e1"])]});
        parsed(&[organization("1", "General Hospital", &of), endpoint("e1", &address)])
            .report()
            .choices
    };
    assert_eq!((choices(800), choices(801)), (1, 0));
}

#[test]
fn a_resource_without_a_name_is_not_the_one_that_a_reference_to_nothing_means() {
    for reference in ["", "Endpoint/", "https://vendor.example/Endpoint/"] {
        let mut nameless = endpoint("", "https://gh.example/fhir");
        nameless["resource"].as_object_mut().unwrap().remove("id");
        for full_url in [json!(null), json!(""), json!("https://vendor.example/Endpoint/")] {
            nameless["fullUrl"] = full_url;
            let of = json!({"endpoint": [{"reference": reference}]});
            let brands = parsed(&[organization("1", "General Hospital", &of), nameless.clone()]);
            assert_eq!(brands.report().choices, 0, "{reference:?}, {nameless}");
        }
    }
}

/// A part is called as the organization is, and stands before it: people see one of the two.
#[test]
fn an_endpoint_is_that_of_a_part_where_nothing_else_is_shown_for_it() {
    let brands = parsed(&[
        organization(
            "2",
            "General Hospital",
            &json!({"partOf": {"reference": "Organization/1"}}),
        ),
        organization(
            "1",
            "General Hospital",
            &json!({"extension": [portal("MyChart", &["e1"])]}),
        ),
        endpoint("e1", "https://gh.example/fhir"),
    ]);
    let report = brands.report();
    assert_eq!((report.choices, report.endpoints), (1, 1));
    let brand = brands.at(&base("https://gh.example/fhir")).unwrap();
    assert_eq!(brand.name(), "General Hospital");
}
