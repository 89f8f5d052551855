//! What the EHR offers: the `.well-known/smart-configuration` document (SMART App Launch 2.2, Conformance).
//!
//! Reading is tolerant, because real servers leave things out and get types wrong: only what would send a secret to
//! the wrong place is an error. What else is wrong with a document is listed by [`ServerMetadata::validate`].

mod associated_endpoint;
mod brand_identifier;
mod capabilities;
mod error;
#[cfg(test)]
mod properties;
mod read;
mod server_metadata;
#[cfg(test)]
mod tests;
mod validate;
mod violation;

pub use associated_endpoint::AssociatedEndpoint;
pub use brand_identifier::BrandIdentifier;
pub use error::MetadataError;
pub use server_metadata::ServerMetadata;
pub use violation::MetadataViolation;
