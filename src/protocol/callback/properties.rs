//! What holds for every query of a callback.

use proptest::{collection::vec, prelude::*, sample::select};
use url::form_urlencoded::Serializer;

use super::*;
use crate::fuzz::generate::config;

const KNOWN: [&str; 6] = ["state", "code", "error", "error_description", "error_uri", "iss"];

/// What looks like a query, right or wrong.
fn any_query() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        select(KNOWN.to_vec()).prop_map(str::to_owned),
        "%73tate|c%6fde|session_state|[a-z]{0,3}"
    ];
    let value = prop_oneof!["[a-zA-Z0-9._~-]{0,24}", "(%[0-9a-f]{2}|[%+&=a-z]){0,8}", "\\PC{0,8}"];
    let pair = (name, select(vec!["=", "=", "=", ""]), value);
    vec(pair.prop_map(|(name, is, value)| format!("{name}{is}{value}")), 0..6).prop_map(|pairs| pairs.join("&"))
}

/// The name in another spelling.
fn escaped(name: &str, at: usize) -> String {
    let escape = |(place, byte): (usize, u8)| {
        if place == at % name.len() {
            format!("%{byte:02x}")
        } else {
            char::from(byte).to_string()
        }
    };
    name.bytes().enumerate().map(escape).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_text_is_a_panic_or_breaks_a_promise(text in "\\PC{0,64}", query in any_query()) {
        for text in [text.as_str(), query.as_str(), &format!("state=s&{query}"), &format!("{query}&state=state-1234")] {
            crate::fuzz::callback_query(text.as_bytes());
        }
    }

    #[test]
    fn what_an_ehr_encodes_is_read_as_it_was(
        state in "\\PC{1,40}", code in "\\PC{1,40}", iss in "\\PC{0,40}", other in "\\PC{0,10}",
    ) {
        let mut query = Serializer::new(String::new());
        query.append_pair("x_other", &other).append_pair("code", &code).append_pair("iss", &iss).append_pair("state", &state);
        let read = CallbackQuery::parse(&query.finish()).unwrap();
        prop_assert_eq!(read.state.expose_secret(), state);
        prop_assert_eq!(read.iss.unwrap_or_default(), iss);
        let CallbackAnswer::Code(read) = read.answer else {
            panic!("a code");
        };
        // A form writes a space as a plus, and a plus of a code is one.
        prop_assert_eq!(read.expose_secret(), code.replace(' ', "+"));
        let percent: String = code.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let CallbackAnswer::Code(read) = CallbackQuery::parse(&format!("code={percent}&state=s")).unwrap().answer else {
            panic!("a code");
        };
        prop_assert_eq!(read.expose_secret(), code);
    }

    #[test]
    fn a_known_parameter_that_comes_twice_is_refused_in_every_spelling(
        parameter in select(KNOWN.to_vec()), at in 0_usize..20, between in "(&[x-z]{1,3}=[a-z]{0,3}){0,3}", value in "[a-z]{0,4}",
    ) {
        let again = escaped(parameter, at);
        for query in [
            format!("{parameter}={value}{between}&{again}=1"),
            format!("{again}=1{between}&{parameter}={value}"),
            format!("{parameter}{between}&{again}"),
        ] {
            prop_assert_eq!(CallbackQuery::parse(&query).unwrap_err(), CallbackQueryError::Repeated { parameter });
        }
    }

    #[test]
    fn an_error_wins_over_a_code_and_neither_is_read_without_a_state(error in "[a-z_]{1,20}", code in "[a-zA-Z0-9]{1,20}") {
        let query = format!("code={code}&error={error}");
        prop_assert_eq!(CallbackQuery::parse(&query).unwrap_err(), CallbackQueryError::StateMissing);
        let CallbackAnswer::Error(read) = CallbackQuery::parse(&format!("{query}&state=s")).unwrap().answer else {
            panic!("an error");
        };
        prop_assert!(read.code == error || (read.code == "unknown" && error.contains(&code)));
    }
}
