//! Who signed in: id tokens through the whole application.

mod client;
mod handlers;
mod issuers;
mod keys;
mod policies;
mod redaction;
mod refresh;
mod refused;
mod users;

use actix_smart_auth::{sandbox::Endpoint, store::TokenStore};

use crate::support::{Answer, App, AppBuilder, Browser, FlakyStore, Op};

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
        let store = FlakyStore::default();
        let kept = TokenStore::new(store.clone());
        Self {
            app: app.config(move |config| config.store(kept)).start(),
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
