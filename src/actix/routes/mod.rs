//! The routes that the middleware answers by itself.

mod callback;
mod chooser;
mod frames;
mod jwks;
mod launch;
mod logout;
mod signed_out;

use actix_web::{
    HttpRequest, HttpResponse,
    dev::ServiceRequest,
    http::{Method, StatusCode, header},
};

use crate::{
    actix::{
        error::SmartSessionErrorKind,
        negotiate::{Audience, Speculation, is_foreign_errand},
        reply::{Reply, wording},
    },
    config::{CrossSite, LaunchNaming},
    log_throttle::log_seldom,
    protocol::launch_id::LaunchId,
    smart_config::SmartConfig,
};

/// A route of ours.
#[derive(Debug, Clone)]
pub(super) enum Route {
    /// `GET /auth/launch`
    Launch,
    /// `GET /auth/callback`
    Callback,
    /// `POST /auth/logout` ends all launches of this browser; `GET` says whether any is open.
    LogoutAll,
    /// `POST /~{smart_launch}/auth/logout` ends that launch; `GET` says whether it is open.
    Logout(LaunchId),
    /// `GET /.well-known/jwks.json`
    Jwks,
}

impl Route {
    /// The route that the request is for, if it is one of ours.
    pub(super) fn of(request: &ServiceRequest, config: &SmartConfig) -> Option<Self> {
        // As routes see it: percent-decoded. `/%6Caunch` is `/launch` to a router.
        let path = request.match_info().as_str();
        let paths = &config.runtime().settings.paths;
        if path == paths.launch() {
            Some(Self::Launch)
        } else if paths.is_callback(path) {
            Some(Self::Callback)
        } else if path == paths.logout() {
            Some(Self::LogoutAll)
        } else if path == paths.jwks() {
            Some(Self::Jwks)
        } else if paths.naming() == LaunchNaming::ByPath {
            let id = path.strip_prefix("/~")?.strip_suffix(paths.logout())?;
            Some(Self::Logout(LaunchId::parse(id)?))
        } else {
            None
        }
    }

    fn has(&self, method: &Method) -> bool {
        match self {
            Self::Launch | Self::Callback => *method == Method::GET,
            Self::Jwks => matches!(*method, Method::GET | Method::HEAD),
            Self::LogoutAll | Self::Logout(_) => matches!(*method, Method::GET | Method::HEAD | Method::POST),
        }
    }

    /// The methods that have an answer.
    const fn allow(&self) -> &'static str {
        match self {
            Self::Launch | Self::Callback | Self::Jwks => "GET, HEAD",
            Self::LogoutAll | Self::Logout(_) => "GET, HEAD, POST",
        }
    }
}

/// Answers a request for one of our routes.
pub(super) async fn answer(route: Route, request: &HttpRequest, config: &SmartConfig) -> HttpResponse {
    if matches!(route, Route::Launch | Route::Callback) {
        match Speculation::of(request.method(), request.headers()) {
            Some(Speculation::Head) => return Reply::empty(StatusCode::NO_CONTENT).to_response(),
            // A failure makes the browser throw the speculative answer away and ask again when the person does.
            Some(Speculation::Prefetch) => return Reply::empty(StatusCode::SERVICE_UNAVAILABLE).to_response(),
            None => {}
        }
        let runtime = config.runtime();
        // Nobody would see where it leads, and each one begun in vain displaces a sign-in of this browser.
        if runtime.settings.policies.cross_site == CrossSite::Refuse
            && is_foreign_errand(request.headers(), &runtime.own_origin)
        {
            log_seldom!(
                runtime,
                warn,
                "a launch or callback that a page of another site asked for in the background was refused"
            );
            return stopped(request, config);
        }
    }
    if !route.has(request.method()) {
        return Reply::empty(StatusCode::METHOD_NOT_ALLOWED)
            .with(header::ALLOW, route.allow())
            .to_response();
    }
    match route {
        Route::Launch => launch::answer(request, config).await,
        Route::Callback => callback::answer(request, config).await,
        Route::LogoutAll if *request.method() == Method::POST => logout::all(request, config).await,
        Route::Logout(id) if *request.method() == Method::POST => logout::one(request, config, id).await,
        Route::LogoutAll => signed_out::of_all(request, config).await,
        Route::Logout(id) => signed_out::of_one(request, config, id).await,
        Route::Jwks => jwks::answer(config),
    }
}

/// The answer to a request that another site has caused.
fn stopped(request: &HttpRequest, config: &SmartConfig) -> HttpResponse {
    let audience = Audience::of(request.method(), request.headers());
    let page = wording::session_error(SmartSessionErrorKind::CrossSite, audience, None, None);
    Reply::page(&page, audience, Some(&config.runtime().settings)).to_response()
}
