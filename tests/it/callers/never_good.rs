//! Where no caller was ever let in, the usual cause is a mistake of ours, which the log says.

use actix_smart_auth::AccessToken;

use super::Api;
use crate::support::Logs;

const LINE: &str = "no caller's token was good since the start";

async fn refuse(api: &Api, number: usize) {
    let token = AccessToken::new(format!("refused-{number}"));
    api.server().check(&token).await.unwrap_err();
}

/// The lines about this server.
fn said(logs: &Logs, api: &Api) -> usize {
    let base = api.sandbox.fhir_base_url();
    logs.text()
        .lines()
        .filter(|line| line.contains(LINE) && line.contains(&base))
        .count()
}

#[actix_web::test]
async fn that_no_token_was_ever_good_is_said_once_after_the_fifth_that_was_refused() {
    let logs = Logs::collect();
    let api = Api::start();
    for number in 0..4 {
        refuse(&api, number).await;
    }
    assert_eq!(said(&logs, &api), 0);
    // One that comes again and again is one.
    api.advance_millis(5_000);
    refuse(&api, 3).await;
    assert_eq!(said(&logs, &api), 0);
    refuse(&api, 4).await;
    assert_eq!(said(&logs, &api), 1);
    for number in 5..12 {
        refuse(&api, number).await;
    }
    assert_eq!(said(&logs, &api), 1);
}

#[actix_web::test]
async fn where_one_was_good_it_is_not_said() {
    let logs = Logs::collect();
    let api = Api::start();
    assert_eq!(api.call(&api.token().await).await.status, 200);
    for number in 0..12 {
        refuse(&api, number).await;
    }
    assert_eq!(said(&logs, &api), 0);
}
