//! `GET /auth/callback`: what comes back from the EHR, and which EHR it comes from.

mod iss;
#[cfg(test)]
mod properties;
mod query;

pub use iss::IssParameter;
pub(crate) use iss::{IssProblem, KnownEhrs, check_iss};
pub(crate) use query::{CallbackAnswer, CallbackQuery};
pub use query::{CallbackQueryError, EhrError};
