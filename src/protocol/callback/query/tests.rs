use super::*;

fn parse(query: &str) -> CallbackQuery {
    CallbackQuery::parse(query).unwrap()
}

fn refusal(query: &str) -> CallbackQueryError {
    CallbackQuery::parse(query).unwrap_err()
}

#[test]
fn a_code_comes_with_its_state() {
    let query = parse("code=a%2Bb%2F&state=s-1&session_state=x&iss=https%3A%2F%2Fsso.example");
    assert_eq!(query.state.expose_secret(), "s-1");
    assert_eq!(query.iss.as_deref(), Some("https://sso.example"));
    let CallbackAnswer::Code(code) = query.answer else {
        panic!("{:?}", query.answer)
    };
    assert_eq!(code.expose_secret(), "a+b/");
}

#[test]
fn a_plus_of_a_code_is_one_and_of_everything_else_a_space() {
    let query = parse("code=a+b%2Bc%20d&state=s+1&iss=https://sso.example/+");
    let CallbackAnswer::Code(code) = query.answer else {
        panic!("{:?}", query.answer)
    };
    assert_eq!(code.expose_secret(), "a+b+c d");
    assert_eq!(query.state.expose_secret(), "s 1");
    assert_eq!(query.iss.as_deref(), Some("https://sso.example/ "));
}

#[test]
fn an_error_wins_over_a_code_and_its_texts_are_data() {
    let query = parse("state=s&code=c&error=access_denied&error_description=No+%3Cb%3E%FF&error_uri=javascript:x");
    let CallbackAnswer::Error(error) = query.answer else {
        panic!("{:?}", query.answer)
    };
    assert_eq!(error.code, "access_denied");
    assert_eq!(error.description.unwrap().as_str(), "No <b>\u{fffd}");
    assert_eq!(error.uri.unwrap().as_str(), "javascript:x");
}

#[test]
fn a_text_that_repeats_state_or_code_is_dropped() {
    let query =
        "state=st%2Bate-1&code=code-123&error=server_error&error_description=no+st%2Bate-1&error_uri=/?code-123";
    let CallbackAnswer::Error(error) = parse(query).answer else {
        panic!("an error")
    };
    assert_eq!((error.description, error.uri), (None, None));
    let query = "state=s&code=code%201%202&error=server_error&error_description=code%001%7F2&error_uri=code%0A1+2";
    let CallbackAnswer::Error(error) = parse(query).answer else {
        panic!("an error")
    };
    assert_eq!((error.description, error.uri), (None, None));
    let query = "state=s&code=code-123&error=x&error_description=co%E2%80%AEde-%E2%80%8B123&error_uri=%C2%ADcode-123";
    let CallbackAnswer::Error(error) = parse(query).answer else {
        panic!("an error")
    };
    assert_eq!((error.description, error.uri), (None, None));
    let CallbackAnswer::Error(error) = parse("state=state-12&error=state-12").answer else {
        panic!("an error")
    };
    assert_eq!(error.code, "unknown");
}

#[test]
fn an_error_code_that_is_a_sentence_becomes_unknown() {
    let CallbackAnswer::Error(error) = parse("state=s&error=Call+555+now").answer else {
        panic!("an error")
    };
    assert_eq!(
        error,
        EhrError {
            code: "unknown".to_owned(),
            description: None,
            uri: None
        }
    );
}

#[test]
fn an_error_without_state_is_read_and_repeats_neither_a_code_nor_what_looks_like_a_state() {
    let read = |query: &str| CallbackQuery::error_without_state(query);
    let error = read("error=bad_audience&error_description=Bad+audience+value&error_uri=https://e.example").unwrap();
    assert_eq!(error.code, "bad_audience");
    assert_eq!(error.description.unwrap().as_str(), "Bad audience value");
    assert_eq!(error.uri.unwrap().as_str(), "https://e.example");
    let state = "b4Zr0QmX7tT2wY9cN1vK5hJ8";
    assert_eq!(read(&format!("error={state}")).unwrap().code, "unknown");
    let echo = read("code=code-123&error=x&error_description=code-123").unwrap();
    assert_eq!((echo.code.as_str(), echo.description), ("x", None));
    for none in ["", "code=c", "error=", "error=a&error=b", "error=a&code=1&code=2"] {
        assert_eq!(read(none), None, "{none}");
    }
}

#[test]
fn neither_code_nor_error_is_an_answer_of_its_own() {
    for query in ["state=s", "state=s&code=", "state=s&error=&code"] {
        assert!(matches!(parse(query).answer, CallbackAnswer::Neither), "{query}");
    }
}

#[test]
fn every_known_parameter_may_come_once_only() {
    for parameter in ["state", "code", "error", "error_description", "error_uri", "iss"] {
        let query = format!("state=s&code=c&{parameter}=1&{parameter}=2");
        assert_eq!(refusal(&query), CallbackQueryError::Repeated { parameter });
    }
}

#[test]
fn a_state_must_be_there_and_not_too_long() {
    assert_eq!(refusal("code=c"), CallbackQueryError::StateMissing);
    assert_eq!(refusal("code=c&state="), CallbackQueryError::StateMissing);
    assert_eq!(refusal("state=%ff"), CallbackQueryError::NotText { parameter: "state" });
    for (parameter, limit) in [("state", 512), ("code", 16_384), ("iss", 2_048)] {
        let query = |length: usize| {
            let value = "a".repeat(length);
            if parameter == "state" {
                format!("state={value}")
            } else {
                format!("state=s&{parameter}={value}")
            }
        };
        assert!(CallbackQuery::parse(&query(limit)).is_ok(), "{parameter}");
        assert_eq!(
            refusal(&query(limit + 1)),
            CallbackQueryError::TooLong { parameter, limit }
        );
    }
}

#[test]
fn debug_output_shows_neither_state_nor_code_nor_description() {
    for query in [
        "state=MARKER&code=MARKER",
        "state=MARKER&error=x&error_description=MARKER&error_uri=MARKER",
    ] {
        let shown = format!("{:?}", parse(query));
        assert!(!shown.contains("MARKER"), "{shown}");
    }
}
