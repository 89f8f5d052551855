use serde_json::json;

use super::*;
use crate::protocol::patient::name::NameUse;

fn facts(members: Value) -> PatientFacts {
    let mut resource = members;
    resource["resourceType"] = json!("Patient");
    resource["id"] = json!("p1");
    PatientFacts::read(&resource, "p1").unwrap()
}

fn today() -> FhirDate {
    FhirDate::new(2026, 11, 29).unwrap()
}

fn name_of(names: Value) -> Option<String> {
    facts(json!({ "name": names }))
        .name_on(today())
        .map(|name| name.text().to_owned())
}

#[test]
fn only_the_patient_who_was_asked_for_is_read() {
    for (resource, is_read) in [
        (json!({ "resourceType": "Patient", "id": "p1" }), true),
        (json!({ "resourceType": "Patient", "id": "p2" }), false),
        (json!({ "resourceType": "Patient", "id": "P1" }), false),
        (json!({ "resourceType": "Patient" }), false),
        (json!({ "resourceType": "Person", "id": "p1" }), false),
        (json!({ "resourceType": "OperationOutcome", "id": "p1" }), false),
        (json!([]), false),
    ] {
        assert_eq!(PatientFacts::read(&resource, "p1").is_some(), is_read, "{resource}");
    }
}

#[test]
fn a_name_says_what_it_is_for() {
    for (said, name_use) in [
        (json!("official"), NameUse::Official),
        (json!("maiden"), NameUse::Maiden),
    ] {
        let facts = facts(json!({ "name": [{ "use": said, "text": "n" }] }));
        assert_eq!(facts.name_on(today()).unwrap().name_use(), name_use, "{said}");
    }
}

#[test]
fn the_name_to_show_is_the_official_one_then_the_usual_one_and_the_past_comes_last() {
    let name = |name_use: &str| json!({ "use": name_use, "text": name_use });
    let order = ["official", "usual", "temp", "nickname", "anonymous", "maiden", "old"];
    for (at, first) in order.iter().enumerate() {
        let mut rest: Vec<_> = order[at..].iter().map(|it| name(it)).collect();
        rest.reverse();
        assert_eq!(name_of(json!(rest)).as_deref(), Some(*first));
    }
    assert_eq!(
        name_of(json!([name("temp"), { "text": "without" }, name("usual")])).as_deref(),
        Some("usual")
    );
    assert_eq!(
        name_of(json!([name("temp"), { "text": "without" }])).as_deref(),
        Some("without")
    );
    assert_eq!(
        name_of(json!([name("temp"), { "use": "new use", "text": "unknown" }])).as_deref(),
        Some("unknown")
    );
    let former = json!({ "use": "official", "text": "former", "period": { "end": "2020-01-01" } });
    assert_eq!(name_of(json!([former, name("maiden")])).as_deref(), Some("maiden"));
    assert_eq!(name_of(json!([former])).as_deref(), Some("former"));
    let current = json!({ "use": "official", "text": "current", "period": { "start": "2020-01-01" } });
    assert_eq!(name_of(json!([former, current])).as_deref(), Some("current"));
}

#[test]
fn a_name_that_ends_in_the_future_is_not_of_the_past() {
    for end in ["9999-12-31", "2026-11-29", "2026-11", "2099-01-01T00:00:00+01:00"] {
        let current = json!({ "use": "official", "text": "current", "period": { "end": end } });
        let other = json!({ "use": "usual", "text": "other" });
        assert_eq!(name_of(json!([other, current])).as_deref(), Some("current"), "{end}");
    }
    let former = json!({ "use": "official", "text": "former", "period": { "end": "2026-11-28" } });
    let read = facts(json!({ "name": [former, { "use": "usual", "text": "other" }] }));
    assert_eq!(read.name_on(today()).map(PersonName::text), Some("other"));
    let the_day_before = FhirDate::new(2026, 11, 28).unwrap();
    assert_eq!(read.name_on(the_day_before).map(PersonName::text), Some("former"));
    let kept: PatientFacts = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
    assert_eq!(kept.name_on(today()).map(PersonName::text), Some("other"));
}

#[test]
fn a_name_is_the_text_of_the_server_or_its_parts() {
    for (name, text) in [
        (
            json!({ "text": "Frau Dr. Testwood", "family": "Testwood" }),
            Some("Frau Dr. Testwood"),
        ),
        (
            json!({ "prefix": ["Dr."], "given": ["Amber", "M."], "family": "Testwood", "suffix": ["Jr."] }),
            Some("Dr. Amber M. Testwood Jr."),
        ),
        (json!({ "family": "Testwood" }), Some("Testwood")),
        (json!({ "given": ["Amber"] }), Some("Amber")),
        (json!({ "text": "  ", "family": "Testwood" }), Some("Testwood")),
        (json!({ "text": "山田 太郎" }), Some("山田 太郎")),
        (json!({ "text": "عنبر الخشب" }), Some("عنبر الخشب")),
        (json!({}), None),
        (json!({ "use": "official" }), None),
        (json!({ "family": 7, "given": "Amber" }), None),
        (json!({ "given": [null, 7, ""] }), None),
        (json!("Amber"), None),
    ] {
        assert_eq!(name_of(json!([name])).as_deref(), text, "{name}");
    }
    assert_eq!(name_of(json!([])), None);
    assert_eq!(name_of(json!("Amber")), None);
}

