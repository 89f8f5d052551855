//! What holds for every answer of a token endpoint.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::json;

use super::*;
use crate::fuzz::generate::{any_json, config, object_of};
use crate::protocol::token::TokenSet;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const DEFAULT: Duration = Duration::from_secs(300);
const BASE: &str = "https://ehr.example/fhir";
const MEMBERS: [&str; 18] = [
    "access_token",
    "token_type",
    "expires_in",
    "refresh_token",
    "id_token",
    "scope",
    "state",
    "error",
    "error_description",
    "error_uri",
    "patient",
    "encounter",
    "fhirContext",
    "need_patient_banner",
    "intent",
    "smart_style_url",
    "tenant",
    "x",
];

fn parse(status: u16, body: &Value) -> Result<TokenResponse, TokenError> {
    parse_bytes(status, body.to_string().into_bytes())
}

fn parse_bytes(status: u16, body: Vec<u8>) -> Result<TokenResponse, TokenError> {
    let reading = Reading {
        answer_to: Grant::Code,
        base: &FhirBaseUrl::parse(BASE).unwrap(),
        token_type: TokenType::Required,
        now: NOW,
    };
    TokenResponse::parse(&HttpResponse::new(status, Vec::new(), body), &reading)
}

/// A good answer with these members added or replaced.
fn with(members: Map<String, Value>) -> Value {
    let mut body = json!({ "access_token": "AT", "token_type": "Bearer" });
    for (name, value) in members {
        body[name] = value;
    }
    body
}

fn fuzzed(status: u16, body: &[u8]) {
    crate::fuzz::token_response(&[format!("{status}\n").as_bytes(), body].concat());
}

fn life() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<f64>().prop_map(|it| json!(it)),
        (0.0..0.01).prop_map(|it: f64| json!(it)),
        any::<f64>().prop_map(|it| json!(it.to_string())),
        any::<u64>().prop_map(|it| json!(it)),
        any::<i64>().prop_map(|it| json!(it.to_string())),
        any_json(),
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bytes_are_a_panic(status in any::<u16>(), bytes in vec(any::<u8>(), 0..64), text in "\\PC{0,64}") {
        fuzzed(status, &bytes);
        fuzzed(status, text.as_bytes());
    }

    #[test]
    fn no_answer_of_known_members_breaks_a_promise(
        status in select(vec![200, 201, 299, 300, 400, 401, 403, 429, 500, 503]),
        members in object_of(&MEMBERS),
    ) {
        fuzzed(status, Value::Object(members.clone()).to_string().as_bytes());
        fuzzed(status, with(members).to_string().as_bytes());
    }

    #[test]
    fn no_life_is_born_expired_or_without_end(expires_in in life()) {
        let answer = json!({ "access_token": "AT", "token_type": "Bearer", "expires_in": expires_in });
        let tokens = TokenSet::of_launch(parse(200, &answer).unwrap(), &Scopes::default(), NOW, DEFAULT);
        prop_assert!(tokens.lifetime() > Duration::ZERO && tokens.lifetime() <= LONGEST_LIFE);
        prop_assert!(tokens.is_usable(NOW));
    }

    #[test]
    fn a_patient_or_encounter_is_the_id_that_was_said_and_a_patient_that_is_none_is_an_error(
        said in prop_oneof![
            "[A-Za-z0-9._~-]{1,16}",
            "\\PC{0,16}",
            "[ \t\n]?((https://ehr.example/fhir/)?(Patient|Encounter)/)?[A-Za-z0-9./%]{0,8}(/_history/[0-9]{0,2})?[ \n]?",
        ],
        (member, resource_type) in select(vec![("patient", "Patient"), ("encounter", "Encounter")]),
    ) {
        let text = said.trim();
        match parse(200, &json!({ "access_token": "AT", "token_type": "Bearer", member: said })) {
            Ok(read) => match read.context.patient().or(read.context.encounter()) {
                Some(id) => {
                    prop_assert!(!id.is_empty() && !id.contains(['/', '%', '?', '#', '\\', ':']));
                    let reference = format!("{resource_type}/{id}");
                    let without_version = text.split_once("/_history/").map_or(text, |(before, _)| before);
                    let means_it = text == id
                        || without_version == reference
                        || without_version == format!("{BASE}/{reference}");
                    prop_assert!(means_it, "{:?} was read as {}", said, id);
                }
                None => {
                    let is_told = read.report.beyond(TokenResponseReport::default()).any(|it| it == TokenResponseFinding::UnusableEncounter);
                    prop_assert_eq!(is_told, !text.is_empty());
                    prop_assert!(text.is_empty() || member == "encounter", "{:?} was overlooked", said);
                }
            },
            Err(error) => {
                let named = matches!(error, TokenError::InvalidField { field: "patient", .. });
                prop_assert!(named && member == "patient", "{}", error);
            }
        }
    }

    #[test]
    fn nothing_but_a_2xx_gives_tokens(status in any::<u16>()) {
        let answer = parse(status, &with(Map::new()));
        prop_assert_eq!(answer.is_ok(), (200..=299).contains(&status));
    }

    #[test]
    fn an_oauth_error_wins_whatever_stands_beside_it(status in 200_u16..600, members in object_of(&MEMBERS), code in "[a-z_]{1,20}") {
        let mut body = with(members);
        body["error"] = json!(code);
        let refused = parse(status, &body).unwrap_err();
        prop_assert_eq!(refused.error_code(), Some(code.as_str()));
    }

    #[test]
    fn an_answer_that_is_cut_off_anywhere_gives_no_tokens(members in object_of(&MEMBERS), at in any::<prop::sample::Index>()) {
        let text = with(members).to_string();
        let cut = text.as_bytes().split_at(at.index(text.len())).0.to_vec();
        let refused = parse_bytes(200, cut).unwrap_err();
        let is_no_object = matches!(refused, TokenError::NotAnObject { .. });
        prop_assert!(is_no_object, "{}", refused);
    }
}
