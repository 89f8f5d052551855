//! Scopes: the list of an OAuth message (RFC 6749, section 3.3), and what its tokens mean in SMART App Launch 2.2.

mod commas;
mod constraints;
mod cover;
mod error;
mod in_version;
mod permissions;
mod prefix;
mod resource;
mod scopes;
mod strictness;
mod token;
mod version;

#[cfg(test)]
mod tests;

pub use error::{InvalidScope, ScopeError};
pub use permissions::Permissions;
pub use resource::{ResourceScope, ScopeContext};
pub use scopes::Scopes;
pub use token::{LaunchContextScope, Scope, ScopeKind, ScopeSpelling};
pub use version::ScopeVersion;
