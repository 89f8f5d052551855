//! A bundle of the size of the largest vendor's.

use std::time::Instant;

use serde_json::json;

use super::{bundle, endpoint, organization, portal};
use crate::protocol::brands::{BrandLogos, Brands};

/// `--nocapture` shows what it costs; in a build without optimisation, many times what it costs an application.
#[test]
fn a_bundle_of_tens_of_megabytes_is_kept_in_a_tenth_of_them() {
    let (brands, parts) = (500, 60);
    let logo = format!("data:image/png;base64,{}", "A".repeat(40_000));
    let mut entries = Vec::new();
    for brand in 0..brands {
        let id = format!("b{brand}");
        entries.push(endpoint(&id, &format!("https://fhir.example/{id}/api/FHIR/R4/")));
        let mut way = portal("MyChart", &[&id]);
        let part = json!({"url": "portalLogo", "valueUrl": logo});
        way["extension"].as_array_mut().unwrap().push(part);
        entries.push(organization(
            &id,
            &format!("Health System {brand}"),
            &json!({"extension": [way]}),
        ));
        for number in 0..parts {
            let city = format!("City {}", (brand * parts + number) % 3_000);
            let address =
                json!([{"line": ["1 Main Street"], "city": city, "state": "IL", "postalCode": format!("{number:05}")}]);
            entries.push(organization(
                &format!("{id}-{number}"),
                &format!("Health System {brand} – Clinic at Street {number}"),
                &json!({"partOf": {"reference": format!("Organization/{id}")}, "address": address}),
            ));
        }
    }
    let json = bundle(&entries);
    drop(entries);
    assert!(json.len() > 25_000_000, "{}", json.len());
    let began = Instant::now();
    let brands = Brands::parse(&json, BrandLogos::LeftOut).unwrap();
    let parsed = began.elapsed();
    let report = brands.report();
    assert_eq!((report.choices, report.endpoints, report.left_out), (30_500, 500, 0));
    let began = Instant::now();
    let found: Vec<_> = brands.search("health system 77").map(|brand| brand.name()).collect();
    let searched = began.elapsed();
    assert!(
        found.iter().take(61).all(|name| name.starts_with("Health System 77")),
        "{found:?}"
    );
    let (bytes, each) = (brands.bytes(), brands.bytes() / report.choices);
    println!(
        "{} bytes read in {parsed:?}; {bytes} kept, {each} for each; a search took {searched:?}",
        json.len()
    );
    assert!(bytes < json.len() / 2 && each < 300, "{bytes}, {each}");
}
