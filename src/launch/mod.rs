//! What is done with launches: begun, finished, kept fresh, used, ended.

pub(crate) mod announced;
pub(crate) mod begin;
pub(crate) mod browser;
pub(crate) mod end_session;
pub(crate) mod error;
pub(crate) mod exchange;
pub(crate) mod finish;
pub(crate) mod handle;
pub(crate) mod id_token;
pub(crate) mod installation;
pub(crate) mod insufficient_scope;
pub(crate) mod introspect;
pub(crate) mod keep;
pub(crate) mod logout;
pub(crate) mod patient_facts;
mod patient_match;
pub(crate) mod refresh;
pub(crate) mod revoke;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod smart_style;
mod to_its_end;
pub(crate) mod to_register;
