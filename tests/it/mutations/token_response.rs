//! The token response: what belongs to the tokens, and the errors that may stand in it. The context is next door.

use serde_json::{Value, json};

use super::{
    good::Good,
    launches::Launches,
    rows::{
        Change::Removed, EHR, IDENTITY, Outcome, Page, Row, Tokens, again, assert_complete, members_of, row, same, set,
        text_of, told,
    },
    token_response_context::context_rows,
};

fn refused(error: impl Into<String>, page: Page, tokens: Tokens) -> Outcome {
    Outcome::Refused {
        error: error.into(),
        page,
        tokens,
    }
}

/// The tokens are there and are good for something, but the launch must not open.
fn unwanted(error: &str, page: Page) -> Outcome {
    refused(error, page, Tokens::Revoked)
}

fn token(error: &str, page: Page) -> Outcome {
    refused(format!("Token({error})"), page, Tokens::NotUnderstood)
}

pub(super) fn invalid(field: &str) -> Outcome {
    let error = format!("InvalidField {{ status: 200, field: {field:?}, received_fields: MEMBERS }}");
    token(&error, EHR)
}

fn no_access_token() -> Outcome {
    token("MissingAccessToken { status: 200, received_fields: MEMBERS }", EHR)
}

fn token_type() -> Outcome {
    token("TokenType { status: 200, received_fields: MEMBERS }", EHR)
}

fn no_id_token() -> Outcome {
    unwanted("Identity(NoIdToken)", IDENTITY)
}

fn not_granted() -> Outcome {
    let page = (403, "scopes-not-granted");
    unwanted("ScopesNotGranted { missing: Scopes(patient/*.rs) }", page)
}

fn error(code: &str, description: &str, page: Page) -> Outcome {
    let fields = format!("error: {code:?}, description: {description}, retry_after: None");
    token(&format!("Refused {{ status: 200, {fields} }}"), page)
}

#[rustfmt::skip]
fn token_rows() -> Vec<Row> {
    const DEFAULT: &str = "lives: 300s";
    vec![
        row("access_token", Removed, no_access_token()),
        row("access_token", set(Value::Null), no_access_token()),
        row("access_token", set(7), invalid("access_token")),
        row("access_token", set(""), no_access_token()),
        row("access_token", set(" "), no_access_token()),
        row("access_token", set("line\nbreak"), invalid("access_token")),
        row("access_token", set("other"), told("access token: other", "it is opaque, and the FHIR server judges it")),
        row("access_token", again("other"), invalid("access_token")),

        row("token_type", Removed, token_type()),
        row("token_type", set(Value::Null), token_type()),
        row("token_type", set(json!(["Bearer"])), token_type()),
        row("token_type", set(""), token_type()),
        row("token_type", set("mac"), token_type()),
        row("token_type", set("bEARER"), same("case does not matter (RFC 6749, section 5.1)")),
        row("token_type", again("mac"), invalid("token_type")),

        row("expires_in", Removed, told(DEFAULT, "it is optional, and the configured default is cautious")),
        row("expires_in", set(Value::Null), told(DEFAULT, "it is as absent")),
        row("expires_in", set(json!([])), told(DEFAULT, "it is no number of seconds")),
        row("expires_in", set(""), told(DEFAULT, "it is no number of seconds")),
        row("expires_in", set("soon"), told(DEFAULT, "it is no number of seconds")),
        row("expires_in", set(0), told(DEFAULT, "nobody means a token that is born expired")),
        row("expires_in", set(-1), told(DEFAULT, "nobody means a token that is born expired")),
        row("expires_in", set("900"), told("lives: 900s", "some servers send a text")),
        row("expires_in", set(900), told("lives: 900s", "the EHR says how long")),
        row("expires_in", set(1e308), told("lives: 315360000s", "ten years are the most")),
        row("expires_in", again(900), invalid("expires_in")),

        row("refresh_token", Removed, told("refresh token: none", "not every launch can be refreshed")),
        row("refresh_token", set(Value::Null), told("refresh token: none", "it is as absent")),
        row("refresh_token", set(""), told("refresh token: none", "it is as absent")),
        row("refresh_token", set(json!({})), invalid("refresh_token")),
        row("refresh_token", set("other"), told("refresh token: other", "it is opaque, and the EHR judges it")),
        row("refresh_token", again("other"), invalid("refresh_token")),

        row("id_token", Removed, no_id_token()),
        row("id_token", set(Value::Null), no_id_token()),
        row("id_token", set(""), no_id_token()),
        row("id_token", set(7), invalid("id_token")),
        row("id_token", set("other"), unwanted("Identity(IdToken(NotThreeParts))", IDENTITY)),
        row("id_token", again("other"), invalid("id_token")),

        row("scope", Removed, told("granted: openid fhirUser launch/patient patient/*.rs offline_access",
            "all that was asked for was granted then (RFC 6749, section 5.1)")),
        row("scope", set(Value::Null), told("granted: openid fhirUser launch/patient patient/*.rs offline_access",
            "it is as absent")),
        row("scope", set(""), not_granted()),
        row("scope", set("openid fhirUser"), not_granted()),
        row("scope", set("patient/Observation.rs"), not_granted()),
        row("scope", set(7), invalid("scope")),
        row("scope", set(json!([7])), invalid("scope")),
        row("scope", set(json!(["patient/*.rs"])), told("granted: patient/*.rs", "some servers send a list")),
        row("scope", set("patient/*.cruds"), told("granted: patient/*.cruds", "it covers what is required")),
        row("scope", set("openid,patient/*.rs"), told("granted: openid patient/*.rs", "some servers separate by commas")),
        row("scope", again("patient/*.rs"), invalid("scope")),
    ]
}

/// Members of a refusal, in an answer that is none.
#[rustfmt::skip]
fn error_rows() -> Vec<Row> {
    vec![
        row("error", set("access_denied"), error("access_denied", "None", EHR)),
        row("error", set("invalid_grant"), error("invalid_grant", "None", (401, "code-refused"))),
        row("error", set("invalid_client"), error("invalid_client", "None", (500, "client-refused"))),
        row("error", set("Call 555-0100"), error("unknown", "None", EHR)),
        row("error", set(json!({ "code": 7 })), same("what is no text is no error beside a token")),
        row("error", set(false), same("some servers say that there is none")),
        row("error", set(""), same("it names no error")),
        row("error", set(Value::Null), same("it is as absent")),
        row("error_description", set("Nothing is wrong."), same("without an error it describes none")),
        row("error_uri", set("javascript:alert(1)"), same("without an error it explains none")),
        row("state", set("other"), same("it was checked at the callback, and here it means nothing")),
    ]
}

#[actix_web::test]
async fn every_change_of_a_token_response_has_its_outcome_in_a_whole_launch() {
    let launches = Launches::new().await;
    let rows: Vec<_> = [token_rows(), context_rows(), error_rows()]
        .into_iter()
        .flatten()
        .collect();
    for row in &rows {
        let served = |good: &Good| good.with_token_response(|response| text_of(response, row.field, &row.change));
        launches.check(row, &served).await;
    }
    let example = Good::example().token_response("x");
    assert_complete(&rows, &example, &members_of(&example));
    println!("{} changes of a token response", rows.len());
    launches.end("token response", &[]).await;
}
