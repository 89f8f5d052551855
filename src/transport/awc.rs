//! awc, which cannot leave its thread, behind a handle that can.
//!
//! [`AwcTransport`] is the handle; [`AwcActor`] owns the clients on the engine's thread and takes requests from a
//! channel. A request that was handed over is sent and read to its end even if the caller goes away.

mod clients;
mod connect;
mod exchange;
mod final_answers;
mod look_up;
#[cfg(test)]
pub(crate) mod ssrf;
#[cfg(test)]
mod tests;

use std::{fmt, rc::Rc, sync::Arc, time::Duration};

use rustls::{RootCertStore, pki_types::CertificateDer};
use tokio::sync::{mpsc, oneshot};

use super::{AddressEnforcement, HttpTransport, TransportError, TransportFuture};
use crate::protocol::http::{HttpRequest, HttpResponse};
use clients::Clients;
use look_up::{LookUp, SystemLookUp};

/// What can be set about the awc transport.
#[derive(Debug, Clone)]
pub(crate) struct AwcSettings {
    /// How long name resolution, TCP and TLS may take together. Default: 5 s.
    pub(crate) connect_timeout: Duration,
    /// The largest body that is read, in bytes. Default: 1 MiB.
    pub(crate) body_limit: usize,
    /// The `User-Agent` header. Default: `actix-smart-auth/<version>`.
    pub(crate) user_agent: String,
    /// Roots to trust beside the public ones.
    pub(crate) extra_roots: ExtraRoots,
    /// What resolves the names of guarded requests. Default: what this system does for everybody. All other names are
    /// resolved by awc, which asks the same.
    pub(crate) look_up: Arc<dyn LookUp>,
}

impl Default for AwcSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            body_limit: 1024 * 1024,
            user_agent: DEFAULT_USER_AGENT.to_owned(),
            extra_roots: ExtraRoots::default(),
            look_up: Arc::new(SystemLookUp),
        }
    }
}

const DEFAULT_USER_AGENT: &str = concat!("actix-smart-auth/", env!("CARGO_PKG_VERSION"));

/// Root certificates of a hospital's own authority, checked to be usable as roots.
#[derive(Debug, Clone, Default)]
pub(crate) struct ExtraRoots(Vec<CertificateDer<'static>>);

/// A certificate that cannot be a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("certificate number {number} cannot be used as a root: it is not a readable X.509 certificate")]
pub(crate) struct RootCertificateError {
    /// Which one, from 1.
    pub(crate) number: usize,
}

impl ExtraRoots {
    /// Checks that each certificate can be a trust anchor.
    ///
    /// # Errors
    ///
    /// [`RootCertificateError`] names the first that cannot.
    pub(crate) fn new(certificates: Vec<CertificateDer<'static>>) -> Result<Self, RootCertificateError> {
        let mut trial = RootCertStore::empty();
        for (index, certificate) in certificates.iter().enumerate() {
            trial
                .add(certificate.clone())
                .map_err(|_| RootCertificateError { number: index + 1 })?;
        }
        Ok(Self(certificates))
    }
}

/// The handle. Lives anywhere, sends to the actor.
pub(crate) struct AwcTransport {
    jobs: mpsc::UnboundedSender<Job>,
}

/// What owns the clients. Must run on a `LocalSet`, until the last handle is gone.
pub(crate) struct AwcActor {
    jobs: mpsc::UnboundedReceiver<Job>,
    settings: AwcSettings,
}

struct Job {
    request: HttpRequest,
    reply: oneshot::Sender<Result<HttpResponse, TransportError>>,
}

impl AwcTransport {
    /// A handle and the actor that answers it.
    pub(crate) fn new(settings: AwcSettings) -> (Self, AwcActor) {
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
                .send(Job { request, reply })
                .map_err(|_| TransportError::ShutDown)?;
            // The actor went away after it took the request: nobody knows whether it was sent.
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
                    let _ = job.reply.send(Err(TransportError::Tls));
                }
                return;
            }
        };
        while let Some(Job { request, reply }) = self.jobs.recv().await {
            let clients = Rc::clone(&clients);
            tokio::task::spawn_local(async move {
                // An error here means that the caller is gone; the request was carried through all the same.
                let _ = reply.send(exchange::exchange(&clients, request).await);
            });
        }
    }
}
