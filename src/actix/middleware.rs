//! [`SmartAuth`]: the middleware that serves the routes and hands the configuration to the extractors.

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
    rc::Rc,
    sync::atomic::{AtomicBool, Ordering},
};

use actix_web::{
    Error, HttpMessage as _,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    http::header::{CACHE_CONTROL, CROSS_ORIGIN_RESOURCE_POLICY, HeaderMap, HeaderName, HeaderValue},
};

use crate::{
    actix::{
        request::{Installed, Loading, Placement},
        routes::{self, Route},
    },
    config::{CrossSite, SmartConfig},
    instances,
};

/// Middleware that lets an EHR launch the application.
///
/// It serves the launch, callback, logout and key routes by itself and gives [`SmartSession`](crate::SmartSession) and
/// its companions to the handlers. Wrap the *App* with it, and wrap the session middleware *after* it: what is wrapped
/// last runs first, and the session has to be there when this runs.
///
/// # Examples
///
/// ```no_run
/// use actix_session::{SessionMiddleware, storage::CookieSessionStore};
/// use actix_smart_auth::{ClientAuth, Ehr, Patient, SmartAuth, SmartConfig, launch_scope};
/// use actix_web::{App, HttpServer, cookie::Key, web};
///
/// async fn summary(patient: Patient) -> String {
///     format!("Patient {}", patient.id())
/// }
///
/// #[actix_web::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     // Once, outside of the closure: all workers share it.
///     let config = SmartConfig::builder()
///         .ehr(
///             Ehr::builder("https://ehr.example/fhir/r4")
///                 .client_id("my-app")
///                 .client_auth(ClientAuth::public())
///                 .redirect_uri("https://app.example/auth/callback")
///                 .scopes("openid fhirUser launch/patient patient/*.rs offline_access"),
///         )
///         .build()?;
///     let key = Key::generate();
///     let smart = config.clone();
///     HttpServer::new(move || {
///         App::new()
///             .service(launch_scope().route("/", web::get().to(summary)))
///             .wrap(SmartAuth::new(smart.clone()))
///             // After SmartAuth, so that it runs before it.
///             .wrap(SessionMiddleware::new(CookieSessionStore::default(), key.clone()))
///     })
///     .bind(("127.0.0.1", 8080))?
///     .run()
///     .await?;
///     config.shutdown(std::time::Duration::from_secs(20)).await;
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct SmartAuth {
    config: SmartConfig,
}

impl SmartAuth {
    /// The middleware for a configuration. Build the configuration once and clone it into each App.
    #[must_use]
    pub const fn new(config: SmartConfig) -> Self {
        Self { config }
    }
}

impl<S, B> Transform<S, ServiceRequest> for SmartAuth
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = SmartAuthMiddleware<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        instances::mounted(&self.config);
        let installed = Installed {
            config: self.config.clone(),
            placement: Placement::App,
        };
        ready(Ok(SmartAuthMiddleware {
            service: Rc::new(service),
            installed: Rc::new(installed),
        }))
    }
}

/// The service that [`SmartAuth`] makes.
#[doc(hidden)]
#[derive(Debug)]
pub struct SmartAuthMiddleware<S> {
    service: Rc<S>,
    installed: Rc<Installed>,
}

impl<S, B> Service<ServiceRequest> for SmartAuthMiddleware<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let placement = placement(&request);
        if placement == Placement::App
            && let Some(route) = Route::of(&request, &self.installed.config)
        {
            let config = self.installed.config.clone();
            return Box::pin(async move {
                // Always `Ok`: the session middleware does not save what it is to send along with an `Err`.
                let response = routes::answer(route, request.request(), &config).await;
                Ok(request.into_response(response).map_into_right_body())
            });
        }
        let installed = match placement {
            Placement::App => Rc::clone(&self.installed),
            Placement::Scope => Rc::new(Installed {
                config: self.installed.config.clone(),
                placement,
            }),
        };
        request.extensions_mut().insert(installed);
        let cross_site = self.installed.config.shared().settings.policies.cross_site;
        let answer = self.service.call(request);
        Box::pin(async move {
            let mut response = answer.await?;
            let used = Loading::was_used(&response.request().extensions());
            if used {
                keep_to_own_pages(response.headers_mut(), cross_site);
            }
            Ok(response.map_into_left_body())
        })
    }
}

/// Keeps what may be patient data out of caches, and out of pages of other sites, which may show an image and run a
/// script of any address. What the handler decided stays.
fn keep_to_own_pages(headers: &mut HeaderMap, cross_site: CrossSite) {
    let mut default = |name: HeaderName, value| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    default(CACHE_CONTROL, "no-store");
    if cross_site == CrossSite::Refuse {
        default(CROSS_ORIGIN_RESOURCE_POLICY, "same-origin");
    }
}

/// Around the App nothing of the path has been matched yet; around a Scope its prefix has.
fn placement(request: &ServiceRequest) -> Placement {
    let path = request.match_info();
    if path.unprocessed().len() == path.as_str().len() {
        return Placement::App;
    }
    static SAID: AtomicBool = AtomicBool::new(false);
    if !SAID.swap(true, Ordering::Relaxed) {
        tracing::error!(
            "SmartAuth is wrapped around a Scope, where launch and callback cannot reach it; \
             wrap the App: `App::new().service(…).wrap(SmartAuth::new(config))`"
        );
    }
    Placement::Scope
}
