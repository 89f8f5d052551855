//! JSON objects in which no member comes twice.
