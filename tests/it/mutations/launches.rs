//! Launches of one application, each with what the EHR is to answer in it.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use actix_smart_auth::{
    AuthorizationRedirect, Authorized, IdTokenPolicy, Quirks, SmartClient, StartOptions,
    error::FinishError,
    options::NoncePolicy,
    sandbox::{Endpoint, Fault, FaultPoint, IdTokens, Times, When},
    store::TokenStore,
    time::Clock as _,
};
use actix_web::web;
use serde_json::{Map, Value};
use url::Url;

use super::{
    distinct::{Errors, Shared},
    good::{Good, Served, text},
    rows::{Outcome, Row, Tokens},
    told::{CONTROL, differences, told},
};
use crate::support::{App, Browser, FlakyStore, Op, RawServer, without_reference};

/// One application, one EHR, many launches.
///
/// The registration is strict, so that every field matters: an id token with the nonce, and a scope, are required.
pub(super) struct Launches {
    app: App,
    store: FlakyStore,
    client: SmartClient,
    /// Serves the keys.
    keys: RawServer,
    launches: Cell<usize>,
    /// Tokens that have to be revoked, in no order.
    to_revoke: RefCell<Vec<String>>,
    errors: RefCell<Errors>,
    /// What the application is told in a good launch.
    control: String,
}

impl Launches {
    /// The control row: the good launch opens, and the application is told everything.
    pub(super) async fn new() -> Self {
        let store = FlakyStore::default();
        let kept = TokenStore::new(store.clone());
        let app = App::builder()
            // Those that are sent are made here.
            .sandbox(|sandbox| sandbox.id_tokens(IdTokens::Withheld))
            .ehr(|ehr| {
                ehr.id_token(IdTokenPolicy::Required)
                    .required_scopes("patient/*.rs")
                    .quirks(Quirks::none().nonce(NoncePolicy::Required))
            })
            // Keys that do not come are waited for as long.
            .config(|config| config.store(kept).request_timeout(Duration::from_secs(3)))
            .routes(|app| {
                app.route("/~{smart_launch}/told", web::get().to(told));
            })
            .start();
        let mut launches = Self {
            client: SmartClient::new(&app.config).unwrap(),
            app,
            store,
            keys: RawServer::start(),
            launches: Cell::default(),
            to_revoke: RefCell::default(),
            errors: RefCell::default(),
            control: String::new(),
        };
        let good = |good: &Good| good.with_token_response(|response| text(response.clone()));
        launches.finish(&good).await.0.unwrap();
        launches.control = launches.open(&good).await.0.unwrap();
        assert_eq!(launches.control, CONTROL);
        launches
    }

    /// Tries a row both ways. `served` applies its change.
    pub(super) async fn check(&self, row: &Row, served: &dyn Fn(&Good) -> Served) {
        let name = format!("{} {}", row.field, row.change);
        let (finished, good, members) = self.finish(served).await;
        let (opened, again, _) = self.open(served).await;
        match &row.outcome {
            Outcome::Accepted { because, told } => {
                assert!(finished.is_ok(), "{name}: {finished:?}, although {because}");
                let opened = opened.unwrap_or_else(|page| panic!("{name}: {page:?}, although {because}"));
                assert_eq!(differences(&self.control, &opened), *told, "{name}");
            }
            Outcome::Refused { error, page, tokens } => {
                let Err(refused) = finished else {
                    panic!("{name}: it finished")
                };
                let expected = error
                    .replace("MEMBERS", &format!("{members:?}"))
                    .replace("KEYS", &self.keys_of(good.number))
                    .replace("LENGTH", &(good.issuer.len() + 1).to_string())
                    .replace("ISSUER", &good.issuer)
                    .replace("NOW", &good.now.to_string());
                assert_eq!(format!("{refused:?}"), expected, "{name}");
                self.errors.borrow_mut().note(row.field, &refused);
                let Err((status, code)) = opened else {
                    panic!("{name}: it opened")
                };
                assert_eq!((status, code.as_str()), *page, "{name}");
                if *tokens == Tokens::Revoked {
                    for launch in [&good, &again] {
                        let tokens = [launch.refresh_token(), launch.access_token()];
                        self.to_revoke.borrow_mut().extend(tokens);
                    }
                }
            }
        }
    }

