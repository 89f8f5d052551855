//! Making a browser forget the pages that it keeps of a launch.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, SET_COOKIE};

use crate::{actix::reply::Reply, config::Settings, web::probe_cookie};

/// Makes the browser forget the pages that it keeps for its *Back* button. It keeps them although they are `no-store`, and
/// drops them when a cookie is set that scripts cannot read. So this goes along with every answer that says that a launch
/// has ended.
pub(super) fn drop_kept_pages(settings: &Settings, headers: &mut HeaderMap) {
    if let Ok(value) = probe_cookie::set(settings).try_into() {
        headers.append(SET_COOKIE, value);
    }
    // The handler may have one of its own; several hold together.
    headers.append(CLEAR_SITE_DATA.clone(), HeaderValue::from_static(PREFETCHED));
}

static CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// What a page had fetched before somebody went there, by speculation rules. `no-store` does not keep it from being shown.
const PREFETCHED: &str = "\"prefetchCache\", \"prerenderCache\"";

impl Reply {
    /// The answer to a browser that has to forget the pages of an ended launch.
    pub(super) fn dropping_kept_pages(self, settings: &Settings) -> Self {
        self.with(SET_COOKIE, probe_cookie::set(settings))
            .forgetting_prefetched_pages()
    }

    /// The answer to a browser that has to forget what it fetched in advance.
    pub(super) fn forgetting_prefetched_pages(self) -> Self {
        self.with(CLEAR_SITE_DATA.clone(), PREFETCHED)
    }
}
