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

use crate::{actix::gate::Gate, store::LaunchUse};

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
///
/// Whether a request counts as a use of its launch is for the route to say, below the guard as elsewhere
/// ([`LaunchUse`]). The guard runs before the route is found, so it remembers what each route has said: the first request
/// of a route (of its pattern, whatever the path), in each worker, costs a second look into the store. Where two routes have one pattern
/// and say different things, each request that counts does. Until then it does not know that a route does not
/// count either, and sends a person without a launch to a new one; say it at the guard, or at a scope around it, where that
/// matters.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct SmartGuard {
    launch_use: Option<LaunchUse>,
}

impl SmartGuard {
    /// The guard. It finds the configuration through [`SmartAuth`](crate::SmartAuth).
    #[must_use]
    pub const fn new() -> Self {
        Self { launch_use: None }
    }

    /// Whether requests below this guard count as uses of their launches, unless something further in says otherwise: as
    /// `.app_data(…)` of the scope that it is wrapped around. Default: what is said around it, else that they do.
    #[must_use]
    pub const fn launch_use(mut self, launch_use: LaunchUse) -> Self {
        self.launch_use = Some(launch_use);
        self
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
            gate: Rc::new(Gate::new(self.launch_use)),
        }))
    }
}

/// The service that [`SmartGuard`] makes.
#[doc(hidden)]
#[derive(Debug)]
pub struct SmartGuardMiddleware<S> {
    service: Rc<S>,
    gate: Rc<Gate>,
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

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let (service, gate) = (Rc::clone(&self.service), Rc::clone(&self.gate));
        Box::pin(async move {
            match gate.enter(&mut request).await {
                Ok(entered) => {
                    // An error of a middleware below takes the request with it, and the use of a route that is not known yet: it is not
                    // counted then. What handlers fail with comes back as an answer.
                    let response = service.call(request).await?;
                    gate.leave(entered, response.request()).await;
                    Ok(response.map_into_left_body())
                }
                Err(error) => Ok(request.into_response(error.error_response()).map_into_right_body()),
            }
        })
    }
}
