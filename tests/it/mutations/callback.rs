//! The callback: every parameter of the EHR's answer, be it a code or an error.

use actix_smart_auth::{
    AuthorizationRedirect, Authorized, SmartClient, StartOptions,
    error::FinishError,
    sandbox::{AutomaticAnswer, IssParameter},
    store::TokenStore,
};

use super::{
    callback_error::ERROR_ROWS,
    callback_table::{CODE_ROWS, Change, Outcome, Pairs, Row, Sent, changed},
    distinct::Errors,
};
use crate::{
    refusal::Refusal,
    support::{Answer, App, Browser, FlakyStore, Op, RawServer},
};

/// One application whose EHR names itself in each answer.
struct Callbacks {
    app: App,
    store: FlakyStore,
    client: SmartClient,
    /// Whose name is not the EHR's. Nobody may go there.
    elsewhere: RawServer,
    errors: Errors,
}

impl Callbacks {
    fn start() -> Self {
        let store = FlakyStore::default();
        let kept = TokenStore::new(store.clone());
        let app = App::builder()
            .sandbox(|sandbox| sandbox.iss_parameter(IssParameter::Sent))
            .config(|config| config.store(kept))
            .start();
        Self {
            client: SmartClient::new(&app.config).unwrap(),
            app,
            store,
            elsewhere: RawServer::canary(),
            errors: Errors::default(),
        }
    }

    /// What the answer of another launch would have said: its own state and code, and the name of another EHR.
    async fn another(&self) -> Pairs {
        let url = self.callback_in(&Browser::new()).await;
        let mut pairs = Pairs::of(&url);
        pairs.set("iss", &self.elsewhere.origin);
        pairs
    }

    /// A launch up to the point where the EHR sends the browser back.
    async fn callback_in(&self, browser: &Browser) -> String {
        browser
            .navigate_until(&self.app.url("/auth/launch"), &self.app.url("/auth/callback"))
            .await
    }

    /// One launch without the middleware, and how often the code was sent.
    async fn finish(&self, query: impl Fn(&Pairs) -> String) -> (Result<Authorized, FinishError>, usize) {
        let (redirect, pending) = self.client.start(StartOptions::standalone()).await.unwrap();
        let AuthorizationRedirect::Get(url) = redirect else {
            panic!("{redirect:?}")
        };
        let callback = Browser::new()
            .navigate_until(url.as_str(), &self.app.url("/auth/callback"))
            .await;
        let before = self.app.exchanges();
        let finished = self.client.finish(pending, &query(&Pairs::of(&callback))).await;
        (finished.map_err(FinishError::from), self.app.exchanges() - before)
    }

    /// One launch in a browser, and how often the code was sent.
    async fn open(&self, query: impl Fn(&Pairs) -> String) -> (Answer, usize) {
        let browser = Browser::new();
        let pairs = Pairs::of(&self.callback_in(&browser).await);
        let (exchanges, openings) = (self.app.exchanges(), self.store.calls(Op::Open));
        let url = self.app.url(&format!("/auth/callback?{}", query(&pairs)));
        let answer = browser.api(&url).await;
        let opened = usize::from(answer.status == 303);
        assert_eq!(self.store.calls(Op::Open) - openings, opened, "what is stored");
        let launches = browser.jar().iter().filter(|(path, ..)| path.starts_with("/~")).count();
        assert_eq!(launches, opened, "what the browser gets");
        (answer, self.app.exchanges() - exchanges)
    }

    /// Tries a row both ways. `control` is what comes of the answer as it is.
    async fn check(&mut self, row: &Row, control: &Outcome) {
        let Row { field, change, outcome } = row;
        let name = format!("{field} {change}");
        let another = match change {
            Change::OfAnotherLaunch => self.another().await,
            _ => Pairs::default(),
        };
        let query = |pairs: &Pairs| changed(pairs, &another, field, change);
        let (finished, sent) = self.finish(query).await;
        let (answer, sent_too) = self.open(query).await;
        let (expected, name) = match outcome {
            Outcome::Same(because) => (control, format!("{name}, although {because}")),
            other => (other, name),
        };
        let expected_sent = match expected {
            Outcome::Refused { error, page, sent } => {
                let Err(refused) = finished else {
                    panic!("{name}: it finished")
                };
                assert_eq!(Refusal::of(&refused), *error, "{name}");
                if matches!(outcome, Outcome::Refused { .. }) {
                    self.errors.note(field, &refused);
                }
                let code = answer.json()["code"].as_str().unwrap().to_owned();
                assert_eq!((answer.status, code.as_str()), *page, "{name}");
                *sent
            }
            Outcome::Opens => {
                assert!(finished.is_ok(), "{name}: {finished:?}");
                assert_eq!(answer.status, 303, "{name}: {}", answer.body);
                Sent::Once
            }
            Outcome::Same(_) => panic!("a control has an outcome of its own"),
        };
        assert_eq!(
            (sent, sent_too),
            (expected_sent as usize, expected_sent as usize),
            "{name}"
        );
        assert_eq!(self.elsewhere.connections(), 0, "{name}");
    }

