//! The protocol core: requests built, answers parsed. Pure: no Actix, no awc, no clock, no randomness of its own, no I/O.
//!
//! In the order of a launch: [`launch_request`] (what starts it) with [`return_to`], [`metadata`] (what the EHR
//! offers), [`authorization`] with [`pkce`] (to the EHR), [`callback`] (and back), [`token_request`] with
//! [`client_auth`] (code and refresh token against access token), [`token_response`] and [`token_error`] (the
//! answer, with [`oauth_error`]), [`introspection`] and [`endpoint_error`] (asking about tokens, and revoking them), [`token`],
//! [`launch_context`], [`scope`], [`identity`] and [`sign_in`] (what came with it). [`secret`], [`launch_id`], [`launch_facts`], [`urls`], [`http`], [`transport_error`],
//! [`address`], [`ehr_text`], [`visible`], [`wiped`], [`echo`], [`members`] and [`query`] are the values and tools that all
//! of them use.

pub(crate) mod address;
pub(crate) mod authorization;
pub(crate) mod callback;
pub(crate) mod client_auth;
pub(crate) mod echo;
pub(crate) mod ehr_text;
pub(crate) mod endpoint_error;
pub(crate) mod http;
pub(crate) mod identity;
pub(crate) mod introspection;
pub(crate) mod launch_context;
pub(crate) mod launch_facts;
pub(crate) mod launch_id;
pub(crate) mod launch_request;
pub(crate) mod members;
pub(crate) mod metadata;
pub(crate) mod oauth_error;
pub(crate) mod pkce;
pub(crate) mod query;
pub(crate) mod random;
pub(crate) mod return_to;
pub(crate) mod scope;
pub(crate) mod secret;
pub(crate) mod sign_in;
pub(crate) mod token;
pub(crate) mod token_error;
pub(crate) mod token_request;
pub(crate) mod token_response;
pub(crate) mod transport_error;
pub(crate) mod urls;
pub(crate) mod visible;
pub(crate) mod wiped;