    /// What has to hold once all rows are tried: exactly the tokens that had to be were revoked, and each error tells
    /// its field.
    pub(super) async fn end(self, document: &str, shared: &[Shared]) {
        self.errors.borrow().are_distinct_except(document, shared);
        let expected = sorted(self.to_revoke.borrow().clone());
        let revoked = || {
            let requests = self.app.sandbox.received_requests();
            let revocations = requests
                .iter()
                .filter(|request| request.endpoint == Endpoint::Revocation && request.status == Some(200));
            sorted(revocations.map(|request| request.parameter("token").unwrap()).collect())
        };
        crate::support::eventually("all tokens are revoked", || revoked().len() >= expected.len()).await;
        assert_eq!(revoked(), expected);
    }

    /// One launch without the middleware.
    async fn finish(&self, served: &dyn Fn(&Good) -> Served) -> (Result<Authorized, FinishError>, Good, Vec<String>) {
        self.renew();
        let (redirect, pending) = self.client.start(StartOptions::standalone()).await.unwrap();
        let AuthorizationRedirect::Get(url) = redirect else {
            panic!("{redirect:?}")
        };
        let (good, members) = self.serve(&url, served);
        let callback = Browser::new()
            .navigate_until(url.as_str(), &self.app.url("/auth/callback"))
            .await;
        let query = Url::parse(&callback).unwrap().query().unwrap().to_owned();
        let finished = self.client.finish(pending, &query).await;
        self.assert_each_code_was_sent_once();
        (finished.map_err(FinishError::from), good, members)
    }

    /// One launch in a browser: what the application is told, or the page that the person gets.
    async fn open(&self, served: &dyn Fn(&Good) -> Served) -> (Result<String, (u16, String)>, Good, Vec<String>) {
        self.renew();
        let browser = Browser::new();
        let start = browser.get(&self.app.url("/auth/launch")).await;
        assert_eq!(start.status, 303, "{}", start.body);
        let url = Url::parse(start.location()).unwrap();
        let (good, members) = self.serve(&url, served);
        let callback = browser
            .navigate_until(url.as_str(), &self.app.url("/auth/callback"))
            .await;
        let openings = self.store.calls(Op::Open);
        let answer = browser.api(&callback).await;
        if answer.status == 303 {
            self.assert_each_code_was_sent_once();
            let told = self.app.url(&answer.location().replace("/patient", "/told"));
            let told = browser.api(&told).await;
            assert_eq!(told.status, 200, "{}", told.body);
            let told = told.body.replace(&format!("-{}\n", good.number), "-N\n");
            return (Ok(told), good, members);
        }
        assert_eq!(self.store.calls(Op::Open), openings, "nothing is stored");
        let has_launch = browser.jar().iter().any(|(path, ..)| path.starts_with("/~"));
        assert!(!has_launch, "the browser gets no launch");
        let reload = browser.api(&callback).await;
        assert_eq!(
            (reload.status, without_reference(&reload.body)),
            (answer.status, without_reference(&answer.body))
        );
        self.assert_each_code_was_sent_once();
        let code = answer.json()["code"].as_str().unwrap().to_owned();
        (Err((answer.status, code)), good, members)
    }

    /// One for each launch so far, reloads included.
    fn assert_each_code_was_sent_once(&self) {
        assert_eq!(self.app.exchanges(), self.launches.get());
    }

    /// Gives the next launch keys that nobody has seen, at an address that nobody has asked.
    fn renew(&self) {
        self.launches.set(self.launches.get() + 1);
        let keys = self.keys_of(self.launches.get());
        self.app.sandbox.set_metadata_field("jwks_uri", keys);
        // As long as metadata is kept.
        self.app.advance(60 * 60);
    }

    fn keys_of(&self, launch: usize) -> String {
        format!("{}/{launch}", self.keys.origin)
    }

    /// Makes the EHR answer so in this launch. The code is exchanged for real; what is answered is replaced.
    fn serve(&self, authorize: &Url, served: &dyn Fn(&Good) -> Served) -> (Good, Vec<String>) {
        let nonce = authorize.query_pairs().find(|(name, _)| name == "nonce").unwrap().1;
        let good = Good {
            number: self.launches.get(),
            nonce: nonce.into_owned(),
            issuer: self.app.sandbox.fhir_base_url(),
            now: self.app.clock.now().as_secs(),
        };
        let Served {
            token_response,
            key_set,
        } = served(&good);
        self.keys.answer(key_set);
        let members = serde_json::from_str::<Map<String, Value>>(&token_response).unwrap();
        let answer = Fault::Raw {
            status: 200,
            content_type: "application/json".to_owned(),
            body: token_response.into_bytes(),
        };
        let sandbox = &self.app.sandbox;
        sandbox.inject(FaultPoint::Exchange, When::After, answer, Times::Once);
        (good, members.keys().cloned().collect())
    }
}

fn sorted(mut tokens: Vec<String>) -> Vec<String> {
    tokens.sort_unstable();
    tokens
}
