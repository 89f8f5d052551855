//! The launch scope: where an application mounts the pages of a launch.

use actix_web::{Scope, web};

use crate::config::LAUNCH_SCOPE;

/// The name of the path parameter that holds the launch id, for `url_for` and your own route patterns.
pub const LAUNCH_PARAMETER: &str = "smart_launch";

/// The scope below which a launch's pages live: `web::scope("/~{smart_launch}")`.
///
/// The path names the launch, so that two tabs with two patients stay two launches. Handlers that take a
/// `SmartSession`, `Patient` or `Encounter` belong below it; outside of it there is no launch.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{Patient, launch_scope};
/// use actix_web::{App, web};
///
/// async fn summary(patient: Patient) -> String {
///     format!("Patient {}", patient.id())
/// }
///
/// let app = App::new().service(launch_scope().route("/", web::get().to(summary)));
/// # let _ = app;
/// ```
#[must_use]
pub fn launch_scope() -> Scope {
    web::scope(LAUNCH_SCOPE)
}
