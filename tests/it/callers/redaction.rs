//! A caller's token, and whom it names, are in no log line, error or `Debug`.

use std::fmt::Write as _;

use actix_smart_auth::{
    AccessToken,
    resource_server::CallerTokens,
    sandbox::{Fault, Times},
};
use serde_json::json;

use super::{Api, SECRET};
use crate::support::Logs;

#[actix_web::test]
async fn no_token_is_in_a_log_line_an_error_or_a_debug_text() {
    let logs = Logs::collect();
    let api = Api::with(CallerTokens::new().audience("https://app.example/api"));
    let mut shown = format!("{:?} {:?}", api.config, api.server());
    let mut secrets = vec![
        SECRET.to_owned(),
        "patient-of-a-caller".to_owned(),
        "user-of-a-caller".to_owned(),
    ];
    let person = json!({
        "aud": "https://app.example/api", "patient": "patient-of-a-caller", "sub": "user-of-a-caller", "iss": "https://i.example",
        "fhirUser": "Practitioner/user-of-a-caller",
    });
    let token = api.token().await;
    let echo = |status| Fault::Raw {
        status,
        content_type: "application/json".to_owned(),
        body: json!({"error": "invalid_request", "error_description": format!("unknown: {token}"), "x": token})
            .to_string()
            .into_bytes(),
    };
    let faults = [
        Fault::SetFields(person.as_object().unwrap().clone()),
        echo(400),
        echo(500),
        echo(200),
        Fault::Reset,
        Fault::SetFields(json!({"active": false}).as_object().unwrap().clone()),
    ];
    for fault in faults {
        api.inject(fault, Times::Once);
        let checked = api.server().check(&AccessToken::new(&*token)).await;
        write!(shown, "{checked:?} {checked:#?}").unwrap();
        if let Err(error) = checked {
            write!(shown, "{error} {:?}", error.kind()).unwrap();
        }
        let answer = api.call(&token).await;
        write!(shown, "{answer:?}").unwrap();
        api.advance_millis(30_000);
    }
    let malformed = format!("{token}\"");
    write!(shown, "{:?}", api.call(&malformed).await.challenge).unwrap();
    // The answers of the handler have what it put there.
    shown = shown
        .replace(r#"String("patient-of-a-caller")"#, "")
        .replace(r#"String("user-of-a-caller")"#, "");
    shown = shown.replace(r#"String("Practitioner/user-of-a-caller")"#, "");
    secrets.push(token);
    let logged = logs.text();
    for secret in secrets {
        assert!(!shown.contains(&secret), "{secret} is shown: {shown}");
        assert!(!logged.contains(&secret), "{secret} is logged");
    }
}
