//! What the middleware attaches to a request for the extractors.

use std::rc::Rc;

#[cfg(feature = "test-util")]
use actix_web::test::TestRequest;
use actix_web::{HttpMessage as _, HttpRequest, dev::Extensions, http::header::HeaderValue};
use tokio::sync::OnceCell;

use crate::{
    actix::{error::SmartSessionError, reply::frame_ancestors},
    launch::session::SmartSession,
    smart_config::SmartConfig,
    store::LaunchUse,
};

/// The configuration, as the requests of one worker find it. Shared by them: most need nothing of this crate.
#[derive(Debug)]
pub(super) struct Installed {
    pub(super) config: SmartConfig,
    pub(super) placement: Placement,
    /// Who may show the application's pages in a frame, as a Content-Security-Policy says it.
    pub(super) frame_ancestors: HeaderValue,
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
    pub(super) fn new(config: SmartConfig, placement: Placement) -> Self {
        let policy = frame_ancestors(&config.runtime().settings);
        Self {
            config,
            placement,
            frame_ancestors: HeaderValue::try_from(policy)
                .unwrap_or_else(|_| HeaderValue::from_static("frame-ancestors 'self'")),
        }
    }

    /// As application data, which a middleware can give to its requests: the same for all of them, while extensions are
    /// made and dropped with each.
    pub(super) fn as_app_data(self: Rc<Self>) -> Rc<Extensions> {
        let mut data = Extensions::new();
        data.insert(self);
        Rc::new(data)
    }

    pub(super) fn of(request: &HttpRequest) -> Option<Rc<Self>> {
        request.app_data::<Rc<Self>>().cloned()
    }
}

/// Attaches to a request what the middleware attaches, for a test without it.
#[cfg(feature = "test-util")]
pub(crate) fn installed(request: TestRequest, config: &SmartConfig) -> TestRequest {
    request.app_data(Rc::new(Installed::new(config.clone(), Placement::App)))
}

/// A mark on a request whose handler acts for the application itself, with a token of its own.
pub(super) struct AsItself;

/// The launch of one request, once somebody has asked for it.
///
/// Extractors of one handler run side by side; the first one loads, the others wait for it.
#[derive(Default)]
pub(super) struct Loading {
    loaded: OnceCell<Result<SmartSession, SmartSessionError>>,
    /// Set when a use was noted after the launch had been loaded without one.
    noted: OnceCell<()>,
}

/// What a request did with its launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
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

    /// The launch for somebody who asks for it as a use or not. It is loaded as the first one wants, and is a use as soon
    /// as one of them says so.
    pub(super) async fn get_or_load<F>(
        &self,
        launch_use: LaunchUse,
        load: impl FnOnce() -> F,
    ) -> Result<SmartSession, SmartSessionError>
    where
        F: Future<Output = Result<SmartSession, SmartSessionError>>,
    {
        let session = self.loaded.get_or_init(load).await.clone()?;
        self.note(launch_use).await;
        Ok(session.counting(launch_use))
    }

    /// Makes a use of it, if it is one and was not noted as such.
    pub(super) async fn note(&self, launch_use: LaunchUse) {
        if let Some(Ok(session)) = self.loaded.get()
            && launch_use.counts()
            && !session.launch_use().counts()
        {
            self.noted.get_or_init(|| session.note_use()).await;
        }
    }

    /// The launch, if it was loaded.
    pub(super) fn session(&self) -> Option<SmartSession> {
        self.loaded.get()?.as_ref().ok().cloned()
    }

    /// What the request did with its launch.
    pub(super) fn outcome_of(extensions: &Extensions) -> Outcome {
        let loaded = extensions.get::<Rc<Self>>().and_then(|loading| loading.loaded.get());
        match loaded {
            Some(Ok(session)) if session.was_ended() => Outcome::Ended,
            Some(Ok(_)) => Outcome::Loaded,
            Some(Err(_)) | None => Outcome::None,
        }
    }
}
