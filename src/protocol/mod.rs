//! The protocol core: requests built, answers parsed. Pure: no Actix, no awc, no clock, no randomness of its own, no I/O.
//!
//! In the order of a launch:
//!
//! - what starts it: [`launch_request`] with [`return_to`] and [`after`];
//! - what the EHR offers: [`metadata`]; who has which EHR: [`brands`];
//! - to the EHR and back: [`authorization`] with [`pkce`], [`callback`];
//! - code and refresh token against access token: [`token_request`] with [`client_auth`];
//! - the answer: [`token_response`] with [`token_type`] and [`findings`], [`token_error`], [`oauth_error`] and [`reach`];
//! - what came with it: [`token`], [`launch_context`] with [`context_id`], [`scope`], [`id_token`] and [`sign_in`];
//! - who the patient is, and how the EHR looks: [`patient`], [`smart_style`];
//! - what an application registers as, and what a server makes of it: [`client_registration`];
//! - asking about tokens, and revoking them: [`introspection`] and [`endpoint_error`];
//! - what callers of this application show: [`bearer`]; a client that was made for one launch: [`installation`].
//!
//! All of them use: [`http`], [`transport_error`], [`network_guard`], [`urls`] and [`query`]; [`json_object`] and [`body_kind`];
//! [`secret`], [`random`], [`wiped`] and [`echoed_secrets`]; [`launch_id`], [`launch_facts`], [`ehr_text`] and [`visible`]; [`ehr_words`] and [`people`] for the log.

pub(crate) mod after;
pub(crate) mod authorization;
pub(crate) mod bearer;
pub(crate) mod body_kind;
pub(crate) mod brands;
pub(crate) mod bulk;
pub(crate) mod callback;
pub(crate) mod client_auth;
pub(crate) mod client_registration;
pub(crate) mod context_id;
pub(crate) mod echoed_secrets;
pub(crate) mod ehr_text;
pub(crate) mod ehr_words;
pub(crate) mod endpoint_error;
pub(crate) mod fhir;
pub(crate) mod findings;
pub(crate) mod http;
pub(crate) mod id_token;
pub(crate) mod installation;
pub(crate) mod introspection;
pub(crate) mod json_object;
pub(crate) mod launch_context;
pub(crate) mod launch_facts;
pub(crate) mod launch_id;
pub(crate) mod launch_request;
pub(crate) mod look;
pub(crate) mod metadata;
pub(crate) mod network_guard;
pub(crate) mod oauth_error;
pub(crate) mod patient;
pub(crate) mod people;
pub(crate) mod pkce;
pub(crate) mod query;
pub(crate) mod random;
pub(crate) mod reach;
pub(crate) mod return_to;
pub(crate) mod scope;
pub(crate) mod secret;
pub(crate) mod sign_in;
pub(crate) mod smart_style;
pub(crate) mod token;
pub(crate) mod token_error;
pub(crate) mod token_request;
pub(crate) mod token_response;
pub(crate) mod token_type;
pub(crate) mod transport_error;
pub(crate) mod urls;
pub(crate) mod visible;
pub(crate) mod wiped;
