//! The query of the callback.

use url::form_urlencoded::{Serializer, parse};

use crate::protocol::{
    callback::{CallbackAnswer, CallbackQuery, IssParameter, KnownEhrs, check_iss},
    visible::is_invisible,
};

const ISSUER: &str = "https://ehr.example/fhir";

/// A query.
pub fn callback_query(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(query) = CallbackQuery::parse(text) else { return };
    let state = query.state.expose_secret();
    assert!(!state.is_empty() && state.len() <= 512);
    is_what_another_reader_reads(text, "state", state);
    if let Some(iss) = &query.iss {
        assert!(!iss.is_empty() && iss.len() <= 2_048);
        is_what_another_reader_reads(text, "iss", iss);
    }
    let mut written = Serializer::new(String::new());
    written.append_pair("state", state);
    match &query.answer {
        CallbackAnswer::Code(code) => {
            let code = code.expose_secret();
            assert!(!code.is_empty() && code.len() <= 16_384);
            // A plus of a code is one, and not a space.
            is_what_another_reader_reads(&text.replace('+', "%2B"), "code", code);
            written.append_pair("code", code);
        }
        CallbackAnswer::Error(error) => {
            assert!(!error.code.is_empty() && error.code.len() <= 64);
            assert!(
                error
                    .code
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
            );
            written.append_pair("error", &error.code);
            for said in [&error.description, &error.uri].into_iter().flatten() {
                assert!(said.as_str().chars().count() <= 1_000);
                assert!(!said.as_str().contains(|c: char| c.is_control() || is_invisible(c)));
                assert!(state.len() < 8 || !said.as_str().contains(state));
            }
        }
        CallbackAnswer::Neither => {}
    }
    // As `%20` a space of a code is one.
    reads_the_same_again(&query, &written.finish().replace('+', "%20"));
    iss_is_checked(&query);
}

/// As `application/x-www-form-urlencoded` is read everywhere, and once only.
fn is_what_another_reader_reads(text: &str, name: &str, value: &str) {
    let values: Vec<_> = parse(text.as_bytes()).filter(|(other, _)| other == name).collect();
    assert!(matches!(values.as_slice(), [(_, only)] if only == value), "{values:?}");
}

fn reads_the_same_again(query: &CallbackQuery, written: &str) {
    let again = CallbackQuery::parse(written).expect("what was read can be written");
    assert_eq!(again.state.expose_secret(), query.state.expose_secret());
    match (&again.answer, &query.answer) {
        (CallbackAnswer::Code(again), CallbackAnswer::Code(code)) => {
            assert_eq!(again.expose_secret(), code.expose_secret());
        }
        (CallbackAnswer::Error(again), CallbackAnswer::Error(error)) => assert_eq!(again.code, error.code),
        (CallbackAnswer::Neither, CallbackAnswer::Neither) => {}
        (again, first) => assert_eq!(format!("{again:?}"), format!("{first:?}")),
    }
}

fn iss_is_checked(query: &CallbackQuery) {
    for promise in [IssParameter::Promised, IssParameter::NotPromised] {
        for known in [KnownEhrs::One, KnownEhrs::Several] {
            let passes = check_iss(query, Some(ISSUER), promise, known).is_ok();
            let has_code = matches!(query.answer, CallbackAnswer::Code(_));
            match query.iss.as_deref() {
                Some(iss) => assert_eq!(passes, iss == ISSUER),
                None => assert_eq!(passes, !has_code || promise == IssParameter::NotPromised),
            }
            let nothing_to_compare = check_iss(query, None, promise, known).is_ok();
            assert!(!(nothing_to_compare && query.iss.is_some() && known == KnownEhrs::Several));
        }
    }
}
