//! Registering an application by itself (RFC 7591): what it says of itself, and what the server makes of it.

mod answer;
mod builder;
mod change;
mod client;
mod error;
mod hindrance;
mod leftover;
mod metadata;
#[cfg(test)]
mod tests;
mod values;

pub(crate) use answer::{Answer, UnusableAnswer};
pub use builder::ClientMetadataBuilder;
pub use change::MetadataChange;
pub use client::ClientRegistration;
pub(crate) use client::{Parts, Server};
pub use error::{ClientMetadataError, ClientMetadataProblem, ClientMetadataReason};
pub use hindrance::RegistrationHindrance;
pub(crate) use hindrance::UsedWith;
pub(crate) use leftover::Leftover;
pub use metadata::ClientMetadata;
pub use values::{ClientGrantType, Management, SecretExpiry, TokenEndpointAuthMethod};
