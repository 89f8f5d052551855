//! What a Bulk Data export says (HL7 Bulk Data Access 3.0.0): instants, progress, manifests, lines, and where a token may go.

pub(crate) mod instant;
pub(crate) mod lines;
pub(crate) mod manifest;
pub(crate) mod place;
pub(crate) mod progress;

#[cfg(test)]
mod properties;
