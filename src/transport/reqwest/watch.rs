//! The moment when a connection stands: [`Watch`].

use std::{
    error::Error,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tower_layer::Layer;
use tower_service::Service;

use crate::transport::shipped::start::Start;

/// A layer around what connects: TCP, the forward proxy and TLS. When it has connected, sending begins, or it is too late.
#[derive(Clone)]
pub(super) struct Watch(pub(super) Arc<Start>);

#[derive(Clone)]
pub(super) struct Watched<S> {
    connect: S,
    start: Arc<Start>,
}

type BoxError = Box<dyn Error + Send + Sync>;

impl<S> Layer<S> for Watch {
    type Service = Watched<S>;

    fn layer(&self, connect: S) -> Watched<S> {
        Watched {
            connect,
            start: Arc::clone(&self.0),
        }
    }
}

impl<S, R> Service<R> for Watched<S>
where
    S: Service<R, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connect.poll_ready(cx)
    }

    fn call(&mut self, to: R) -> Self::Future {
        let (connecting, start) = (self.connect.call(to), Arc::clone(&self.start));
        Box::pin(async move {
            let connection = connecting.await?;
            start.begin()?;
            Ok(connection)
        })
    }
}
