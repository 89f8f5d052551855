//! The Actix layer: [`SmartAuth`] serves the routes, [`SmartSession`](crate::SmartSession) and its companions are
//! handler arguments, [`SmartGuard`] and [`RequireScope`] protect a whole scope.

mod browser;
mod cookies;
mod duplicate_config;
mod error;
mod extract;
mod gate;
mod guard;
mod identity;
mod launch_cookie;
mod launch_use;
mod load;
mod middleware;
mod negotiate;
mod probe;
mod relaunch;
mod reply;
mod request;
mod require_scope;
mod routes;
mod scope;
mod sign_in_cookie;
mod wording;

pub use error::{ContextMember, NoLaunch, SmartSessionError, SmartSessionErrorKind};
pub use extract::{Encounter, Patient};
pub use guard::{SmartGuard, SmartGuardMiddleware};
pub use identity::FhirUser;
pub use launch_use::LAUNCH_USE_HEADER;
pub use middleware::{SmartAuth, SmartAuthMiddleware};
pub use require_scope::{RequireScope, RequireScopeMiddleware};
pub use scope::{LAUNCH_PARAMETER, launch_scope};
