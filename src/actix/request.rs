//! What the middleware attaches to a request for the extractors.

use std::rc::Rc;

use actix_web::{HttpMessage as _, HttpRequest, dev::Extensions};
use tokio::sync::OnceCell;

use crate::{actix::error::SmartSessionError, config::SmartConfig, session::SmartSession};

/// The configuration, as the requests of one worker find it. Shared by them: most need nothing of this crate.
#[derive(Debug)]
pub(super) struct Installed {
    pub(super) config: SmartConfig,
    pub(super) placement: Placement,
}

/// Where `SmartAuth` is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placement {
    /// Around the App, as it should be.
    App,
    /// Around a Scope: the routes of the crate are out of reach.
    Scope,
}

impl Installed {
    pub(super) fn of(request: &HttpRequest) -> Option<Rc<Self>> {
        request.extensions().get::<Rc<Self>>().cloned()
    }
}

/// The launch of one request, once somebody has asked for it.
///
/// Extractors of one handler run side by side; the first one loads, the others wait for it.
#[derive(Default)]
pub(super) struct Loading(OnceCell<Result<SmartSession, SmartSessionError>>);

/// What a request did with its launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Nothing, or there was none.
    None,
    /// It was loaded, so the answer may hold its data.
    Loaded,
    /// It was loaded and ended.
    Ended,
}

impl Loading {
    pub(super) fn of(request: &HttpRequest) -> Rc<Self> {
        let mut extensions = request.extensions_mut();
        if let Some(there) = extensions.get::<Rc<Self>>() {
            return Rc::clone(there);
        }
        let new = Rc::<Self>::default();
        extensions.insert(Rc::clone(&new));
        new
    }

    pub(super) async fn get_or_load<F>(&self, load: impl FnOnce() -> F) -> Result<SmartSession, SmartSessionError>
    where
        F: Future<Output = Result<SmartSession, SmartSessionError>>,
    {
        self.0.get_or_init(load).await.clone()
    }

    /// What the request did with its launch.
    pub(super) fn use_of(extensions: &Extensions) -> Use {
        let loaded = extensions.get::<Rc<Self>>().and_then(|loading| loading.0.get());
        match loaded {
            Some(Ok(session)) if session.was_ended() => Use::Ended,
            Some(Ok(_)) => Use::Loaded,
            Some(Err(_)) | None => Use::None,
        }
    }
}
