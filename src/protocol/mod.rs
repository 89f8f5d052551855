//! The protocol core: requests built, answers parsed. Pure: no Actix, no awc, no clock, no randomness of its own, no I/O.
//!
//! In the order of a launch: [`launch_request`] (what starts it) with [`return_to`], [`metadata`] (what the EHR
//! offers), [`authorization`] with [`pkce`] (to the EHR), [`callback`] (and back), [`token_request`] with
//! [`client_auth`] (code and refresh token against access token), [`token_response`] and [`token_error`] (the
//! answer), [`token`], [`launch_context`] and [`scope`] (what came with it). [`secret`], [`urls`], [`http`],
//! [`ehr_text`] and [`query`] are the values and tools that all of them use.

pub mod authorization;
pub mod callback;
pub mod client_auth;
pub mod ehr_text;
pub mod http;
pub mod launch_context;
pub mod launch_request;
pub mod metadata;
pub mod pkce;
pub mod query;
pub mod return_to;
pub mod scope;
pub mod secret;
pub mod token;
pub mod token_error;
pub mod token_request;
pub mod token_response;
pub mod urls;
