//! The protocol core: requests built, answers parsed. Pure: no Actix, no awc, no clock, no randomness of its own, no I/O.
//!
//! In the order of a launch: [`metadata`] (what the EHR offers), [`authorization`] with [`pkce`] (to the EHR and back),
//! [`token`] with [`client_auth`] (code and refresh token against access token), [`launch_context`] and [`scope`]
//! (what came with it). [`secret`], [`urls`] and [`http`] are the values that all of them use.

pub mod authorization;
pub mod client_auth;
pub mod http;
pub mod launch_context;
pub mod metadata;
pub mod pkce;
pub mod scope;
pub mod secret;
pub mod token;
pub mod urls;
