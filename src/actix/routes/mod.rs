//! The routes that the middleware answers by itself.

mod callback;
mod chooser;
mod former_launch;
mod frames;
mod jwks;
mod launch;
mod logout;
mod route;
mod signed_out;
mod stopped;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode, header},
};
use tracing::{Instrument as _, Span};

pub(super) use self::route::Route;
use self::stopped::stopped;
use crate::{
    actix::{asked::Asked, large_headers::say_if_large, reply::Reply},
    config::CrossSite,
    log_throttle::log_seldom,
    smart_config::SmartConfig,
    web::{Speculation, is_foreign_errand},
};

/// Answers a request for one of our routes. What is logged meanwhile has the reference of the answer, as a field of a span.
pub(super) async fn answer(route: Route, request: &HttpRequest, config: &SmartConfig) -> HttpResponse {
    let reference = Asked::of(request, config.runtime()).reference;
    // At the level of an error: it has to be there for the lines of every level.
    let span = match route {
        Route::Launch => tracing::error_span!("smart.launch", %reference),
        Route::Callback => tracing::error_span!("smart.callback", %reference),
        Route::Logout(_) | Route::LogoutAll => tracing::error_span!("smart.logout", %reference),
        Route::Jwks => Span::none(),
    };
    async {
        let response = answer_of(route, request, config).await;
        say_if_large(&response, config.runtime());
        response
    }
    .instrument(span)
    .await
}

async fn answer_of(route: Route, request: &HttpRequest, config: &SmartConfig) -> HttpResponse {
    if matches!(route, Route::Launch | Route::Callback) {
        match Speculation::of(request) {
            Some(Speculation::Head) => return Reply::empty(StatusCode::NO_CONTENT).to_response(),
            // A failure makes the browser throw the speculative answer away and ask again when the person does.
            Some(Speculation::Prefetch) => return Reply::empty(StatusCode::SERVICE_UNAVAILABLE).to_response(),
            None => {}
        }
        let runtime = config.runtime();
        // Nobody would see where it leads, and each one begun in vain displaces a sign-in of this browser.
        if runtime.settings.policies.cross_site == CrossSite::Refuse && is_foreign_errand(request, &runtime.own_origin)
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
