use super::*;

#[test]
fn a_request_is_called_what_fhir_calls_it() {
    let base = Url::parse("https://ehr.example/fhir/").unwrap();
    let cases = [
        (Method::Get, "Patient/1", "read", Some("Patient"), Some("1")),
        (
            Method::Get,
            "Patient/1/_history",
            "history-instance",
            Some("Patient"),
            Some("1"),
        ),
        (Method::Get, "Patient/1/_history/2", "vread", Some("Patient"), Some("1")),
        (Method::Get, "Patient?name=x", "search-type", Some("Patient"), None),
        (Method::Post, "Patient/_search", "search-type", Some("Patient"), None),
        (Method::Get, "Patient/_history", "history-type", Some("Patient"), None),
        (
            Method::Get,
            "Patient/1/$everything",
            "operation",
            Some("Patient"),
            Some("1"),
        ),
        (Method::Post, "Patient/$match", "operation", Some("Patient"), None),
        (Method::Post, "Patient", "create", Some("Patient"), None),
        (Method::Put, "Patient/1", "update", Some("Patient"), Some("1")),
        (Method::Patch, "Patient/1", "patch", Some("Patient"), Some("1")),
        (Method::Delete, "Patient/1", "delete", Some("Patient"), Some("1")),
        (Method::Post, "", "batch", None, None),
        (Method::Get, "metadata", "capabilities", None, None),
        (Method::Get, "page-token/abc", "search-system", None, None),
    ];
    for (method, path, interaction, resource_type, id) in cases {
        let address = base.join(path).unwrap();
        let found = described(method, &segments(&base, &address));
        assert_eq!(found, (interaction, resource_type, id), "{} {path}", method.as_str());
    }
}
