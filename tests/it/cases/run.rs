//! A launch at the EHR of a case, and what came of it.

use std::{sync::Arc, time::Duration};

use actix_smart_auth::Ehr;

use super::{
    file::{Case, Client, Expected, Step},
    options::{self, Chosen},
    server::CaseServer,
};
use crate::support::{Answer, App, Browser, CLIENT_ID, Logs, Profile, SCOPES, clock};

/// Runs a case with its options, and where it has some, also without.
pub(super) async fn run(name: &str, file: &str) {
    let case = Arc::new(Case::parse(file));
    if !case.options.is_empty() {
        let without = case.without_options.as_ref();
        let without = without.unwrap_or_else(|| panic!("{name}: what happens without the options?"));
        launch(&format!("{name}, without its options"), &case, With::Nothing, without).await;
    }
    launch(name, &case, With::Options, &case.expected).await;
}

/// What the registration has.
enum With {
    Options,
    Nothing,
}

async fn launch(name: &str, case: &Arc<Case>, with: With, expected: &Expected) {
    let logs = Logs::collect();
    let server = CaseServer::start(Arc::clone(case), clock());
    let base = server.base.clone();
    let chosen = match with {
        With::Options => options::chosen(&case.options, &server.origin),
        With::Nothing => Chosen::default(),
    };
    let auth = match case.client {
        Client::Public => Profile::Public,
        Client::Secret => Profile::Secret,
        Client::Key => Profile::Es384,
    };
    let app = App::builder()
        .another_ehr(move |redirect_uri| {
            let ehr = Ehr::builder(base)
                .client_id(CLIENT_ID)
                .client_auth(auth.client_auth())
                .redirect_uri(redirect_uri)
                .scopes(SCOPES);
            chosen.registered(ehr)
        })
        .start();
    let browser = Browser::new();
    let query = match &case.launch {
        Some(query) => query.replace("{base}", &server.base),
        None => format!("iss={}&launch=launch-1", server.base),
    };
    let page = browser.navigate(&app.url(&format!("/auth/launch?{query}"))).await;
    check(name, "launch", &page, expected.status, &expected.says);
    let launch = page.url.rsplit_once('/').map_or("", |(launch, _)| launch).to_owned();
    for step in &expected.then {
        match step {
            Step::Wait { wait } => app.clock.advance(Duration::from_secs_f64(*wait)),
            Step::Get { get, status, says } => {
                let answer = browser.api(&format!("{launch}{get}")).await;
                check(name, get, &answer, *status, says);
            }
            Step::Post { post, status, says } => {
                let answer = browser.post_only(&format!("{launch}{post}")).await;
                check(name, post, &answer, *status, says);
            }
        }
    }
    let logged = logs.text();
    for line in &expected.log {
        // The log has the lines of other tests too; the address is of this server alone.
        let line = line.replace("{origin}", &server.origin).replace("{base}", &server.base);
        let found = logged
            .lines()
            .any(|logged| line.split(" … ").all(|part| logged.contains(part)));
        assert!(found, "{name}: no log line has {line:?}");
    }
}

fn check(name: &str, step: &str, answer: &Answer, status: u16, says: &str) {
    assert_eq!(answer.status, status, "{name}, {step}: {}", answer.body);
    assert!(
        answer.body.contains(says),
        "{name}, {step}: not {says:?} but {}",
        answer.body
    );
}
