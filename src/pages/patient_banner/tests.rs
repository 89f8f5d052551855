use serde_json::{Value, json};

use super::*;

fn banner(members: Value) -> PatientBanner {
    let mut resource = members;
    resource["resourceType"] = json!("Patient");
    resource["id"] = json!("p1");
    let facts = PatientFacts::read(&resource, "p1").unwrap();
    PatientBanner::new(facts, FhirDate::new(2026, 11, 29).unwrap())
}

#[test]
fn a_banner_has_name_birth_age_gender_and_number() {
    let banner = banner(json!({
        "name": [{ "text": "Amber Testwood" }],
        "birthDate": "1987-02-20",
        "gender": "female",
        "identifier": [{ "value": "4711", "type": { "text": "MRN", "coding": [{ "code": "MR" }] } }],
    }));
    assert_eq!(
        banner.to_string(),
        "<section class=\"smart-patient-banner\" aria-label=\"Patient\">\n\
         <p class=\"smart-patient-name\"><bdi>Amber Testwood</bdi></p>\n\
         <dl class=\"smart-patient-facts\">\n\
         <div class=\"smart-patient-born\"><dt><bdi>Born</bdi></dt> <dd><time datetime=\"1987-02-20\">1987-02-20</time> \
         (39 years)</dd></div>\n\
         <div class=\"smart-patient-gender\"><dt><bdi>Gender</bdi></dt> <dd>female</dd></div>\n\
         <div class=\"smart-patient-identifier\"><dt><bdi>MRN</bdi></dt> <dd><bdi>4711</bdi></dd></div>\n\
         </dl>\n</section>\n"
    );
}

#[test]
fn what_is_not_known_is_said_and_not_left_to_be_guessed() {
    let html = banner(json!({})).to_string();
    assert!(html.contains("<bdi>Name not known</bdi>"), "{html}");
    assert!(html.contains("Date of birth not known"), "{html}");
    assert!(
        !html.contains("Gender") && !html.contains("Died") && !html.contains("Number"),
        "{html}"
    );
    let html = banner(json!({ "gender": "unknown" })).to_string();
    assert!(html.contains("<dd>not known</dd>"), "{html}");
}

#[test]
fn markup_and_characters_of_direction_of_the_record_change_nothing_of_the_page() {
    let attack = "\u{202e}</bdi></section><script>alert(1)</script>\" onload='x' &amp;\u{2069}";
    let banner = banner(json!({
        "name": [{ "text": attack }],
        "birthDate": attack,
        "gender": attack,
        "identifier": [{ "value": attack, "system": attack, "type": { "text": attack, "coding": [{ "code": "MR", "display": attack }] } }],
        "deceasedDateTime": attack,
    }));
    let html = banner.to_string();
    assert!(!html.contains("<script") && !html.contains("\" onload"), "{html}");
    assert!(!html.contains('\u{202e}') && !html.contains('\u{2069}'), "{html}");
    assert_eq!(
        (html.matches("<section").count(), html.matches("</section>").count()),
        (1, 1)
    );
    assert_eq!(html.matches("<bdi>").count(), html.matches("</bdi>").count());
    assert!(
        html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&#39;x&#39; &amp;amp;"),
        "{html}"
    );
}

#[test]
fn a_name_in_another_script_stands_apart_from_what_is_beside_it() {
    for name in ["عنبر الخشب", "山田 太郎", "Ольга Тестова", "อำพัน ไม้ทดสอบ", "अम्बर टेस्टवुड"]
    {
        let html = banner(json!({ "name": [{ "text": name }] })).to_string();
        assert!(html.contains(&format!("<bdi>{name}</bdi>")), "{html}");
    }
}

#[test]
fn a_very_long_name_ends_with_a_sign_that_it_goes_on() {
    let html = banner(json!({ "name": [{ "text": "Amber ".repeat(2_000) }] })).to_string();
    assert!(html.contains("…</bdi></p>") && html.len() < 1_500, "{}", html.len());
}

