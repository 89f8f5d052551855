//! What real EHRs do differently: the sandbox does it too, and the registration has a quirk for it. Each option first
//! fails without it, then works with it.

mod authorization;
mod client;
mod defaults;
mod discovery;
mod document;
mod presets;
mod refresh;
mod responses;

use actix_smart_auth::{
    Quirks,
    sandbox::{Peculiarity, ReceivedRequest},
};

use crate::support::{App, AppBuilder};

/// An application, and a sandbox with one peculiarity.
fn peculiar(peculiarity: Peculiarity) -> AppBuilder {
    App::builder().sandbox(|sandbox| sandbox.peculiarity(peculiarity))
}

/// The same with a registration that knows it.
fn knowing(peculiarity: Peculiarity, quirks: Quirks) -> AppBuilder {
    peculiar(peculiarity).ehr(move |ehr| ehr.quirks(quirks))
}

/// The status of each refresh, oldest first.
fn refresh_statuses(app: &App) -> Vec<u16> {
    let requests = app.sandbox.token_requests_of("refresh_token");
    requests.iter().filter_map(|request| request.status).collect()
}

/// The last of some requests.
fn last(requests: Vec<ReceivedRequest>) -> ReceivedRequest {
    requests.into_iter().next_back().unwrap()
}
