//! Access tokens for the application itself, without a user (SMART App Launch 2.2, Backend Services): [`BackendClient`].
//!
//! A token is asked for once for all callers of all processes. It is kept in the token store (`kept`); whoever finds none
//! there notes that it asks, asks (`ask`), and puts the answer in the place of its note (`obtain`). Nothing is lost by
//! asking twice, as no refresh token is spent: that it is done once spares the EHR.

mod ask;
mod check;
mod client;
mod error;
mod failure;
mod kept;
mod lease;
mod obtain;
mod renewal;
mod token;
mod work;

pub(crate) use self::client::Backends;
pub use self::{
    check::TokenCheckError, client::BackendClient, error::BackendError, failure::BackendFailure, token::BackendToken,
};
pub use crate::config::BackendRenewal;
