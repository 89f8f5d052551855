//! What the EHR itself says of a refusal, in the log.

use actix_smart_auth::{
    options::EhrTexts,
    sandbox::{Fault, FaultPoint, Times, When},
};

use serde_json::json;

use super::{INITIAL, New, used};
use crate::support::Logs;

/// The lines of the log that are about this EHR, after it has refused with this description.
async fn said(description: &str, texts: EhrTexts) -> Vec<String> {
    let (logs, new) = (Logs::collect(), New::start());
    let refused = Fault::OAuthError {
        status: 400,
        error: "invalid_redirect_uri".to_owned(),
        description: Some(description.to_owned()),
    };
    new.sandbox
        .inject(FaultPoint::Registration, When::Before, refused, Times::Once);
    let config = new.builder().ehr_texts(texts).build().unwrap();
    used(&config, &new.base()).await.unwrap_err();
    let (log, base) = (logs.text(), new.base());
    let lines = log.lines().filter(|line| line.contains(&base));
    lines.map(str::to_owned).collect()
}

fn refusals(lines: &[String]) -> Vec<&String> {
    let refusals = lines.iter().filter(|line| line.contains("the EHR refused a request"));
    refusals.collect()
}

#[actix_web::test]
async fn the_words_of_a_refusal_stand_in_the_log_once_in_one_line_and_without_markup() {
    let lines = said("Only <b>https</b>\nredirects", EhrTexts::Logged).await;
    let [line] = refusals(&lines)[..] else {
        panic!("{lines:?}");
    };
    for part in [
        "WARN",
        "Only https redirects",
        "invalid_redirect_uri",
        "status=400",
        "registering the client",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
}

#[actix_web::test]
async fn words_that_repeat_the_initial_access_token_or_most_of_it_in_any_case_do_not() {
    let (upper, cut) = (INITIAL.to_uppercase(), &INITIAL[..INITIAL.len() - 1]);
    for repeated in [INITIAL, &upper, cut] {
        let lines = said(&format!("Bearer {repeated} is no good"), EhrTexts::Logged).await;
        assert_eq!(refusals(&lines).len(), 1, "{lines:?}");
        let told = lines
            .iter()
            .any(|line| line.contains("is no good") || line.contains(repeated));
        assert!(!told, "{lines:?}");
    }
}

#[actix_web::test]
async fn where_texts_of_ehrs_are_left_out_the_code_alone_stands_there() {
    let lines = said("Only https redirects", EhrTexts::LeftOut).await;
    assert!(refusals(&lines)[0].contains("invalid_redirect_uri"), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("Only https")), "{lines:?}");
}

/// In what it says that it has registered, and in what it calls its members.
#[actix_web::test]
async fn no_secret_that_an_answer_repeats_in_other_members_is_logged() {
    const SECRET: &str = "a-client-secret-of-the-ehr";
    const TOKEN: &str = "a-registration-access-token";
    for secret in [INITIAL, SECRET, TOKEN] {
        for member in [
            "redirect_uris",
            "scope",
            "grant_types",
            "token_endpoint_auth_method",
            secret,
        ] {
            let (logs, new) = (Logs::collect(), New::start());
            let value = match member {
                "redirect_uris" | "grant_types" => json!([format!("https://app.example/{secret}")]),
                _ => json!(format!("with {secret}")),
            };
            let members = json!({ "client_secret": SECRET, "registration_access_token": TOKEN, member: value });
            let answer = Fault::SetFields(members.as_object().unwrap().clone());
            new.sandbox
                .inject(FaultPoint::Registration, When::Before, answer, Times::Always);
            let _ = used(&new.process(), &new.base()).await;
            let log = logs.text();
            let base = new.base();
            let about = log.lines().filter(|line| line.contains(&base));
            assert!(about.clone().count() > 0, "{member}");
            let line = about.into_iter().find(|line| line.contains(secret));
            assert_eq!(line, None, "{member}");
        }
    }
}
