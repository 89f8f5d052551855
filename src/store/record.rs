//! What a store keeps.

mod callback_outcome;
mod client;
mod end_reason;
mod ended_launch;
mod endpoints;
mod failed_callback;
mod former_patient;
mod launch;
mod launch_kind;
mod launch_origin;
mod patient_digest;
mod pending;
mod proof;
mod refresh_state;
mod return_for;
#[cfg(test)]
mod tests;

pub use self::{
    callback_outcome::CallbackOutcome,
    client::{CredentialKind, PinnedClient},
    end_reason::EndReason,
    ended_launch::EndedLaunch,
    endpoints::{EndpointsSource, PinnedEndpoints},
    failed_callback::{FailedCallback, FailedCallbackKind},
    former_patient::FormerPatient,
    launch::LaunchRecord,
    launch_kind::LaunchKind,
    launch_origin::LaunchOrigin,
    patient_digest::PatientDigest,
    pending::PendingRecord,
    proof::Proof,
    refresh_state::{RefreshFailure, RefreshSent, RefreshState},
    return_for::ReturnFor,
};
