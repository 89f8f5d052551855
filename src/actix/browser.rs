//! Who is this browser? Its session, and cookies of the crate's own.

use actix_web::HttpRequest;

use crate::{
    actix::browser_session::key_of,
    config::Settings,
    launch::browser::Browser,
    store::BrowserKey,
    web::{browser_cookie, sign_in_cookie},
};

/// The browser of a request, by all that the request says.
pub(super) fn of(request: &HttpRequest, settings: &Settings) -> Browser {
    let ids = browser_cookie::ids(request, settings);
    Browser {
        cookies: ids.iter().map(BrowserKey::of_cookie).collect(),
        session: key_of(request),
        proved: Vec::new(),
        sign_ins: sign_in_cookie::names_of_browser(request, settings),
    }
}

/// The best name of the browser of a request, without looking further.
pub(super) fn name_of(request: &HttpRequest, settings: &Settings) -> Option<BrowserKey> {
    let id = browser_cookie::ids(request, settings)
        .first()
        .map(BrowserKey::of_cookie);
    id.or_else(|| key_of(request))
}
