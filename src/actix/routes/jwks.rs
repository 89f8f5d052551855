//! `GET /.well-known/jwks.json`: the public halves of this application's keys.

use actix_web::{HttpResponse, http::StatusCode};

use crate::{actix::reply::Reply, smart_config::SmartConfig};

pub(super) fn answer(config: &SmartConfig) -> HttpResponse {
    match config.runtime().registrations.jwks() {
        Some(jwks) => Reply::json(200, jwks)
            // EHRs keep the keys for as long as this says (SMART App Launch 2.2, Client Authentication: Asymmetric), so the guide
            // (`clients`, changing a key) says to publish a new key that long before it signs.
            .cached("public, max-age=3600")
            .to_response(),
        None => Reply::empty(StatusCode::NOT_FOUND).to_response(),
    }
}
