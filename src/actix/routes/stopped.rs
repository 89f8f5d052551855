//! The answer to a request that another site has caused.

use actix_web::{HttpRequest, HttpResponse};

use crate::{
    actix::{asked::Asked, reply::Reply},
    pages::texts,
    smart_config::SmartConfig,
};

/// The answer to a request that another site has caused.
pub(super) fn stopped(request: &HttpRequest, config: &SmartConfig) -> HttpResponse {
    let asked = Asked::of(request, config.runtime());
    let page = texts::cross_site(asked.words());
    Reply::page(page, asked, Some(config.runtime())).to_response()
}
