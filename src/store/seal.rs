//! Sealing what a store holds, so that nobody who reads the store reads what is in it.

mod error;
mod key;
mod keys;
mod kind;
#[cfg(test)]
mod tests;
mod value;

pub use self::{error::SealError, key::SealingKeyError, keys::SealingKeys, kind::SealedKind};
