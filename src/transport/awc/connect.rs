//! How awc gets its connections: TCP, TLS where the URL says so, and no interim answers on either.
//!
//! TLS is done here and not by awc, because what comes out of TLS has to be looked at before awc reads it. So awc is told
//! `http` for both, and there is one client for each.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use actix_tls::connect::{
    ConnectError, ConnectInfo, Connection, Connector, ConnectorService,
    rustls_0_23::{TlsConnector, TlsConnectorService, reexports::AsyncTlsStream},
};
use actix_web::{
    dev::Service,
    rt::net::{ActixStream, Ready, TcpStream},
};
use awc::http::Uri;
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};

use super::final_answers::{Ends, FinalAnswers};

/// Opens connections of one of the two kinds.
#[derive(Clone)]
pub(super) struct Connect {
    tcp: ConnectorService,
    tls: Option<TlsConnectorService>,
    ends: Ends,
}

impl Connect {
    /// Without TLS.
    pub(super) fn plain(ends: Ends) -> Self {
        Self {
            tcp: Connector::default().service(),
            tls: None,
            ends,
        }
    }

    /// With TLS, whatever the scheme of the URL.
    pub(super) fn encrypted(config: Arc<ClientConfig>, ends: Ends) -> Self {
        Self {
            tls: Some(TlsConnector::service(config)),
            ..Self::plain(ends)
        }
    }
}

impl Service<ConnectInfo<Uri>> for Connect {
    type Response = Connection<Uri, FinalAnswers<Box<dyn Socket>>>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>>>>;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, to: ConnectInfo<Uri>) -> Self::Future {
        let (tcp, tls, ends) = (self.tcp.call(to), self.tls.clone(), self.ends);
        Box::pin(async move {
            let (io, uri): (Box<dyn Socket>, _) = match tls {
                None => {
                    let (io, uri) = tcp.await?.into_parts();
                    (Box::new(io), uri)
                }
                Some(tls) => {
                    let (io, uri) = tls.call(tcp.await?).await.map_err(ConnectError::Io)?.into_parts();
                    (Box::new(io), uri)
                }
            };
            Ok(Connection::new(uri, FinalAnswers::new(io, ends)))
        })
    }
}

/// A TCP connection, with or without TLS.
pub(super) trait Socket: AsyncRead + AsyncWrite + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Socket for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Socket for AsyncTlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// What awc demands of a stream. It asks neither.
impl ActixStream for FinalAnswers<Box<dyn Socket>> {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        self.get_ref().tcp().poll_read_ready(cx).map_ok(|()| Ready::READABLE)
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        self.get_ref().tcp().poll_write_ready(cx).map_ok(|()| Ready::WRITABLE)
    }
}
