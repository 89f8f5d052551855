//! Metadata, answers and what changes between them.

mod answers;
mod metadata;
