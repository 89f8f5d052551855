//! The promises of every transport, kept by both.

use super::*;
use crate::transport::acceptance;

async fn every_promise_of_a_transport_is_kept(http: HttpClient) {
    acceptance::run(|wanted| {
        OnEngine::new(
            http,
            TransportSettings {
                connect_timeout: wanted.connect_timeout,
                body_limit: wanted.body_limit,
                user_agent: wanted.user_agent.to_owned(),
                ..TransportSettings::default()
            },
        )
    })
    .await;
}

for_each_client! {
    every_promise_of_a_transport_is_kept
}
