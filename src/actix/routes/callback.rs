//! `GET /auth/callback`: back from the EHR.

use actix_session::SessionExt as _;
use actix_web::{HttpRequest, HttpResponse, http::header};

use crate::{
    actix::{
        browser,
        cookie::LaunchCookie,
        negotiate::Audience,
        relaunch::{Origin, launch_href},
        reply::{Reply, wording},
    },
    callback::{self, CallbackReply},
    config::SmartConfig,
    instances,
    pages::Page,
    protocol::{callback::CallbackQuery, launch_request::SignInWish},
    store::{CallbackOutcome, FailedCallback, FailedCallbackKind, LaunchKind},
};

pub(super) async fn answer(request: &HttpRequest, config: &SmartConfig) -> HttpResponse {
    match finish(request, config).await {
        Ok((cookie, location)) => {
            // Against session fixation. Also when the same answer is given again: the first one may not have reached
            // the browser, and the session that it still names may be gone.
            request.get_session().renew();
            Reply::redirect(&location)
                .with(header::SET_COOKIE, cookie.set(&config.shared().settings))
                .to_response()
        }
        Err(page) => {
            let audience = Audience::of(request.method(), request.headers());
            Reply::page(&page, audience, Some(&config.shared().settings)).to_response()
        }
    }
}

async fn finish(request: &HttpRequest, config: &SmartConfig) -> Result<(LaunchCookie, String), Page> {
    let query = CallbackQuery::parse(request.query_string()).map_err(|error| {
        tracing::warn!(%error, "a callback was refused");
        wording::bad_callback(
            error.to_string(),
            relaunch(config, LaunchKind::Standalone, None, SignInWish::None),
        )
    })?;
    let Some(browser) = browser::known(&request.get_session()) else {
        tracing::error!(
            "a callback came without the browser's session. Either the browser blocks the session cookie (in a frame it \
             needs SameSite=None; Secure), or the launch began under another host name than that of the redirect URI \
             (localhost is not 127.0.0.1), or SessionMiddleware is missing, or it is wrapped before SmartAuth: it has to \
             be wrapped after it, `.wrap(SmartAuth::new(config)).wrap(SessionMiddleware::new(store, key))`"
        );
        return Err(wording::cookies_missing(relaunch(
            config,
            LaunchKind::Standalone,
            None,
            SignInWish::None,
        )));
    };
    let arrived_at = config.shared().settings.paths.external(request.match_info().as_str());
    match callback::finish(config, browser, arrived_at, query).await {
        CallbackReply::Finished(CallbackOutcome::Landed {
            launch,
            secret,
            location,
        }) => Ok((LaunchCookie { id: launch, secret }, location)),
        CallbackReply::Finished(CallbackOutcome::Failed(failed)) => Err(failed_page(config, &failed)),
        CallbackReply::NothingPending => {
            if instances::has_twin(config) {
                instances::warn();
            }
            tracing::warn!("a callback has no pending authorization: it took too long, or came from another browser");
            Err(wording::nothing_pending(relaunch(
                config,
                LaunchKind::Standalone,
                None,
                SignInWish::None,
            )))
        }
        CallbackReply::TryAgain { retry_after } => Err(wording::try_callback_again(retry_after)),
        CallbackReply::StoreUnavailable => Err(wording::store_unavailable()),
    }
}

fn failed_page(config: &SmartConfig, failed: &FailedCallback) -> Page {
    // Starting again asks for no less than the launch that was refused.
    let sign_in = match failed.kind {
        FailedCallbackKind::SignInNotFresh => SignInWish::Again,
        _ => SignInWish::None,
    };
    wording::failed_callback(failed, relaunch(config, failed.began, failed.ehr.as_deref(), sign_in))
}

/// Where *Start again* leads, when a launch in the application fits.
fn relaunch(config: &SmartConfig, began: LaunchKind, ehr: Option<&str>, sign_in: SignInWish) -> Option<String> {
    let shared = config.shared();
    let settings = &shared.settings;
    let from = Origin {
        ehr: ehr.filter(|_| shared.registrations.are_several()),
        sign_in,
        ..Origin::default()
    };
    settings
        .policies
        .relaunches_in_application(began)
        .then(|| launch_href(&settings.paths, from))
}
