//! Who signed in: id tokens through the whole application.

mod client;
mod handlers;
mod hiccups;
mod issuers;
mod keys;
mod policies;
mod redaction;
mod refresh;
mod refused;
mod users;

use std::time::Duration;

use actix_smart_auth::{sandbox::Endpoint, store::TokenStore};

use crate::support::{Answer, App, AppBuilder, Browser, FlakyStore, Op};

/// Long enough for one request to a server on this machine, in a debug build and beside other tests.
const SHORTLY: Duration = Duration::from_secs(2);

/// An application, and how often something was stored as a launch.
struct Watched {
    app: App,
    store: FlakyStore,
}

impl Watched {
    fn start() -> Self {
        Self::with(App::builder())
    }

    fn with(app: AppBuilder) -> Self {
        Self::with_patience(app, Duration::from_secs(3))
    }

    /// For tests in which keys are waited for in vain, and one launch goes at a time.
    fn impatient() -> Self {
        Self::with_patience(App::builder(), SHORTLY)
    }

    /// Keys that cannot be fetched are waited for as long as a request may take.
    fn with_patience(app: AppBuilder, patience: Duration) -> Self {
        let store = FlakyStore::default();
        let kept = TokenStore::new(store.clone());
        Self {
            app: app
                .config(move |config| config.store(kept).request_timeout(patience))
                .start(),
            store,
        }
    }

    /// A launch in a browser of its own.
    async fn launch(&self) -> Answer {
        launch(&self.app).await
    }

    fn opened(&self) -> usize {
        self.store.calls(Op::Open)
    }

    fn asked(&self, endpoint: Endpoint) -> usize {
        asked(&self.app, endpoint)
    }
}

async fn launch(app: &App) -> Answer {
    Browser::new().navigate(&app.url("/auth/launch")).await
}

/// How many requests came to an endpoint of the sandbox.
fn asked(app: &App, endpoint: Endpoint) -> usize {
    let requests = app.sandbox.received_requests();
    requests.iter().filter(|it| it.endpoint == endpoint).count()
}

/// The launches ran side by side; gives back how each ended.
async fn launches(app: &App, count: usize) -> Vec<u16> {
    let running: Vec<_> = (0..count)
        .map(|_| {
            let url = app.url("/auth/launch");
            actix_web::rt::spawn(async move { Browser::new().navigate(&url).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for launch in running {
        statuses.push(launch.await.unwrap());
    }
    statuses
}
