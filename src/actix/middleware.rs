//! [`SmartAuth`]: the middleware that serves the routes and hands the configuration to the extractors.

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
    rc::Rc,
    sync::atomic::{AtomicBool, Ordering},
};

use actix_web::{
    Error, HttpMessage as _, HttpRequest,
    body::{EitherBody, MessageBody},
    dev::{Extensions, Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    http::{
        StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, CROSS_ORIGIN_RESOURCE_POLICY, HeaderMap, HeaderValue,
            SET_COOKIE, X_FRAME_OPTIONS,
        },
    },
};

use crate::{
    actix::{
        asked::target_of,
        duplicate_config,
        failed_inside::kept_as_an_answer,
        handler_error, kept_pages,
        missing_landing::say_if_missing,
        request::{AsItself, Installed, Loading, Outcome, Placement},
        routes::{self, Route},
        to_register,
    },
    config::{CrossSite, LaunchNaming},
    pages::Audience,
    smart_config::SmartConfig,
    web::{Speculation, audience_of, reload_cookie},
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
///                 .scopes("openid fhirUser launch/patient patient/Patient.rs offline_access"),
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
        if duplicate_config::note_mounted(&self.config) {
            to_register::say(&self.config);
        }
        let installed = Rc::new(Installed::new(self.config.clone(), Placement::App));
        ready(Ok(SmartAuthMiddleware {
            service: Rc::new(service),
            app_data: Rc::clone(&installed).as_app_data(),
            installed,
        }))
    }
}

/// The service that [`SmartAuth`] makes.
#[doc(hidden)]
#[derive(Debug)]
pub struct SmartAuthMiddleware<S> {
    service: Rc<S>,
    installed: Rc<Installed>,
    /// The same, as requests carry it.
    app_data: Rc<Extensions>,
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

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let placement = placement(&request);
        if placement == Placement::App
            && let Some(route) = Route::of(&request, &self.installed.config)
        {
            let config = self.installed.config.clone();
            return Box::pin(async move {
                // Always `Ok`: the session middleware does not save what it is to send along with an `Err`.
                let mut response = routes::answer(route, request.request(), &config).await;
                if let Some(removed) = forgotten_reloads(request.request(), &config, response.status()) {
                    response.headers_mut().append(SET_COOKIE, removed);
                }
                Ok(request.into_response(response).map_into_right_body())
            });
        }
        let (installed, app_data) = match placement {
            Placement::App => (Rc::clone(&self.installed), Rc::clone(&self.app_data)),
            Placement::Scope => {
                let installed = Rc::new(Installed::new(self.installed.config.clone(), placement));
                (Rc::clone(&installed), installed.as_app_data())
            }
        };
        request.add_data_container(app_data);
        let answer = self.service.call(request);
        Box::pin(async move {
            let settings = &installed.config.runtime().settings;
            let refuses_other_sites = settings.policies.cross_site == CrossSite::Refuse;
            let answer = answer.await.map_err(|error| {
                let ancestors = refuses_other_sites.then(|| installed.frame_ancestors.clone());
                kept_as_an_answer(error, ancestors)
            });
            let mut response = handler_error::answer_anew(answer?);
            say_if_missing(&response, &installed.config);
            let extensions = response.request().extensions();
            let launch = Loading::outcome_of(&extensions);
            // What uses nothing of the crate has never answered with a page that loads itself again.
            let may_have_reloaded = launch != Outcome::None || extensions.contains::<AsItself>();
            drop(extensions);
            if launch != Outcome::None {
                keep_out_of_caches(&mut response, settings.paths.naming());
                if refuses_other_sites {
                    keep_to_own_pages(response.headers_mut());
                    keep_out_of_frames(response.headers_mut(), &installed.frame_ancestors);
                }
            }
            if launch == Outcome::Ended {
                kept_pages::drop_kept_pages(settings, response.headers_mut());
            }
            if may_have_reloaded
                && let Some(removed) = forgotten_reloads(response.request(), &installed.config, response.status())
            {
                response.headers_mut().append(SET_COOKIE, removed);
            }
            Ok(response)
        })
    }
}

/// What a person sees is not what was waited for any more: the next outage of that page may load it again as often as the first.
fn forgotten_reloads(request: &HttpRequest, config: &SmartConfig, status: StatusCode) -> Option<HeaderValue> {
    if status == StatusCode::SERVICE_UNAVAILABLE {
        return None;
    }
    let removed = reload_cookie::forgotten(request, target_of(request), &config.runtime().settings)?;
    let is_seen = audience_of(request) == Audience::Document && Speculation::of(request).is_none();
    removed.try_into().ok().filter(|_| is_seen)
}

/// Keeps the data of a launch out of caches. A page always: without `no-store` a browser shows it again when somebody goes
/// *Back* after signing out, and no answer of the sign-out can prevent that. What a script or a page fetches, unless the
/// handler says something else; where addresses do not name the launch, the same one is of another patient tomorrow.
fn keep_out_of_caches<B>(response: &mut ServiceResponse<B>, naming: LaunchNaming) {
    let given = response.headers().get(CACHE_CONTROL).map(HeaderValue::as_bytes);
    if given.is_none() || naming == LaunchNaming::DangerOnePerBrowser || is_page(response) {
        add_no_store(response.headers_mut());
    }
}

/// Beside what else is said of caches.
pub(super) fn add_no_store(headers: &mut HeaderMap) {
    let value = match headers.get(CACHE_CONTROL).map(HeaderValue::as_bytes) {
        None => HeaderValue::from_static("no-store"),
        Some(given) if !has_no_store(given) => {
            let both = [given, b", no-store"].concat();
            HeaderValue::from_bytes(&both).unwrap_or_else(|_| HeaderValue::from_static("no-store"))
        }
        Some(_) => return,
    };
    headers.insert(CACHE_CONTROL, value);
}

fn is_page<B>(response: &ServiceResponse<B>) -> bool {
    let content = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_html = content.is_some_and(|content| {
        let content = content.to_ascii_lowercase();
        content.starts_with(b"text/html") || content.starts_with(b"application/xhtml+xml")
    });
    is_html || audience_of(response.request()) != Audience::Api
}

fn has_no_store(cache_control: &[u8]) -> bool {
    cache_control
        .split(|byte| *byte == b',')
        .any(|directive| directive.trim_ascii().eq_ignore_ascii_case(b"no-store"))
}

/// Keeps what may be patient data out of pages of other sites, which may show an image and run a script of any address.
/// What the handler decided stays.
pub(super) fn keep_to_own_pages(headers: &mut HeaderMap) {
    if !headers.contains_key(CROSS_ORIGIN_RESOURCE_POLICY) {
        headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    }
}

/// Keeps patient data out of frames of pages that are not to have it: there somebody could be led to click a button that
/// they do not see. What the handler decided stays.
pub(super) fn keep_out_of_frames(headers: &mut HeaderMap, ancestors: &HeaderValue) {
    let is_decided = headers.contains_key(X_FRAME_OPTIONS)
        || headers.get_all(CONTENT_SECURITY_POLICY).any(|policy| {
            let policy = policy.as_bytes().to_ascii_lowercase();
            policy
                .split(|byte| *byte == b';')
                .any(|directive| directive.trim_ascii().starts_with(b"frame-ancestors"))
        });
    if !is_decided {
        // A policy of its own: several hold together.
        headers.append(CONTENT_SECURITY_POLICY, ancestors.clone());
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
