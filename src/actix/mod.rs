//! The Actix layer: [`SmartAuth`] serves the routes, [`SmartSession`](crate::SmartSession) and its companions are
//! handler arguments, [`SmartGuard`] and [`RequireScope`] protect a whole scope.
//!
//! What an answer depends on, and needs no type of Actix, is in [`web`](crate::web).

mod asked;
mod browser;
mod browser_session;
mod caller_error;
mod duplicate_config;
mod error;
mod extract;
mod failed_inside;
mod gate;
mod guard;
mod handler_error;
pub(crate) mod health;
mod kept_pages;
mod large_headers;
mod launch_use;
mod load;
mod middleware;
mod missing_landing;
mod refusal;
mod reply;
mod request;
mod request_head;
mod require_scope;
mod routes;
mod scope;
mod to_register;

pub use error::SmartSessionError;
pub use extract::{Encounter, FhirUser, Patient};
pub use guard::SmartGuard;
pub use launch_use::LAUNCH_USE_HEADER;
pub use middleware::SmartAuth;
#[cfg(feature = "test-util")]
pub(crate) use request::installed;
pub use require_scope::RequireScope;
pub use scope::{LAUNCH_PARAMETER, launch_scope};
