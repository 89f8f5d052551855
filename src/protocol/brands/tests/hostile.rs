//! What a publisher who means ill, or whose export is broken, could write.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{base, bundle, endpoint, labels, organization, parsed, portal};
use crate::protocol::brands::{BrandLogos, Brands, MalformedBrands};

#[test]
fn names_have_nothing_in_them_that_nobody_sees() {
    let brands = parsed(&[
        endpoint("a", "https://a.example/fhir"),
        organization(
            "1",
            "\u{202E}latipsoH\u{202C}\n\u{200B} <b>x</b>\u{0}  ",
            &json!({"address": [{"city": "A\u{202E}B"}], "extension": [portal("P", &["a"])]}),
        ),
    ]);
    let brand = brands.search("").next().unwrap();
    // Markup is text: pages write it so that it is seen.
    assert_eq!((brand.name(), brand.city()), ("latipsoH <b>x</b>", Some("AB")));
}

#[test]
fn addresses_that_are_no_https_address_lead_nowhere() {
    let addresses = [
        "javascript:alert(1)",
        "data:text/html,x",
        "http://ehr.example/fhir",
        "https://user:pw@ehr.example/fhir",
        "https://ehr.example/fhir?x=1",
        "https://ehr.example/fhir#x",
        "//ehr.example/fhir",
        "https://ehr.example\\@evil.example/fhir",
        "https:///fhir",
        "",
    ];
    for address in addresses {
        let brands = parsed(&[
            endpoint("a", address),
            organization("1", "Hospital", &json!({"extension": [portal("P", &["a"])]})),
        ]);
        assert_eq!(brands.report().choices, 0, "{address}");
    }
}

#[test]
fn of_two_endpoints_with_one_address_and_two_resources_with_one_id_the_first_counts() {
    let mut second = endpoint("b", "https://A.example/fhir/");
    second["resource"]["extension"][0]["valueCode"] = json!("1.0.2");
    let brands = parsed(&[
        endpoint("a", "https://a.example/fhir"),
        second,
        endpoint("a", "https://evil.example/fhir"),
        organization("1", "First", &json!({"extension": [portal("P", &["a"])]})),
        organization("2", "Second", &json!({"extension": [portal("P", &["b"])]})),
    ]);
    let brand = brands.at(&base("https://a.example/fhir")).unwrap();
    assert_eq!((brand.name(), brand.fhir_version()), ("First", Some("4.0.1")));
    assert_eq!(labels(&brands, ""), ["First", "Second"]);
    assert!(brands.at(&base("https://evil.example/fhir")).is_none());
    assert_eq!(brands.report().endpoints, 1);
}

#[test]
fn organizations_that_are_parts_of_each_other_end_nowhere() {
    let part_of = |id: &str| json!({"partOf": {"reference": format!("Organization/{id}")}});
    let brands = parsed(&[
        endpoint("a", "https://a.example/fhir"),
        organization("1", "One", &part_of("2")),
        organization("2", "Two", &part_of("1")),
        organization("3", "Three", &part_of("3")),
    ]);
    assert_eq!(brands.report().choices, 0);
    // So deep is looked for an owner, and no deeper.
    let chain: Vec<_> = (0..9)
        .map(|level| {
            organization(
                &level.to_string(),
                &format!("Level {level}"),
                &part_of(&(level + 1).to_string()),
            )
        })
        .chain([
            organization("9", "Owner", &json!({"extension": [portal("P", &["a"])]})),
            endpoint("a", "https://a.example/fhir"),
        ])
        .collect();
    let brands = parsed(&chain);
    assert_eq!(brands.report().choices, 8);
    assert_eq!(labels(&brands, "level").first().unwrap(), "Level 2");
}

