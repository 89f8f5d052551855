//! The application: its settings and its routes, so that `main` and the tests serve the same.

mod html;
mod pages;

use actix_session::{SessionMiddleware, storage::CookieSessionStore};
use actix_smart_auth::{SmartConfigBuilder, launch_scope, pages::Brand};
use actix_web::{cookie::Key, web};

/// How people know the application: on its own pages, and on those of the crate.
pub(crate) const NAME: &str = "Vital signs";

/// What holds at every EHR: whose pages these are, and what you want otherwise than by default. `main` and the tests have the same.
pub fn settings(config: SmartConfigBuilder) -> SmartConfigBuilder {
    config.brand(Brand::new(NAME))
}

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
