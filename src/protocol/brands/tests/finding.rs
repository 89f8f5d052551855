//! What a person finds by what they type, and in which order.

use super::*;

#[test]
fn people_find_by_name_alias_city_state_and_postal_code_without_regard_to_case_and_accents() {
    let to = |address: Value| json!({"alias": ["Old Mercy"], "address": address, "extension": [portal("P", &["a"])]});
    let brands = parsed(&[
        endpoint("a", "https://a.example/fhir"),
        organization("1", "Saint Mary’s Hospital", &to(springfield("IL", "62701"))),
        organization("2", "Hôpital Sainte-Marie", &to(springfield("MA", "01103"))),
        organization("3", "North Saint Mary", &to(json!([]))),
    ]);
    for (search, found) in [
        (
            "",
            vec!["Saint Mary’s Hospital", "Hôpital Sainte-Marie", "North Saint Mary"],
        ),
        ("SAINT MARY", vec!["Saint Mary’s Hospital", "North Saint Mary"]),
        ("marys", vec!["Saint Mary’s Hospital"]),
        ("hopital", vec!["Hôpital Sainte-Marie"]),
        ("mary saint", vec!["Saint Mary’s Hospital", "North Saint Mary"]),
        ("springfield", vec!["Saint Mary’s Hospital", "Hôpital Sainte-Marie"]),
        ("springfield massachusetts", vec!["Hôpital Sainte-Marie"]),
        ("springfield ma 01103", vec!["Hôpital Sainte-Marie"]),
        ("62701", vec!["Saint Mary’s Hospital"]),
        ("old mercy illinois", vec!["Saint Mary’s Hospital"]),
        ("nowhere", vec![]),
        ("ary", vec![]),
        ("saint nowhere", vec![]),
        (
            "...",
            vec!["Saint Mary’s Hospital", "Hôpital Sainte-Marie", "North Saint Mary"],
        ),
    ] {
        assert_eq!(labels(&brands, search), found, "{search:?}");
    }
}

#[test]
fn names_that_begin_with_what_was_typed_come_first_then_names_then_places() {
    let to = |city: &str| json!({"address": [{"city": city}], "extension": [portal("P", &["a"])]});
    let brands = parsed(&[
        endpoint("a", "https://a.example/fhir"),
        organization("1", "Hospital", &to("Boston")),
        organization("2", "East Boston Clinic", &to("x")),
        organization("3", "Boston Medical", &to("x")),
    ]);
    assert_eq!(
        labels(&brands, "boston"),
        ["Boston Medical", "East Boston Clinic", "Hospital"]
    );
}

#[test]
fn german_spellings_with_and_without_umlauts_find_each_other() {
    let to = |city: &str| json!({"address": [{"city": city}], "extension": [portal("P", &["a"])]});
    let brands = parsed(&[
        endpoint("a", "https://a.example/fhir"),
        organization("1", "Universitätsklinikum", &to("Köln")),
        organization("2", "Klinikum Koeln", &to("Koeln")),
        organization("3", "Weißer Ring", &to("München")),
        organization("4", "St. Joseph", &to("Joliet")),
        organization("5", "St. Joel", &to("Kolding")),
    ]);
    for (search, found) in [
        ("köln", vec!["Klinikum Koeln", "Universitätsklinikum"]),
        ("koeln", vec!["Klinikum Koeln", "Universitätsklinikum"]),
        ("KO\u{308}LN", vec!["Klinikum Koeln", "Universitätsklinikum"]),
        ("koln", vec!["Universitätsklinikum"]),
        ("Universitaets", vec!["Universitätsklinikum"]),
        ("weisser muenchen", vec!["Weißer Ring"]),
        // Only who writes an umlaut means one.
        ("joel", vec!["St. Joel"]),
        ("koel", vec!["Klinikum Koeln", "Universitätsklinikum"]),
        // Germans write words together. What is only inside of one comes last, and short texts are not looked for there.
        ("klinikum", vec!["Klinikum Koeln", "Universitätsklinikum"]),
        ("nike", vec![]),
        ("inik", vec!["Universitätsklinikum", "Klinikum Koeln"]),
        ("ini", vec![]),
        ("ini koeln", vec![]),
        ("tätskl", vec!["Universitätsklinikum"]),
        ("taetskl", vec!["Universitätsklinikum"]),
    ] {
        assert_eq!(labels(&brands, search), found, "{search:?}");
    }
}

#[test]
fn who_is_called_exactly_as_somebody_types_comes_first() {
    let to = |id: &str| json!({"address": [{"city": "Peoria"}], "extension": [portal("P", &[id])]});
    let mut entries = vec![
        endpoint("a", "https://a.example/fhir"),
        endpoint("b", "https://b.example/fhir"),
    ];
    for number in 0..30 {
        let id = format!("clinic-{number}");
        entries.push(organization(&id, &format!("St. Mary’s Clinic {number}"), &to("a")));
    }
    entries.push(organization("mary", "St. Mary’s", &to("b")));
    let brands = parsed(&entries);
    assert_eq!(labels(&brands, "st marys")[0], "St. Mary’s");
}

#[test]
fn servers_take_turns_among_brands_that_fit_equally_well() {
    let to = |id: &str| json!({"address": [{"city": "Boston"}], "extension": [portal("P", &[id])]});
    let brands = parsed(&[
        endpoint("a", "https://a.example/fhir"),
        endpoint("b", "https://b.example/fhir"),
        organization("1", "Clinic One", &to("a")),
        organization("2", "Clinic Two", &to("a")),
        organization("3", "Clinic Three", &to("b")),
        organization("4", "Boston Clinic", &to("a")),
        organization("5", "Boston Hospital", &to("a")),
    ]);
    assert_eq!(
        labels(&brands, "boston"),
        [
            "Boston Clinic",
            "Boston Hospital",
            "Clinic One",
            "Clinic Three",
            "Clinic Two"
        ]
    );
}