#[test]
fn at_most_two_numbers_are_shown_and_none_that_is_not_for_a_screen() {
    let identifier = |code: &str, value: &str| json!({ "type": { "coding": [{ "code": code }] }, "value": value });
    let banner = banner(json!({ "identifier": [
        { "value": "untyped" },
        identifier("SS", "123-45-6789"),
        identifier("PPN", "passport"),
        identifier("DL", "licence"),
        identifier("AN", "account"),
        { "value": "987-65-4321", "system": "http://hl7.org/fhir/sid/us-ssn" },
        { "value": "insured", "type": { "text": "Insurance", "coding": [{ "system": "urn:payer", "code": "PI" }] } },
        { "use": "old", "type": { "coding": [{ "code": "MR" }] }, "value": "former" },
        { "type": { "coding": [{ "code": "MR" }] }, "value": "ran out", "period": { "end": "2026-11-28" } },
        identifier("MR", "42"),
        { "value": "43", "type": { "coding": [{ "system": "urn:local", "code": "EPI" }, { "code": "PI" }] } },
        identifier("MR", "44"),
    ] }));
    let shown: Vec<_> = banner.identifiers().iter().map(|it| it.value().to_owned()).collect();
    assert_eq!(shown, ["42", "43"]);
    let html = banner.to_string();
    assert!(!html.contains("123-45-6789") && !html.contains("987-65-4321"), "{html}");
    assert_eq!(html.matches("smart-patient-identifier").count(), 2);
}

#[test]
fn two_numbers_of_different_kinds_keep_their_labels() {
    let banner = banner(json!({ "identifier": [
        { "value": "42", "type": { "coding": [{ "code": "MR" }] } },
        { "value": "7", "type": { "text": "Ward list", "coding": [{ "code": "PI" }] } },
    ] }));
    let html = banner.to_string();
    let (mr, ward) = (
        html.find("<bdi>MR</bdi></dt> <dd><bdi>42</bdi>"),
        html.find("<bdi>Ward list</bdi></dt> <dd><bdi>7</bdi>"),
    );
    assert!(mr.is_some() && mr < ward, "{html}");
}

#[test]
fn the_name_of_the_day_of_the_banner_is_shown() {
    let banner = banner(json!({ "name": [
        { "use": "official", "text": "Former", "period": { "end": "2026-11-28" } },
        { "use": "official", "text": "Current", "period": { "end": "9999-12-31" } },
        { "use": "maiden", "text": "Maiden" },
    ] }));
    assert_eq!(banner.name(), "Current");
}

#[test]
fn somebody_who_has_died_gets_no_older() {
    let died = |members: Value| {
        let mut all = json!({ "birthDate": "1940-06-01" });
        all.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        banner(all)
    };
    let on_a_day = died(json!({ "deceasedDateTime": "2020-05-31" }));
    assert_eq!(on_a_day.age().as_deref(), Some("79 years"));
    assert!(
        on_a_day
            .to_string()
            .contains("<bdi>Died</bdi></dt> <dd><time datetime=\"2020-05-31\">")
    );
    let some_day = died(json!({ "deceasedBoolean": true }));
    assert_eq!(some_day.age(), None);
    assert!(some_day.to_string().contains("<bdi>Died</bdi></dt> <dd>†</dd>"));
    assert_eq!(
        died(json!({ "deceasedBoolean": false })).age().as_deref(),
        Some("86 years")
    );
}

#[test]
fn an_age_is_in_words() {
    for (born, age) in [
        ("2026-11-29", Some("born today")),
        ("2026-11-28", Some("1 day")),
        ("2026-11-20", Some("9 days")),
        ("2026-01-20", Some("10 months")),
        ("1987-02-20", Some("39 years")),
        ("1987", Some("about 39 years")),
        ("2024", Some("about 2 years")),
        ("2025", None),
        ("2026", None),
        ("2026-09", Some("about 2 months")),
        ("2026-10", None),
        ("2026-11", None),
        ("2027-01-01", None),
    ] {
        assert_eq!(banner(json!({ "birthDate": born })).age().as_deref(), age, "{born}");
    }
}

#[test]
fn other_words_are_escaped_too() {
    let words = BannerWords {
        patient: "Patientin \"<".into(),
        born: "geb.".into(),
        years: "{} Jahre".into(),
        ..BannerWords::default()
    };
    let html = banner(json!({ "birthDate": "1987-02-20" })).words(words).to_string();
    assert!(html.contains("aria-label=\"Patientin &quot;&lt;\""), "{html}");
    assert!(
        html.contains("<bdi>geb.</bdi>") && html.contains("(39 Jahre)"),
        "{html}"
    );
}
