use super::*;

#[test]
fn a_request_is_written_as_it_is_read() {
    for (text, expected) in [
        ("Patient/p1", "GET Patient/p1"),
        ("/Patient/p1/", "GET Patient/p1"),
        ("POST Observation", "POST Observation"),
        ("POST /", "POST /"),
        (
            "Observation?patient=p1&code=a%20b",
            "GET Observation?patient=p1&code=a+b",
        ),
        (
            "Observation?code=http://loinc.org|1-2",
            "GET Observation?code=http://loinc.org|1-2",
        ),
    ] {
        let requested = Requested::parse(text);
        assert_eq!(requested.to_string(), expected);
        assert_eq!(Requested::parse(expected), requested);
    }
}

#[test]
fn the_order_of_parameters_does_not_matter_and_their_number_does() {
    let prepared = Requested::parse("Observation?patient=p1&code=1");
    for (sent, expected) in [
        ("Observation?code=1&patient=p1", true),
        ("Observation?code=1", false),
        ("Observation?code=1&patient=p1&code=1", false),
        ("Condition?code=1&patient=p1", false),
        ("POST Observation?code=1&patient=p1", false),
    ] {
        assert_eq!(
            prepared.covers(&Requested::parse(sent), Parameters::Same),
            expected,
            "{sent}"
        );
        assert!(!prepared.covers(&Requested::parse(sent), Parameters::Any), "{sent}");
    }
    assert!(Requested::parse("Observation").covers(&prepared, Parameters::Any));
}