#[test]
fn a_hundred_thousand_entries_with_one_name_are_one_choice_or_are_bounded() {
    let to = json!({"extension": [portal("P", &["<endpoint>"])]});
    let organization = organization("<id>", "Hospital", &to).to_string();
    let endpoint = endpoint("<id>", "https://a.example/<id>").to_string();
    let of = |number: usize, to: usize| {
        let organization = organization.replace("<endpoint>", &to.to_string());
        format!("{organization},{endpoint}").replace("<id>", &number.to_string())
    };
    let read = |entries: Vec<String>| {
        let json = format!(r#"{{"resourceType":"Bundle","entry":[{}]}}"#, entries.join(","));
        Brands::parse(json.as_bytes(), BrandLogos::LeftOut).unwrap()
    };
    assert_eq!(
        read((0..100_000).map(|number| of(number, 0)).collect())
            .report()
            .choices,
        1
    );
    let brands = read((0..20_000).map(|number| of(number, number)).collect());
    assert_eq!(brands.report().choices, 20_000);
    // None is left out here: whoever asks takes as many as the application believes.
    assert_eq!(brands.search("hospital").count(), 20_000);
    assert_eq!(brands.search("").count(), 20_000);
}

#[test]
fn long_texts_are_cut_and_long_lists_are_not_read_to_the_end() {
    let portals: Vec<_> = (0..1_000).map(|number| portal(&format!("P{number}"), &["a"])).collect();
    let brands = parsed(&[
        endpoint("a", "https://a.example/fhir"),
        organization("1", &"x".repeat(1_000_000), &json!({"extension": portals})),
    ]);
    assert_eq!(brands.report().choices, 20);
    assert_eq!(brands.search("").next().unwrap().name().len(), 200);
    assert!(brands.bytes() < 20_000, "{}", brands.bytes());
}

#[test]
fn a_bundle_that_is_nested_too_deeply_is_refused_and_overflows_nothing() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    // What nobody reads is passed over, however deep it is.
    let beside = format!(r#"{{"resourceType":"Bundle","x":{deep}}}"#);
    assert_eq!(
        Brands::parse(beside.as_bytes(), BrandLogos::LeftOut)
            .unwrap()
            .report()
            .choices,
        0
    );
    for text in [
        deep.clone(),
        format!(r#"{{"resourceType":"Bundle","entry":[{deep}]}}"#),
        format!(r#"{{"resourceType":"Bundle","entry":[{{"resource":{deep}}}]}}"#),
    ] {
        let error = Brands::parse(text.as_bytes(), BrandLogos::LeftOut)
            .map(|_| ())
            .unwrap_err();
        assert!(
            matches!(error, MalformedBrands::Json | MalformedBrands::NotABundle),
            "{error:?}"
        );
    }
}

#[test]
fn a_cut_off_bundle_is_refused_wherever_it_is_cut() {
    let whole = bundle(&[
        endpoint("a", "https://a.example/fhir"),
        organization("1", "Hospital", &json!({"extension": [portal("P", &["a"])]})),
    ]);
    for end in 0..whole.len() {
        let cut = whole.get(..end).unwrap();
        assert_eq!(
            Brands::parse(cut, BrandLogos::LeftOut).map(|_| ()),
            Err(MalformedBrands::Json),
            "{end}"
        );
    }
}

#[test]
fn logos_are_kept_once_each_and_up_to_a_bound_for_all_of_a_bundle() {
    let with_logo = |id: &str, picture: Vec<u8>| {
        let url = format!("data:image/png;base64,{}", STANDARD.encode(picture));
        let brand =
            json!({"url": "https://x/organization-brand", "extension": [{"url": "brandLogo", "valueUrl": url}]});
        let way = portal("p", &["e"]);
        organization(id, &format!("Clinic {id}"), &json!({"extension": [brand, way]}))
    };
    let size = 16 * 1024;
    let fit = (16 << 20) / size;
    let mut entries = vec![endpoint("e", "https://e.example/fhir")];
    for number in 0..fit + 20 {
        let picture = format!("{number:0>size$}").into_bytes();
        entries.push(with_logo(&number.to_string(), picture));
    }
    // The first one again: it needs no more.
    entries.push(with_logo("again", format!("{:0>size$}", 0).into_bytes()));
    let brands = Brands::parse(&bundle(&entries), BrandLogos::InBundle).unwrap();
    let found: Vec<_> = brands.search("clinic").collect();
    assert_eq!(found.len(), fit + 21);
    assert_eq!(found.iter().filter(|brand| brand.logo().is_some()).count(), fit + 1);
    let left_out = Brands::parse(&bundle(&entries), BrandLogos::LeftOut).unwrap();
    assert!(left_out.search("clinic").all(|brand| brand.logo().is_none()));
}
