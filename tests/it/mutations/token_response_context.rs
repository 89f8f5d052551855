//! The token response: patient, encounter and the rest of the launch context.

use serde_json::{Value, json};

use super::{
    rows::{Change::Removed, Row, again, row, same, set, told},
    token_response::invalid,
};

#[rustfmt::skip]
pub(super) fn context_rows() -> Vec<Row> {
    const OPTIONAL: &str = "it is optional";
    const NOT_SAID: &str = "what cannot be read is as if the EHR had not said it";
    const LEFT_OUT: &str = "which visit it is may be unknown, whose chart may not";
    const LAST: &str = "for display only, so that the last of two may win";
    vec![
        row("patient", Removed, told("patient: none", "a launch may have no patient")),
        row("patient", set(Value::Null), told("patient: none", "it is as absent")),
        row("patient", set(""), told("patient: none", "it is as absent")),
        row("patient", set(1), told("patient: 1", "a whole number is its digits")),
        row("patient", set(json!(["p-1"])), invalid("patient")),
        row("patient", set(1.5), invalid("patient")),
        row("patient", set("Person/p-1"), invalid("patient")),
        row("patient", set("https://other.example/Patient/p-1"), invalid("patient")),
        row("patient", set("Patient/p-1"), same("a reference to the patient means the patient")),
        row("patient", set("../p-1"), invalid("patient")),
        row("patient", set("p-1?x=y"), invalid("patient")),
        row("patient", set("p-2"), told("patient: p-2", "the EHR says whose chart is open")),
        row("patient", again("p-2"), invalid("patient")),
        row("patient", again("p-1"), invalid("patient")),

        row("encounter", Removed, told("encounter: none", "a launch may have no encounter")),
        row("encounter", set(Value::Null), told("encounter: none", "it is as absent")),
        row("encounter", set(""), told("encounter: none", "it is as absent")),
        row("encounter", set(1), told("encounter: 1", "a whole number is its digits")),
        row("encounter", set(1.5), told("encounter: none", LEFT_OUT)),
        row("encounter", set("Appointment/e-1"), told("encounter: none", LEFT_OUT)),
        row("encounter", set("Encounter/e-1"), same("a reference to the encounter means the encounter")),
        row("encounter", set("e-2"), told("encounter: e-2", "the EHR says which visit it is")),
        row("encounter", again("e-2"), invalid("encounter")),

        row("need_patient_banner", Removed, told("banner: none", "the application then shows the patient")),
        row("need_patient_banner", set(Value::Null), told("banner: none", OPTIONAL)),
        row("need_patient_banner", set(""), told("banner: none", NOT_SAID)),
        row("need_patient_banner", set(0), told("banner: none", NOT_SAID)),
        row("need_patient_banner", set("false"), told("banner: no", "some servers send a text")),
        row("need_patient_banner", set(false), told("banner: no", "the EHR shows the patient itself")),
        row("need_patient_banner", again(false), told("banner: no", LAST)),

        row("fhirContext", Removed, told("context: ", OPTIONAL)),
        row("fhirContext", set(Value::Null), told("context: ", OPTIONAL)),
        row("fhirContext", set(7), told("context: ", NOT_SAID)),
        row("fhirContext", set(json!([])), told("context: ", "nothing more is open")),
        row("fhirContext", set(json!([7, "List/1", { "reference": "List/2" }])), told("context: List/1 List/2",
            "older servers send texts, and an item that cannot be read is left out")),
        row("fhirContext", again(json!(["List/1"])), told("context: List/1", LAST)),

        row("intent", Removed, told("intent: none", OPTIONAL)),
        row("intent", set(Value::Null), told("intent: none", OPTIONAL)),
        row("intent", set(""), told("intent: none", NOT_SAID)),
        row("intent", set(7), told("intent: none", NOT_SAID)),
        row("intent", set("other"), told("intent: other", "an unknown one means the default view")),
        row("intent", again("other"), told("intent: other", LAST)),

        row("smart_style_url", Removed, told("style: none", OPTIONAL)),
        row("smart_style_url", set(Value::Null), told("style: none", OPTIONAL)),
        row("smart_style_url", set(""), told("style: none", NOT_SAID)),
        row("smart_style_url", set(7), told("style: none", NOT_SAID)),
        row("smart_style_url", set("javascript:x"), told("style: javascript:x", "it is data, and is not fetched here")),
        row("smart_style_url", again("x"), told("style: x", LAST)),

        row("tenant", Removed, told("tenant: none", OPTIONAL)),
        row("tenant", set(Value::Null), told("tenant: none", OPTIONAL)),
        row("tenant", set(""), told("tenant: none", NOT_SAID)),
        row("tenant", set(7), told("tenant: none", NOT_SAID)),
        row("tenant", set("south"), told("tenant: south", "it is told, not judged")),
        row("tenant", again("south"), told("tenant: south", LAST)),

        row("x_ward", Removed, told("other: {}", "it is the EHR's own")),
        row("x_ward", set(Value::Null), told("other: {\"x_ward\":null}", "it is told as it came")),
        row("x_ward", set("7"), told("other: {\"x_ward\":\"7\"}", "it is told as it came")),
        row("x_ward", set(8), told("other: {\"x_ward\":8}", "it is told as it came")),
        row("x_ward", again(7), same("it says the same")),
    ]
}
