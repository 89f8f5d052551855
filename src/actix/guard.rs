//! [`SmartGuard`]: no handler below it runs without a launch and a fresh token.

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
    rc::Rc,
};

use actix_web::{
    Error, ResponseError as _,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
};

use crate::actix::load;

/// Middleware for a scope: every route below it needs a launch, whether or not its handler asks for one.
///
/// What `before_action` does for a whole controller elsewhere. Handlers still take `SmartSession` or `Patient` as
/// arguments when they need them; the launch is loaded once.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{SmartGuard, launch_scope};
/// use actix_web::{App, HttpResponse, web};
///
/// let app = App::new().service(
///     launch_scope()
///         .wrap(SmartGuard::new())
///         .route("/print", web::get().to(HttpResponse::Ok)),
/// );
/// # let _ = app;
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct SmartGuard;

impl SmartGuard {
    /// The guard. It finds the configuration through [`SmartAuth`](crate::SmartAuth).
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl<S, B> Transform<S, ServiceRequest> for SmartGuard
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = SmartGuardMiddleware<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(SmartGuardMiddleware {
            service: Rc::new(service),
        }))
    }
}

/// The service that [`SmartGuard`] makes.
#[doc(hidden)]
#[derive(Debug)]
pub struct SmartGuardMiddleware<S> {
    service: Rc<S>,
}

impl<S, B> Service<ServiceRequest> for SmartGuardMiddleware<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let service = Rc::clone(&self.service);
        Box::pin(async move {
            // Borrowed, not cloned: routing needs the only handle to the request.
            match load::session(request.request()).await {
                Ok(_) => service.call(request).await.map(ServiceResponse::map_into_left_body),
                Err(error) => Ok(request.into_response(error.error_response()).map_into_right_body()),
            }
        })
    }
}