#[test]
fn nothing_in_a_name_turns_the_text_around_breaks_the_line_or_hides() {
    assert_eq!(
        name_of(json!([{ "text": "Amber\u{202e}doowtseT\u{202c}\u{2066}\u{200b}\r\n\tTestwood\u{0007}" }])).as_deref(),
        Some("AmberdoowtseT Testwood")
    );
    let long = "x".repeat(5_000);
    let shown = name_of(json!([{ "text": long }])).unwrap();
    assert_eq!((shown.chars().count(), shown.ends_with('…')), (301, true));
    let exact = "x".repeat(300);
    assert_eq!(name_of(json!([{ "text": exact }])), Some(exact));
}

#[test]
fn birth_date_gender_and_death_are_read_as_far_as_they_are_written_well() {
    let read = facts(json!({ "birthDate": "1987-02", "gender": "female", "deceasedDateTime": "2025-03-04T10:00:00Z" }));
    assert_eq!(
        read.birth_date().map(|date| date.to_string()).as_deref(),
        Some("1987-02")
    );
    assert_eq!(read.gender(), Some(Gender::Female));
    assert_eq!(read.deceased(), Deceased::On(FhirDate::new(2025, 3, 4).unwrap()));
    for (member, value, deceased) in [
        ("deceasedBoolean", json!(true), Deceased::Yes),
        ("deceasedBoolean", json!(false), Deceased::NotSaid),
        ("deceasedBoolean", json!("true"), Deceased::NotSaid),
        ("deceasedDateTime", json!("last spring"), Deceased::Yes),
        ("birthDate", json!(1987), Deceased::NotSaid),
    ] {
        assert_eq!(facts(json!({ member: value })).deceased(), deceased, "{member} {value}");
    }
    assert_eq!(facts(json!({ "birthDate": "soon" })).birth_date(), None);
    assert_eq!(facts(json!({ "gender": "unheard-of" })).gender(), Some(Gender::Unknown));
    assert_eq!(facts(json!({ "gender": 1 })).gender(), None);
}

#[test]
fn identifiers_keep_their_type_and_system_and_those_without_a_value_are_none() {
    let read = facts(json!({ "identifier": [
        { "type": { "coding": [{ "code": "MR", "display": "Medical record number" }] }, "system": "urn:mrn", "value": "42" },
        { "type": { "text": "Ward list" }, "value": " 7\n" },
        { "system": "urn:empty" },
        { "use": "old", "value": "1" },
        { "value": "2", "period": { "end": "2026-11-28" } },
        { "value": "3", "period": { "end": "2026-11-29" } },
        "x",
    ] }));
    let all: Vec<_> = read
        .identifiers()
        .iter()
        .map(|it| {
            (
                it.value(),
                it.system(),
                it.type_code(),
                it.type_text(),
                it.is_past_on(today()),
            )
        })
        .collect();
    assert_eq!(
        all,
        [
            ("42", Some("urn:mrn"), Some("MR"), Some("Medical record number"), false),
            ("7", None, None, Some("Ward list"), false),
            ("1", None, None, None, true),
            ("2", None, None, None, true),
            ("3", None, None, None, false),
        ]
    );
}

#[test]
fn the_type_of_a_number_is_a_code_of_table_0203_whichever_coding_has_it() {
    let table = "http://terminology.hl7.org/CodeSystem/v2-0203";
    for (codings, code, text) in [
        (
            json!([{ "code": "SS" }, { "code": "MR", "display": "Record" }]),
            Some("MR"),
            Some("Record"),
        ),
        (
            json!([{ "system": "urn:local", "code": "PI", "display": "Insurance" }]),
            None,
            Some("Insurance"),
        ),
        (
            json!([{ "system": "urn:local", "code": "EPI" }, { "system": table, "code": "PI" }]),
            Some("PI"),
            None,
        ),
        (
            json!([{ "display": "Record" }, { "system": table, "code": "SS" }]),
            Some("SS"),
            Some("Record"),
        ),
        (
            json!([{ "system": table, "code": "MRT" }, { "code": "AN" }]),
            Some("MRT"),
            None,
        ),
        (json!([{ "code": " " }, 7]), None, None),
        (json!("MR"), None, None),
    ] {
        let read = facts(json!({ "identifier": [{ "value": "1", "type": { "coding": codings } }] }));
        let identifier = &read.identifiers()[0];
        assert_eq!(
            (identifier.type_code(), identifier.type_text()),
            (code, text),
            "{codings}"
        );
    }
}

#[test]
fn facts_are_the_same_after_they_were_kept_and_debug_names_nobody() {
    let read = facts(json!({
        "name": [{ "use": "official", "text": "Amber Testwood" }, { "use": "unheard-of", "text": "A." }],
        "birthDate": "1987-02-20",
        "gender": "other",
        "identifier": [{ "value": "4711", "type": { "coding": [{ "code": "MR" }] } }],
        "deceasedDateTime": "2025",
    }));
    let kept = serde_json::to_string(&read).unwrap();
    assert_eq!(serde_json::from_str::<PatientFacts>(&kept).unwrap(), read);
    // What a later version adds.
    let later = kept
        .replace("\"official\"", "\"a-new-use\"")
        .replace("\"other\"", "\"a-new-gender\"");
    let later = serde_json::from_str::<PatientFacts>(&later).unwrap();
    assert_eq!(later.gender(), Some(Gender::Unknown));
    let shown = format!("{read:?} {:?} {:?}", read.names(), read.identifiers());
    for secret in ["Amber", "Testwood", "4711", "1987", "p1"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn a_name_has_its_parts() {
    let names = json!([{ "use": "official", "family": " Muster ", "given": ["Ada", "", "Maria"], "prefix": ["Dr."] }]);
    let facts = facts(json!({ "name": names }));
    let name = facts.name_on(today()).unwrap();
    assert_eq!((name.text(), name.family()), ("Dr. Ada Maria Muster", Some("Muster")));
    assert_eq!(name.given(), ["Ada", "Maria"]);
}
