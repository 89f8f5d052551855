//! An application with one open launch, whose store can be looked into and disturbed.

use std::{
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_smart_auth::{
    ClientAuth, Ehr, EndReason, LaunchHandle, LaunchId, LaunchUse, SmartClient, SmartConfig, SmartConfigBuilder,
    store::{LaunchKey, LaunchRecord, LoadedLaunch, StoreRules, TokenStore, TokenStoreBackend as _, Version},
};

use super::{Answer, App, AppBuilder, Browser, CLIENT_ID, FlakyStore, SCOPES};

/// Seconds after a launch: its token of an hour is due for a refresh and still works.
pub const DUE: u64 = 3600 - 200;
/// Seconds from [`DUE`] to the moment from which the token counts as unusable.
pub const DUE_TO_UNUSABLE: u64 = 170;
/// Seconds after a launch: its token of an hour does not work any more.
pub const UNUSABLE: u64 = DUE + DUE_TO_UNUSABLE;

/// Longer than anything takes that comes at all.
const PATIENCE: Duration = Duration::from_secs(60);

/// One standalone launch in one browser.
pub struct Opened {
    pub app: App,
    pub browser: Rc<Browser>,
    pub store: FlakyStore,
    /// The address of the launch, without a slash at the end.
    pub base: String,
}

impl Opened {
    pub async fn start() -> Self {
        Self::with(App::builder()).await
    }

    pub async fn with(app: AppBuilder) -> Self {
        Self::with_gate(app, |_| {}).await
    }

    /// Lets `before` prepare the sandbox between the start and the launch.
    pub async fn with_gate(app: AppBuilder, before: impl FnOnce(&App)) -> Self {
        let store = FlakyStore::default();
        let kept = TokenStore::new(store.clone());
        let app = app.config(move |config| config.store(kept)).start();
        before(&app);
        let browser = Rc::new(Browser::new());
        let base = open(&app, &browser).await;
        Self {
            app,
            browser,
            store,
            base,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A script asks for the access token that a handler gets.
    pub async fn token(&self) -> Answer {
        self.browser.api(&self.url("/token")).await
    }

    /// So many scripts ask for it at once.
    pub async fn flood(&self, requests: usize) -> Vec<Answer> {
        let one = |_| {
            let (browser, url) = (Rc::clone(&self.browser), self.url("/token"));
            actix_web::rt::spawn(async move { browser.api(&url).await })
        };
        let running: Vec<_> = (0..requests).map(one).collect();
        let mut answers = Vec::new();
        for answer in running {
            answers.push(answer.await.unwrap());
        }
        answers
    }

    pub fn id(&self) -> LaunchId {
        LaunchId::parse(self.base.rsplit_once("/~").unwrap().1).unwrap()
    }

    pub fn key(&self) -> LaunchKey {
        self.id().key()
    }

    pub fn handle(&self) -> LaunchHandle {
        serde_json::from_value(self.id().as_str().into()).unwrap()
    }

    /// Another process that shares the store. It is registered as the application of [`App::builder`] is.
    pub fn other_process(&self, change: impl FnOnce(SmartConfigBuilder) -> SmartConfigBuilder) -> SmartClient {
        let ehr = Ehr::builder(self.app.sandbox.fhir_base_url())
            .client_id(CLIENT_ID)
            .client_auth(ClientAuth::public())
            .redirect_uri(self.app.url("/auth/callback"))
            .scopes(SCOPES);
        let config = SmartConfig::builder()
            .ehr(ehr)
            .clock(self.app.clock.clone())
            .store(TokenStore::new(self.store.clone()));
        SmartClient::new(&change(config).build().unwrap()).unwrap()
    }

    /// What the store has. Looking is no use of the launch.
    pub async fn stored(&self) -> LoadedLaunch {
        self.store
            .load_launch(self.key(), LaunchUse::DoesNotCount, StoreRules::default())
            .await
            .unwrap()
            .value
    }

    pub async fn record(&self) -> (Arc<LaunchRecord>, Version) {
        match self.stored().await {
            LoadedLaunch::Open { record, version } => (record, version),
            other => panic!("not open: {other:?}"),
        }
    }

    /// The access token in the store.
    pub async fn stored_token(&self) -> String {
        self.record().await.0.tokens.access_token().expose_secret().to_owned()
    }

    pub async fn end_reason(&self) -> EndReason {
        match self.stored().await {
            LoadedLaunch::Ended(ended) => ended.reason,
            other => panic!("not ended: {other:?}"),
        }
    }

    /// Waits until the store has another token than this one.
    pub async fn saved_other_than(&self, old: &str) -> String {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let stored = self.stored_token().await;
            if stored != old {
                return stored;
            }
            actix_web::rt::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("no new token was saved");
    }
}

/// Launches in this browser too; gives back the address of the launch.
pub async fn open(app: &App, browser: &Browser) -> String {
    let page = browser.navigate(&app.url("/auth/launch")).await;
    assert_eq!(page.status, 200, "{}: {}", page.url, page.body);
    page.url.strip_suffix("/patient").unwrap().to_owned()
}

/// Waits for something that happens on another thread.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if holds() {
            return;
        }
        actix_web::rt::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never: {what}");
}

/// Every answer has this status.
#[track_caller]
pub fn all_are(answers: &[Answer], status: u16) {
    for answer in answers {
        assert_eq!(answer.status, status, "{}", answer.body);
    }
}
