//! What holds for every `Patient`.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use crate::fuzz::{
    generate::{any_json, config, object_of},
    patient_facts,
};

const NAME: [&str; 7] = ["use", "text", "family", "given", "prefix", "suffix", "period"];
const NUMBER: [&str; 5] = ["use", "type", "system", "value", "period"];

fn any_date() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{4}(-[0-9]{2}){0,2}",
        "(19|20)[0-9]{2}-(0[1-9]|1[0-2])-[0-3][0-9](T00:00:00Z)?",
    ]
}

fn any_part(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
    (object_of(names), any_date(), any::<bool>()).prop_map(|(mut part, end, ends)| {
        if ends {
            part.insert("period".to_owned(), json!({ "end": end }));
        }
        Value::Object(part)
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_text_is_a_panic(text in "\\PC{0,64}") {
        patient_facts(text.as_bytes());
    }

    #[test]
    fn no_patient_breaks_a_promise(
        today in any_date(),
        id in "[A-Za-z0-9.-]{0,8}",
        names in vec(any_part(&NAME), 0..24),
        numbers in vec(any_part(&NUMBER), 0..4),
        table in select(vec!["http://terminology.hl7.org/CodeSystem/v2-0203", "urn:other"]),
        code in select(vec!["MR", "PI", "SS", ""]),
        number in "\\PC{0,8}",
        born in any_date(),
        died in any_json(),
        gender in select(vec!["male", "female", "other", "unknown", "x"]),
    ) {
        let mut numbers = numbers;
        numbers.push(json!({ "value": number, "type": { "coding": [{ "system": table, "code": code }] } }));
        let patient = json!({
            "resourceType": "Patient", "id": id, "name": names, "identifier": numbers,
            "birthDate": born, "deceasedDateTime": died, "gender": gender,
        });
        patient_facts(format!("{today}\n{patient}").as_bytes());
    }
}
