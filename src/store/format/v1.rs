//! Version 1 of the stored forms. Names and meanings here never change; add members with a default only.

mod ended;
mod launch;
mod outcome;
mod parts;
mod pending;
mod refresh;
mod tokens;

pub(super) use self::{ended::Ended, launch::Launch, outcome::Outcome, pending::Pending};
