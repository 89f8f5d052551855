//! What people are told: one page for each situation, in plain words.
//!
//! What happened, what to do now. The technical cause is in the log and in the `code`.

mod callback;
mod caller;
mod failed_callback;
mod fhir;
mod later;
mod launch;
mod mistake;
mod phrases;
mod scopes;
mod session;
mod sign_out;

#[cfg(test)]
mod tests;

pub(crate) use callback::{
    bad_callback, callback_at_busy_application, callback_at_busy_ehr, callback_not_offered, callback_not_set_up,
    callback_not_signed, callback_running, callback_without_ehr, callback_without_registration, callback_without_store,
    cookies_missing, error_without_state, nothing_pending, sign_in_used,
};
pub(crate) use caller::{access_token_not_enough, access_token_refused, no_access_token, several_access_tokens};
pub(crate) use failed_callback::failed_callback;
pub(crate) use fhir::{
    record_busy, record_changed, record_mistake, record_not_found, record_not_set_up, record_not_signed,
    record_own_data_away, record_refused, record_silent, record_troubled, record_unusable,
};
pub(crate) use later::store_unavailable;
pub(crate) use launch::{
    Listed, bad_launch, choose_ehr, cookies_blocked, ehr_conflict, ehr_not_allowed, ehrs_unavailable, iss_alone,
    iss_alone_in_a_script, metadata_troubled, metadata_unavailable, metadata_unusable, no_ehr, not_standalone,
    pkce_not_listed, registration_failed, unknown_ehr, which_ehr,
};
pub(crate) use mistake::{internal, not_installed};
pub(crate) use scopes::insufficient_scope;
pub(crate) use session::{
    NewStart, client_refused, cross_site, ended, no_encounter, no_fhir_user, no_identity, no_launch, no_patient,
    unavailable,
};
pub(crate) use sign_out::{
    SignedOutOf, not_signed_out, nothing_to_sign_out, on_to_ehr, perhaps_signed_out, signed_out, still_signed_in,
};
