//! Registering the application at an EHR by itself (RFC 7591), and reading, changing and deleting the registration later (RFC 7592):
//! [`Registrar`].
//!
//! [`SmartConfig::registrar`](crate::SmartConfig::registrar) gives one; the [guide](crate::guide::registration) has the whole way.
//!
//! A request is sent once. A server that has registered a client and whose answer is lost has a client that nobody knows, and this
//! crate cannot find it out: [`RegistrationError::may_have_registered`] says where that can be so.

mod ehr;
mod error;
mod registrar;
mod sealed;
mod send;

pub use self::{
    error::{RefusalMeaning, RegistrationError, RegistrationOperation},
    registrar::Registrar,
};
pub use crate::protocol::client_registration::{
    ClientGrantType, ClientMetadata, ClientMetadataBuilder, ClientMetadataError, ClientMetadataProblem,
    ClientMetadataReason, ClientRegistration, Management, MetadataChange, SecretExpiry, TokenEndpointAuthMethod,
};
