//! FHIR as far as requests need it: which addresses are the server's, what it says when it refuses, and pages of a search.

pub(crate) mod address;
pub(crate) mod batch;
pub(crate) mod bundle;
pub(crate) mod outcome;
pub(crate) mod refused_token;
