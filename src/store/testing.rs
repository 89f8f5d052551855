//! For tests of applications and of backends: a store in front of another one.
//!
//! [`Forwarding`] hands every operation on; a test overrides the ones that it wants to watch or to disturb.

mod forwarding;
mod operation;

pub use self::{forwarding::Forwarding, operation::Operation};
