//! A route that says whether the process can do its work: [`health_check`].

use actix_web::{HttpResponse, Route, web};
use serde_json::json;

use crate::{actix::reply::Reply, smart_config::SmartConfig};

/// How much [`health_check`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum HealthDetail {
    /// `{"status":"ready"}` or `{"status":"not_ready"}`. The default: which EHRs there are is nobody else's business.
    #[default]
    StatusOnly,
    /// All of [`Health`](crate::health::Health), with the addresses of the EHRs: for a place that strangers cannot reach.
    Everything,
}

/// A route for `GET` that a load balancer asks: 200 where the process is ready, else 503, as JSON that nobody keeps.
///
/// The token store is asked once a second at most, however many requests come: they get what was seen within the last second, by the
/// clock of the configuration.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{SmartConfig, health::{HealthDetail, health_check}};
/// use actix_web::web;
///
/// fn routes(app: &mut web::ServiceConfig, config: &SmartConfig) {
///     app.route("/health", health_check(config, HealthDetail::StatusOnly));
/// }
/// # let _ = routes;
/// ```
pub fn health_check(config: &SmartConfig, detail: HealthDetail) -> Route {
    let config = config.clone();
    web::get().to(move || {
        let config = config.clone();
        async move { answer(&config, detail).await }
    })
}

async fn answer(config: &SmartConfig, detail: HealthDetail) -> HttpResponse {
    let health = config.health_lately().await;
    let (code, status) = if health.is_ready() {
        (200, "ready")
    } else {
        (503, "not_ready")
    };
    let json = match detail {
        HealthDetail::StatusOnly => json!({ "status": status }),
        HealthDetail::Everything => json!({ "status": status, "health": health }),
    };
    Reply::json(code, json.to_string()).to_response()
}
