//! Who the patient of a launch is, read out of the FHIR resource.

pub(crate) mod date;
pub(crate) mod facts;
pub(crate) mod identifier;
pub(crate) mod name;
mod period;
