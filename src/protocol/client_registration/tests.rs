//! Metadata, answers and what changes between them.

mod answers;
mod hindrances;
mod metadata;
