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

/// A transport that knows of no streams: an application's own, from before there were any.
#[derive(Debug)]
struct Older(OnEngine);

impl HttpTransport for Older {
    fn send(&self, request: HttpRequest) -> crate::transport::TransportFuture<'_> {
        self.0.send(request)
    }

    fn addresses(&self) -> crate::transport::AddressEnforcement {
        self.0.addresses()
    }
}

async fn the_promises_of_streams_are_kept_by_a_transport_that_only_sends(http: HttpClient) {
    acceptance::run(|wanted| {
        Older(OnEngine::new(
            http,
            TransportSettings {
                connect_timeout: wanted.connect_timeout,
                body_limit: wanted.body_limit,
                user_agent: wanted.user_agent.to_owned(),
                ..TransportSettings::default()
            },
        ))
    })
    .await;
}

for_each_client! {
    the_promises_of_streams_are_kept_by_a_transport_that_only_sends
    every_promise_of_a_transport_is_kept
}
