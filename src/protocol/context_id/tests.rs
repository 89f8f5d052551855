use serde_json::json;

use super::*;

fn read(value: Value) -> Result<Option<(String, WrittenAs)>, NoContextId> {
    let base = FhirBaseUrl::parse("https://ehr.example/fhir/R4").unwrap();
    let read = ContextId::read(Some(value), "Patient", &base)?;
    Ok(read.map(|it| (it.id, it.written_as)))
}

#[test]
fn an_id_is_taken_as_it_is() {
    let longest = "a".repeat(128);
    for good in ["123", "-20140000008325", "a.b-c_d~e", "...", "Patient", &longest] {
        assert_eq!(read(json!(good)), Ok(Some((good.to_owned(), WrittenAs::Id))));
    }
    for blanks in [" 1", "1\n", "\t1 "] {
        assert_eq!(
            read(json!(blanks)),
            Ok(Some(("1".to_owned(), WrittenAs::Id))),
            "{blanks:?}"
        );
    }
}

#[test]
fn what_is_missing_or_blank_is_none() {
    let base = FhirBaseUrl::parse("https://ehr.example").unwrap();
    assert_eq!(ContextId::read(None, "Patient", &base), Ok(None));
    for absent in [json!(null), json!(""), json!(" ")] {
        assert_eq!(read(absent), Ok(None));
    }
}

#[test]
fn a_reference_to_that_type_at_that_server_means_its_id() {
    for reference in [
        "Patient/p-1",
        "https://ehr.example/fhir/R4/Patient/p-1",
        "HTTPS://EHR.example:443/fhir/R4/Patient/p-1",
        "Patient/p-1/_history/3",
        "https://ehr.example/fhir/R4/Patient/p-1/_history/3",
        " Patient/p-1\n",
    ] {
        assert_eq!(
            read(json!(reference)),
            Ok(Some(("p-1".to_owned(), WrittenAs::Reference))),
            "{reference}"
        );
    }
}

#[test]
fn a_whole_number_means_its_digits() {
    for (number, digits) in [
        (json!(4711), "4711"),
        (json!(-5), "-5"),
        (json!(u64::MAX), "18446744073709551615"),
    ] {
        assert_eq!(read(number), Ok(Some((digits.to_owned(), WrittenAs::Number))));
    }
}

#[test]
fn anything_else_is_refused() {
    for wrong in [
        json!(true),
        json!(1.5),
        json!(4711.0),
        json!(1e30),
        json!({"reference": "Patient/1"}),
        json!(["1"]),
        json!("Person/1"),
        json!("patient/1"),
        json!("Patient/"),
        json!("/Patient/1"),
        json!("Patient/1/2"),
        json!("Patient/Patient/1"),
        json!("Patient/.."),
        json!("Patient/1?x=2"),
        json!("Patient/1#x"),
        json!("Patient/1/_history/"),
        json!("https://ehr.example/fhir/R4/Person/1"),
        json!("https://other.example/fhir/R4/Patient/1"),
        json!("http://ehr.example/fhir/R4/Patient/1"),
        json!("https://ehr.example/fhir/Patient/1"),
        json!("https://ehr.example/fhir/R4/x/Patient/1"),
        json!("https://ehr.example.evil/fhir/R4/Patient/1"),
        json!("https://ehr.example/fhir/R4/../R4/Patient/1"),
        json!("urn:uuid:1"),
        json!("."),
        json!(".."),
        json!("1?x=2"),
        json!("1/../2"),
        json!("1%2F2"),
        json!("1 2"),
        json!("é"),
        json!("a".repeat(129)),
    ] {
        assert_eq!(read(wrong.clone()), Err(NoContextId), "{wrong}");
    }
}
