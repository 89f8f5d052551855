//! A token that is more than a bearer token: a caller that only shows it has proved nothing.

use actix_smart_auth::{
    AccessToken, Quirks,
    options::TokenType,
    resource_server::{CallerTokenErrorKind as Kind, CallerTokens},
    sandbox::Times,
};
use serde_json::{Value, json};

use super::{Api, clock, config_with, registration, sandbox};

/// What becomes of a token of which the server says this.
async fn refusal(api: &Api, members: &Value) -> Option<Kind> {
    let token = AccessToken::new(api.token().await);
    api.says(members, Times::Once);
    let checked = api.server().check(&token).await;
    checked.err().map(|error| {
        assert_eq!(error.status(), 401);
        assert!(error.challenge().unwrap().ends_with("error=\"invalid_token\""));
        error.kind().clone()
    })
}

#[actix_web::test]
async fn a_token_that_is_bound_to_a_key_is_refused() {
    let api = Api::start();
    let bound = [
        json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}),
        json!({"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}),
        json!({"of a later specification": 1}),
        // It says that there is something, and not what.
        json!({}),
        json!([]),
        json!("key"),
        json!(false),
    ];
    for cnf in bound {
        let said = json!({ "cnf": cnf, "token_type": "Bearer" });
        assert_eq!(refusal(&api, &said).await, Some(Kind::BoundToKey), "{cnf}");
    }
    assert_eq!(refusal(&api, &json!({ "cnf": null })).await, None);
}

#[actix_web::test]
async fn what_was_said_of_a_bound_token_is_used_again_and_it_stays_refused() {
    let api = Api::start();
    let token = api.token().await;
    api.says(&json!({"cnf": {"jkt": "x"}}), Times::Once);
    for _ in 0..2 {
        assert_eq!(api.call(&token).await.status, 401);
    }
    assert_eq!(api.asked().len(), 1);
}

#[actix_web::test]
async fn a_token_of_another_type_than_bearer_is_refused() {
    let api = Api::start();
    for token_type in [
        json!("DPoP"),
        json!("mac"),
        json!("access_token"),
        json!(1),
        json!(["Bearer"]),
    ] {
        let said = json!({ "token_type": token_type });
        assert_eq!(refusal(&api, &said).await, Some(Kind::NotBearer), "{token_type}");
    }
    for token_type in [json!("Bearer"), json!("bearer"), json!("BEARER"), json!(null)] {
        let said = json!({ "token_type": token_type });
        assert_eq!(refusal(&api, &said).await, None, "{token_type}");
    }
}

#[actix_web::test]
async fn where_other_names_of_the_type_mean_bearer_those_that_need_a_proof_are_refused_all_the_same() {
    let clock = clock();
    let sandbox = sandbox(&clock);
    let ehr = registration(&sandbox, CallerTokens::new()).quirks(Quirks::none().token_type(TokenType::AssumedBearer));
    let config = config_with(&clock, [ehr]);
    let api = Api { clock, sandbox, config };
    assert_eq!(refusal(&api, &json!({"token_type": "access_token"})).await, None);
    for token_type in ["DPoP", "PoP", "MAC", "N_A"] {
        let said = json!({ "token_type": token_type });
        assert_eq!(refusal(&api, &said).await, Some(Kind::NotBearer), "{token_type}");
    }
}
