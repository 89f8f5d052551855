//! [`RequireScope`]: no handler below it runs unless the EHR granted what it needs.

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
    rc::Rc,
    sync::Arc,
};

use actix_web::{
    Error, ResponseError as _,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
};

use crate::{
    actix::{
        error::SmartSessionError,
        gate::{Entered, Gate},
        refusal,
    },
    launch::insufficient_scope::InsufficientScope,
    protocol::scope::{InvalidScope, ScopeError, Scopes},
    store::LaunchUse,
};

/// Middleware for a scope or a resource: every route below it needs a launch whose granted scopes cover these
/// ([`Scopes::covers`]), as they are at the moment: a refresh may have changed them.
///
/// Without a launch it answers as [`SmartGuard`](crate::SmartGuard) does, which is not needed beside it. With too few
/// scopes the answer is 403: for a person a page that names what is missing in plain words, for a script problem+json
/// with `"error": "insufficient_scope"` and the challenge of RFC 6750 (section 3.1). The launch stays open.
///
/// In a handler that needs more in some cases: [`SmartSession::require_scopes`](crate::SmartSession::require_scopes).
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{RequireScope, launch_scope};
/// use actix_web::{App, HttpResponse, web};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // In `main`, before `HttpServer::new`: a typing error ends the program at its start.
/// let results = RequireScope::new("patient/Observation.rs")?;
/// let ordering = RequireScope::new("patient/ServiceRequest.cu")?;
///
/// let app = App::new().service(
///     launch_scope().service(
///         web::scope("/labs")
///             .wrap(results.clone())
///             .route("", web::get().to(HttpResponse::Ok))
///             .service(web::resource("/order").wrap(ordering.clone()).post(HttpResponse::Ok)),
///     ),
/// );
/// # let _ = app;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RequireScope {
    needed: Arc<Scopes>,
    launch_use: Option<LaunchUse>,
}

impl RequireScope {
    /// The guard for these scopes, separated by spaces. It finds the configuration through
    /// [`SmartAuth`](crate::SmartAuth).
    ///
    /// # Errors
    ///
    /// [`InvalidScope`] names the first that is not a scope of SMART App Launch 2.2; [`ScopeError::Empty`] when there is
    /// none, as a guard that needs nothing is a mistake.
    pub fn new(scopes: impl AsRef<str>) -> Result<Self, InvalidScope> {
        let needed = Scopes::parse_strict(scopes.as_ref())?;
        if needed.is_empty() {
            return Err(InvalidScope::new("", ScopeError::Empty));
        }
        Ok(Self {
            needed: Arc::new(needed),
            launch_use: None,
        })
    }

    /// Whether requests below this guard count as uses of their launches, as
    /// [`SmartGuard::launch_use`](crate::SmartGuard::launch_use).
    #[must_use]
    pub fn launch_use(mut self, launch_use: LaunchUse) -> Self {
        self.launch_use = Some(launch_use);
        self
    }
}

impl<S, B> Transform<S, ServiceRequest> for RequireScope
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = RequireScopeMiddleware<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(RequireScopeMiddleware {
            service: Rc::new(service),
            gate: Rc::new(Gate::new(self.launch_use)),
            needed: Arc::clone(&self.needed),
        }))
    }
}

/// The service that [`RequireScope`] makes.
#[doc(hidden)]
#[derive(Debug)]
pub struct RequireScopeMiddleware<S> {
    service: Rc<S>,
    gate: Rc<Gate>,
    needed: Arc<Scopes>,
}

impl<S, B> Service<ServiceRequest> for RequireScopeMiddleware<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    forward_ready!(service);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let (service, gate, needed) = (
            Rc::clone(&self.service),
            Rc::clone(&self.gate),
            Arc::clone(&self.needed),
        );
        Box::pin(async move {
            match enter(&gate, &mut request, &needed).await {
                Ok(entered) => {
                    // An error of a middleware below takes the request with it: as below `SmartGuard`.
                    let response = service.call(request).await?;
                    gate.leave(entered, response.request()).await;
                    Ok(response.map_into_left_body())
                }
                Err(error) => Ok(request.into_response(error.error_response()).map_into_right_body()),
            }
        })
    }
}

async fn enter(gate: &Gate, request: &mut ServiceRequest, needed: &Scopes) -> Result<Entered, SmartSessionError> {
    let entered = gate.enter(request).await?;
    match InsufficientScope::check(entered.session.granted_scopes(), needed) {
        Ok(()) => Ok(entered),
        Err(lack) => {
            Gate::turn_away(&entered, request.request()).await;
            Err(refusal::insufficient_scope(request.request(), &lack))
        }
    }
}

#[cfg(test)]
mod tests;
