use super::*;

#[test]
fn iss_without_launch_says_where_and_nothing_more() {
    for query in [
        "iss=https://e",
        "iss=https://e&launch=",
        "iss=https://e&ehr=https://other",
    ] {
        let request = LaunchRequest::parse(query).unwrap();
        assert!(request.has_iss_alone());
        assert_eq!((request.iss(), request.ehr()), (None, Some("https://e")), "{query}");
    }
    for query in ["iss=https://e&launch=x", "ehr=https://e", ""] {
        assert!(!LaunchRequest::parse(query).unwrap().has_iss_alone(), "{query}");
    }
}

fn error(query: &str) -> LaunchRequestError {
    LaunchRequest::parse(query).unwrap_err()
}

#[test]
fn an_ehr_launch_keeps_iss_and_launch_as_the_ehr_wrote_them() {
    let request = LaunchRequest::parse("iss=HTTPS%3A%2F%2FEhr.example%3A443%2Ffhir%2F&launch=a%2Fb%3D&x=1").unwrap();
    assert_eq!(request.iss(), Some("HTTPS://Ehr.example:443/fhir/"));
    assert_eq!(request.launch().unwrap().expose_secret(), "a/b=");
    assert_eq!(
        (request.return_to(), request.after(), request.ehr()),
        (None, None, None)
    );
}

#[test]
fn a_plus_in_launch_stays_a_plus_encoded_or_not() {
    for (raw, expected) in [("a+b/c==", "a+b/c=="), ("a%2Bb%2fc%3d%3d", "a+b/c=="), ("a%20b", "a b")] {
        let request = LaunchRequest::parse(&format!("launch={raw}&iss=https://e")).unwrap();
        assert_eq!(request.launch().unwrap().expose_secret(), expected);
    }
}

#[test]
fn a_standalone_launch_may_say_where_to_go() {
    let request = LaunchRequest::parse("return_to=%2Flabs%3Fq%3Da%2Bb&after=AAAAAAAAAAAAAAAAAAAAAA&ehr=north").unwrap();
    assert_eq!(request.iss(), None);
    assert!(request.launch().is_none());
    assert_eq!(request.return_to().unwrap().as_str(), "/labs?q=a+b");
    assert_eq!(request.after().unwrap().as_str(), "AAAAAAAAAAAAAAAAAAAAAA");
    assert_eq!(request.ehr(), Some("north"));
    assert_eq!(LaunchRequest::parse("").unwrap().iss(), None);
    for (query, wish) in [
        ("", SignInWish::None),
        ("sign_in=", SignInWish::None),
        ("sign_in=again", SignInWish::Again),
    ] {
        assert_eq!(LaunchRequest::parse(query).unwrap().sign_in(), wish, "{query}");
    }
}

#[test]
fn the_launch_of_the_page_that_is_wanted_comes_before_the_one_that_the_person_comes_from() {
    let [inside, before] = ["AAAAAAAAAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBBBBBBBA"];
    for (query, expected) in [
        (String::new(), None),
        ("return_to=/labs".to_owned(), None),
        (format!("after={before}"), Some(before)),
        (format!("return_to=/labs&after={before}"), Some(before)),
        (format!("return_to=/~{inside}/labs"), Some(inside)),
        (format!("return_to=/~{inside}/labs&after={before}"), Some(inside)),
        (format!("return_to=/~x/labs&after={before}"), Some("unknown")),
        ("after=unknown".to_owned(), Some("unknown")),
    ] {
        let former = LaunchRequest::parse(&query).unwrap().former();
        assert_eq!(former.as_ref().map(After::as_str), expected, "{query}");
    }
}

#[test]
fn what_a_person_typed_and_whether_cookies_were_asked_for_can_be_read() {
    for (query, search, cookies) in [
        ("", None, CookiesAsked::No),
        ("q=&smart_cookies=", None, CookiesAsked::No),
        (
            "q=north+clinic&smart_cookies=asked",
            Some("north clinic"),
            CookiesAsked::Yes,
        ),
        ("smart_cookies=x", None, CookiesAsked::No),
    ] {
        let request = LaunchRequest::parse(query).unwrap();
        assert_eq!((request.search(), request.cookies()), (search, cookies), "{query}");
    }
}

#[test]
fn half_an_ehr_launch_is_refused_and_an_empty_value_is_a_missing_one() {
    assert_eq!(error("launch=x"), LaunchRequestError::IssMissing);
    assert_eq!(error("iss&launch=x"), LaunchRequestError::IssMissing);
    assert!(LaunchRequest::parse("iss=&launch=").unwrap().iss().is_none());
}

#[test]
fn every_known_parameter_may_come_once_only() {
    for parameter in [
        "iss",
        "launch",
        "return_to",
        "after",
        "ehr",
        "q",
        "smart_cookies",
        "sign_in",
    ] {
        assert_eq!(
            error(&format!("{parameter}=1&{parameter}=1")),
            LaunchRequestError::Repeated { parameter }
        );
    }
    assert!(LaunchRequest::parse("x=1&x=2").is_ok());
}

#[test]
fn lengths_are_limited_after_decoding() {
    for (parameter, limit) in [("iss", 2_048), ("launch", 16_384)] {
        let other = if parameter == "iss" { "launch" } else { "iss" };
        let query = |length: usize| format!("{parameter}={}&{other}=x", "%61".repeat(length));
        assert!(LaunchRequest::parse(&query(limit)).is_ok(), "{parameter}");
        assert_eq!(
            error(&query(limit + 1)),
            LaunchRequestError::TooLong { parameter, limit }
        );
    }
    let return_to = |length: usize| format!("return_to=/{}", "a".repeat(length));
    assert!(LaunchRequest::parse(&return_to(2_047)).is_ok());
    assert_eq!(
        error(&return_to(2_048)),
        LaunchRequestError::TooLong {
            parameter: "return_to",
            limit: 2_048
        }
    );
}

#[test]
fn malformed_values_are_refused() {
    assert_eq!(
        error("iss=%ff&launch=x"),
        LaunchRequestError::NotText { parameter: "iss" }
    );
    assert_eq!(
        error("return_to=//evil.example"),
        LaunchRequestError::ReturnTo(ReturnToError::EmptySegment)
    );
    assert_eq!(error("after=x"), LaunchRequestError::After);
    // An author who writes it wants it, so a misspelling must not go unnoticed.
    for value in ["Again", "always", "again%20"] {
        assert_eq!(
            error(&format!("sign_in={value}")),
            LaunchRequestError::SignIn,
            "{value}"
        );
    }
}

#[test]
fn debug_output_does_not_show_the_launch_value() {
    let request = LaunchRequest::parse("iss=https://e&launch=MARKER").unwrap();
    assert!(!format!("{request:?}").contains("MARKER"));
}
