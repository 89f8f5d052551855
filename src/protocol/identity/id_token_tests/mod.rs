//! Id tokens, good and bad; keys; `fhirUser`.