    /// Tries all rows, the untouched answer first.
    async fn check_all(mut self, document: &str, control: Outcome, rows: &[Row]) {
        let untouched = Row {
            field: "none",
            change: Change::None,
            outcome: Outcome::Same("it is the good one"),
        };
        self.check(&untouched, &control).await;
        for row in rows {
            self.check(row, &control).await;
        }
        self.errors.are_distinct_except(document, &[]);
    }
}

/// Each of these parameters is in the table: taken out, empty, twice, changed.
fn assert_complete(rows: &[Row], parameters: &[&str]) {
    for parameter in parameters {
        let all = || rows.iter().filter(|row| row.field == *parameter).map(|row| row.change);
        assert!(all().any(|it| it == Change::Removed), "{parameter}, removed");
        assert!(all().any(|it| it == Change::Set("")), "{parameter}, empty");
        assert!(all().any(|it| it == Change::Repeated), "{parameter}, repeated");
        let is_value = |it| matches!(it, Change::Set(value) if !value.is_empty());
        assert!(all().any(is_value), "{parameter}, changed");
    }
}

#[actix_web::test]
async fn every_change_of_a_callback_with_a_code_has_its_outcome_in_a_whole_launch() {
    let callbacks = Callbacks::start();
    let good = Pairs::of(&callbacks.callback_in(&Browser::new()).await);
    assert_eq!(good.names(), ["code", "iss", "state"]);
    assert_complete(CODE_ROWS, &good.names());
    for parameter in good.names() {
        let of_another = |row: &Row| row.field == parameter && row.change == Change::OfAnotherLaunch;
        assert!(CODE_ROWS.iter().any(of_another), "{parameter}, of another launch");
    }
    callbacks
        .check_all("callback with a code", Outcome::Opens, CODE_ROWS)
        .await;
}

#[actix_web::test]
async fn every_change_of_a_callback_with_an_error_has_its_outcome_in_a_whole_launch() {
    let callbacks = Callbacks::start();
    callbacks.app.sandbox.set_automatic_answer(AutomaticAnswer::Deny);
    let refusal = Pairs::of(&callbacks.callback_in(&Browser::new()).await);
    assert_eq!(refusal.names(), ["error", "error_description", "iss", "state"]);
    assert_complete(ERROR_ROWS, &refusal.names());
    let control = Outcome::Refused {
        error: super::callback_error::DENIED,
        page: (403, "access-denied"),
        sent: Sent::Never,
    };
    callbacks.check_all("callback with an error", control, ERROR_ROWS).await;
}

/// PKCE is what finds that one out: the browser has both launches under way.
#[actix_web::test]
async fn a_callback_of_two_launches_of_one_browser_opens_neither_in_a_whole_launch() {
    let callbacks = Callbacks::start();
    let browser = Browser::new();
    let first = Pairs::of(&callbacks.callback_in(&browser).await);
    let second = Pairs::of(&callbacks.callback_in(&browser).await);
    let mixed = changed(&first, &second, "code", &Change::OfAnotherLaunch);
    let answer = browser
        .api(&callbacks.app.url(&format!("/auth/callback?{mixed}")))
        .await;
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (401, Some("code-refused"))
    );
    // The code of the second is used up with it, at the EHR.
    let answer = browser
        .api(&callbacks.app.url(&format!("/auth/callback?{}", second.query())))
        .await;
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (401, Some("code-refused"))
    );
    assert_eq!(callbacks.store.calls(Op::Open), 0);
    assert!(!browser.jar().iter().any(|(path, ..)| path.starts_with("/~")));
}
