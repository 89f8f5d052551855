//! The application: its routes, so that `main` and the tests serve the same.

mod html;
mod pages;

use actix_session::{SessionMiddleware, storage::CookieSessionStore};
use actix_smart_auth::launch_scope;
use actix_web::{cookie::Key, web};

/// What is served, around which `SmartAuth` and [`sessions`] are wrapped.
pub fn routes(app: &mut web::ServiceConfig) {
    app.route("/", web::get().to(pages::home))
        .service(launch_scope().route("/", web::get().to(pages::patient)));
}

/// Tells browsers apart. Wrap it after `SmartAuth`: what is wrapped last runs first.
pub fn sessions(key: Key, over_https: bool) -> SessionMiddleware<CookieSessionStore> {
    SessionMiddleware::builder(CookieSessionStore::default(), key)
        .cookie_secure(over_https)
        .build()
}
