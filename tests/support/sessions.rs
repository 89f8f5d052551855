//! The sessions of every application of the tests.

use actix_session::{SessionMiddleware, config::SessionMiddlewareBuilder, storage::CookieSessionStore};
use actix_web::cookie::Key;

/// In cookies over plain http.
pub(crate) fn sessions(key: &Key) -> SessionMiddlewareBuilder<CookieSessionStore> {
    SessionMiddleware::builder(CookieSessionStore::default(), key.clone()).cookie_secure(false)
}
