//! A launch inside a page of somebody else, where browsers may withhold cookies.
//!
//! The EHR's launch value can be used once. So it is found out before it is used whether cookies come back: by a hop from
//! the launch route to itself.

use actix_web::{HttpRequest, http::header};

use crate::{
    actix::{asked::Asked, reply::Reply},
    log_throttle::log_seldom,
    pages::{Page, Window, texts},
    protocol::launch_request::{CookiesAsked, LaunchRequest},
    smart_config::SmartConfig,
    web::{browser_cookie, probe_cookie, sign_in_cookie, window_of},
};

/// The hop, for a browser that has no cookie of ours and shows the application in a frame. The page that offers a window,
/// for one that has none after the hop either.
pub(super) fn ask_for_cookies(
    request: &HttpRequest,
    config: &SmartConfig,
    launch: &LaunchRequest,
) -> Result<Option<Reply>, Box<Page>> {
    let settings = &config.runtime().settings;
    let cookies_come_back = probe_cookie::came_back(request, settings)
        || browser_cookie::has_cookie(request, settings)
        || sign_in_cookie::has_any(request, settings);
    if window_of(request) == Window::Own || cookies_come_back {
        return Ok(None);
    }
    let address = settings.paths.external(settings.paths.launch());
    let query = request.query_string();
    match launch.cookies() {
        CookiesAsked::No => {
            let separator = if query.is_empty() { "" } else { "&" };
            let again = format!("{address}?{query}{separator}{}", CookiesAsked::PARAMETER);
            let cookie = probe_cookie::set(settings);
            Ok(Some(Reply::redirect(&again).with(header::SET_COOKIE, cookie)))
        }
        CookiesAsked::Yes => {
            log_seldom!(
                config.runtime(),
                warn,
                "a launch in a frame cannot go on there: the browser withholds our cookies. They need SameSite=None and \
                 Partitioned (see CookiePolicy); the page offers a window"
            );
            let words = Asked::of(request, config.runtime()).words();
            let others: Vec<_> = query
                .split('&')
                .filter(|pair| *pair != CookiesAsked::PARAMETER)
                .collect();
            let others = others.join("&");
            let separator = if others.is_empty() { "" } else { "?" };
            Err(texts::cookies_blocked(words, format!("{address}{separator}{others}")).into())
        }
    }
}
