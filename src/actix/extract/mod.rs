//! Extractors: the launch, what it is about and who signed in, as handler arguments.

mod backend;
mod caller;
mod context;
mod refused;
mod session;
mod user;

pub use context::{Encounter, Patient};
pub use user::FhirUser;
