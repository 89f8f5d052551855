//! For tests: the clients that come with the crate, each behind an engine.

use std::sync::Arc;

use crate::{
    protocol::http::HttpRequest,
    runtime::engine::{Engine, EngineOptions, TransportChoice},
    transport::{
        AddressEnforcement, HttpClient, HttpTransport, StreamFuture, TransportFuture, settings::TransportSettings,
    },
};

/// Runs each of these tests once with each client, in a module of its name.
macro_rules! for_each_client {
    ($($name:ident)+) => {
        #[cfg(feature = "actix")]
        mod with_awc {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::transport::HttpClient::Awc).await;
            })+
        }
        #[cfg(feature = "reqwest")]
        mod with_reqwest {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::transport::HttpClient::Reqwest).await;
            })+
        }
    };
}
pub(crate) use for_each_client;

/// A transport, and the engine that it runs on.
#[derive(Debug)]
pub(crate) struct OnEngine {
    _engine: Engine,
    transport: Arc<dyn HttpTransport>,
}

impl OnEngine {
    pub(crate) fn new(client: HttpClient, settings: TransportSettings) -> Self {
        let engine = Engine::new(EngineOptions {
            body_limit: settings.body_limit,
            transport: TransportChoice::shipped(client, settings),
        });
        Self {
            transport: engine.transport(),
            _engine: engine,
        }
    }
}

impl HttpTransport for OnEngine {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        self.transport.send(request)
    }

    fn stream(&self, request: HttpRequest) -> StreamFuture<'_> {
        self.transport.stream(request)
    }

    fn addresses(&self) -> AddressEnforcement {
        self.transport.addresses()
    }
}

/// The same without an engine, on this thread, where what dependencies log can be seen. For use inside of a `LocalSet`.
pub(crate) fn on_this_thread(client: HttpClient, settings: TransportSettings) -> Arc<dyn HttpTransport> {
    match client {
        #[cfg(feature = "actix")]
        HttpClient::Awc => {
            let (transport, actor) = crate::transport::awc::AwcTransport::new(settings);
            tokio::task::spawn_local(actor.run());
            Arc::new(transport)
        }
        #[cfg(feature = "reqwest")]
        HttpClient::Reqwest => {
            let runtime = tokio::runtime::Handle::current();
            Arc::new(crate::transport::reqwest::ReqwestTransport::new(settings, runtime))
        }
    }
}

/// Blocks on that, on a runtime of this thread.
pub(crate) fn block_locally<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, future)
}

/// All clients.
pub(crate) const CLIENTS: &[HttpClient] = &[
    #[cfg(feature = "actix")]
    HttpClient::Awc,
    #[cfg(feature = "reqwest")]
    HttpClient::Reqwest,
];
