//! What the middleware attaches to a request for the extractors.

use std::{cell::Cell, rc::Rc};

use actix_web::{HttpMessage as _, HttpRequest};
use tokio::sync::OnceCell;

use crate::{actix::error::SmartSessionError, config::SmartConfig, session::SmartSession};

/// The configuration, and the launch of this request once somebody has asked for it.
pub(super) struct SmartRequest {
    pub(super) config: SmartConfig,
    pub(super) placement: Placement,
    /// Extractors of one handler run side by side; the first one loads, the others wait for it.
    pub(super) session: OnceCell<Result<SmartSession, SmartSessionError>>,
    /// Whether the answer may hold a launch's data.
    pub(super) used: Cell<bool>,
}

/// Where `SmartAuth` is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placement {
    /// Around the App, as it should be.
    App,
    /// Around a Scope: the routes of the crate are out of reach.
    Scope,
}

impl SmartRequest {
    pub(super) fn new(config: SmartConfig, placement: Placement) -> Rc<Self> {
        Rc::new(Self {
            config,
            placement,
            session: OnceCell::new(),
            used: Cell::new(false),
        })
    }

    pub(super) fn of(request: &HttpRequest) -> Option<Rc<Self>> {
        request.extensions().get::<Rc<Self>>().cloned()
    }
}
