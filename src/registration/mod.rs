//! Registering the application at an EHR by itself (RFC 7591), and reading, changing and deleting the registration later (RFC 7592):
//! [`Registrar`].
//!
//! [`SmartConfig::registrar`](crate::SmartConfig::registrar) gives one; the [guide](crate::guide::registration) has the whole way.
//!
//! A request is sent once. A server that has registered a client and whose answer is lost has a client that nobody knows, and this
//! crate cannot find it out: [`RegistrationError::may_have_registered`] says where that can be so.
//!
//! [`FirstUse`] has the application registered when it is first needed at an EHR, once for all processes; [`KeptRegistrations`] is a look at
//! what was registered.

#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod acceptance;
mod deletion;
mod ehr;
mod error;
mod first_use;
mod newness;
mod refusal_log;
mod register;
mod registrar;
mod sealed;
mod send;
mod why_unwanted;
mod withdraw;

pub(crate) use self::first_use::{FirstUseParts, FirstUses, Unregistered};
pub use self::{
    error::{RefusalMeaning, RegistrationError, RegistrationOperation},
    first_use::{FirstUseError, KeptRegistrations},
    registrar::Registrar,
};
pub use crate::config::first_use::{FirstUse, RegistrationStore, RegistrationStoreFuture, ToRegister};
pub use crate::protocol::client_registration::{
    ClientGrantType, ClientMetadata, ClientMetadataBuilder, ClientMetadataError, ClientMetadataProblem,
    ClientMetadataReason, ClientRegistration, Management, MetadataChange, RegistrationHindrance, SecretExpiry,
    TokenEndpointAuthMethod,
};
