//! The handle, [`AwcTransport`], and what answers it, [`AwcActor`].

use std::{fmt, rc::Rc};

use tokio::sync::{mpsc, oneshot};

use super::{
    clients::Clients,
    exchange::{exchange, stream},
};
use crate::{
    protocol::{
        http::{HttpRequest, HttpResponse},
        transport_error::TransportError,
    },
    transport::{
        body_stream::StreamedResponse,
        http_transport::{AddressEnforcement, HttpTransport, StreamFuture, TransportFuture},
        settings::TransportSettings,
    },
};

/// The handle. Lives anywhere, sends to the actor.
pub(crate) struct AwcTransport {
    jobs: mpsc::UnboundedSender<Job>,
}

/// What owns the clients. Must run on a `LocalSet`, until the last handle is gone.
pub(crate) struct AwcActor {
    jobs: mpsc::UnboundedReceiver<Job>,
    settings: TransportSettings,
}

struct Job {
    request: HttpRequest,
    reply: Reply,
}

enum Reply {
    Whole(oneshot::Sender<Result<HttpResponse, TransportError>>),
    Streamed(oneshot::Sender<Result<StreamedResponse, TransportError>>),
}

impl AwcTransport {
    /// A handle and the actor that answers it.
    pub(crate) fn new(settings: TransportSettings) -> (Self, AwcActor) {
        // Without a bound of its own: whoever puts a job in waits for its answer, and each is taken out at once. How many there are is bounded by
        // the places at an EHR, and for FHIR requests by the handlers that wait.
        let (sender, jobs) = mpsc::unbounded_channel();
        (Self { jobs: sender }, AwcActor { jobs, settings })
    }
}

impl fmt::Debug for AwcTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwcTransport").finish_non_exhaustive()
    }
}

impl HttpTransport for AwcTransport {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            self.jobs
                .send(Job {
                    request,
                    reply: Reply::Whole(reply),
                })
                .map_err(|_| TransportError::ShutDown)?;
            // The actor went away after it took the request: nobody knows whether it was sent.
            answer.await.unwrap_or(Err(TransportError::Disconnected))
        })
    }

    fn stream(&self, request: HttpRequest) -> StreamFuture<'_> {
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            self.jobs
                .send(Job {
                    request,
                    reply: Reply::Streamed(reply),
                })
                .map_err(|_| TransportError::ShutDown)?;
            answer.await.unwrap_or(Err(TransportError::Disconnected))
        })
    }

    fn addresses(&self) -> AddressEnforcement {
        AddressEnforcement::Enforced
    }
}

impl AwcActor {
    /// Sends what comes, each request as a task of its own.
    pub(crate) async fn run(mut self) {
        let clients = match Clients::new(&self.settings) {
            Ok(clients) => Rc::new(clients),
            Err(error) => {
                tracing::error!(%error, "TLS could not be set up; every request of the crate will fail");
                while let Some(job) = self.jobs.recv().await {
                    match job.reply {
                        Reply::Whole(reply) => drop(reply.send(Err(TransportError::Tls))),
                        Reply::Streamed(reply) => drop(reply.send(Err(TransportError::Tls))),
                    }
                }
                return;
            }
        };
        while let Some(Job { request, reply }) = self.jobs.recv().await {
            let clients = Rc::clone(&clients);
            tokio::task::spawn_local(async move {
                match reply {
                    // An error here means that the caller is gone; the request was carried through all the same.
                    Reply::Whole(reply) => drop(reply.send(exchange(&clients, request).await)),
                    Reply::Streamed(reply) => stream(&clients, request, reply).await,
                }
            });
        }
    }
}
