//! The answer to a request that another site has caused.

use actix_web::{HttpRequest, HttpResponse};

use crate::{actix::reply::Reply, pages::texts, smart_config::SmartConfig, web::audience_of};

/// The answer to a request that another site has caused.
pub(super) fn stopped(request: &HttpRequest, config: &SmartConfig) -> HttpResponse {
    let audience = audience_of(request);
    let page = texts::cross_site();
    Reply::page(&page, audience, Some(&config.runtime().settings)).to_response()
}
