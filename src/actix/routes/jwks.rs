//! `GET /.well-known/jwks.json`: the public halves of this application's keys.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};

use crate::{actix::reply::Reply, smart_config::SmartConfig};

pub(super) fn answer(config: &SmartConfig) -> HttpResponse {
    match config.runtime().registrations.jwks() {
        Some(jwks) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "application/json"))
            // EHRs keep the keys for as long as this says (SMART App Launch 2.2, Client Authentication: Asymmetric), so the guide
            // (`clients`, changing a key) says to publish a new key that long before it signs.
            .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
            .body(jwks),
        None => Reply::empty(StatusCode::NOT_FOUND).to_response(),
    }
}
