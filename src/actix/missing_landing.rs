//! Says in the log that the landing page of a launch answers 404, and why that may be: after a sign-in that went well, the
//! person sees nothing of ours.

use actix_web::{dev::ServiceResponse, http::StatusCode};

use crate::{
    config::{LAUNCH_SCOPE, LaunchNaming},
    log_throttle::log_seldom,
    protocol::launch_id::LaunchId,
    smart_config::SmartConfig,
    web::launch_cookie::LaunchCookie,
};

/// Writes it where no route has answered at the landing page of a launch whose cookie came along. That a handler of the
/// application answers 404 is its own affair.
pub(super) fn say_if_missing<B>(response: &ServiceResponse<B>, config: &SmartConfig) {
    let request = response.request();
    if response.status() != StatusCode::NOT_FOUND || request.match_pattern().is_some() {
        return;
    }
    let runtime = config.runtime();
    let paths = &runtime.settings.paths;
    let path = request.uri().path();
    let (page, came_from_a_launch) = match paths.naming() {
        LaunchNaming::ByPath => {
            let Some((id, page)) = inside_launch(path) else { return };
            (page, !LaunchCookie::all_of(request, &runtime.settings, &id).is_empty())
        }
        LaunchNaming::DangerOnePerBrowser => (path, !LaunchCookie::all(request, &runtime.settings).is_empty()),
    };
    let rest = paths.landing();
    if !came_from_a_launch || page.trim_end_matches('/') != rest.trim_end_matches('/') {
        return;
    }
    // As it is configured.
    let landing = match paths.naming() {
        LaunchNaming::ByPath => format!("{LAUNCH_SCOPE}{rest}"),
        LaunchNaming::DangerOnePerBrowser => rest.to_owned(),
    };
    if page == rest {
        log_seldom!(
            runtime,
            warn,
            landing,
            "the landing page of a launch answers 404, as no route is there. Add one to `launch_scope()`, which belongs directly \
             into the App and not into another `web::scope`; or set `landing`"
        );
    } else if page.len() < rest.len() {
        log_seldom!(
            runtime,
            warn,
            landing,
            "the landing page of a launch answers 404, as its address came without the slash at its end. `NormalizePath` takes \
             it away by default: use `NormalizePath::new(TrailingSlash::MergeOnly)`, or set `landing` and its route to a path \
             that `NormalizePath` leaves as it is"
        );
    } else {
        log_seldom!(
            runtime,
            warn,
            landing,
            "the landing page of a launch answers 404, as its address came with a slash more at its end. `NormalizePath` adds \
             one with `TrailingSlash::Always`: use `NormalizePath::new(TrailingSlash::MergeOnly)`, or set `landing` and its \
             route to a path that `NormalizePath` leaves as it is"
        );
    }
}

/// The launch that a path names, and the rest of the path.
fn inside_launch(path: &str) -> Option<(LaunchId, &str)> {
    let rest = path.strip_prefix("/~")?;
    let (id, page) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    Some((LaunchId::parse(id)?, page))
}
