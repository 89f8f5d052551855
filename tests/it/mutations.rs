//! One good launch, and every field of what the EHR says in it broken in turn: the callback, the token response, the id
//! token, the key set.
//!
//! Each row is tried twice, with [`SmartClient`](actix_smart_auth::SmartClient) for its exact error and with the
//! application for the exact answer to the browser. A refused launch leaves nothing: no cookie, no record, no code that
//! went out where it must not, and tokens that were given are revoked. An accepted row says why it is right, and changes
//! what the application is told in that one place.
//!
//! No two fields of one document have the same error, but for those that [`distinct`] is told of, with the reason.

mod callback;
mod callback_error;
mod callback_table;
mod distinct;
mod good;
mod id_token;
mod id_token_claims;
mod key_set;
mod key_set_keys;
mod launches;
mod rows;
pub(crate) mod signer;
mod token_response;
mod token_response_context;
mod told;
