//! An EHR, and what it is looked at with: [`Subject`].

use std::sync::Arc;

use super::options::PreflightOptions;
use crate::{config::Ehr, launch::id_token::IdTokenVerifier, runtime::Runtime};

/// An EHR, and what it is looked at with.
pub(super) struct Subject {
    pub(super) runtime: Arc<Runtime>,
    pub(super) verifier: IdTokenVerifier,
    pub(super) ehr: Arc<Ehr>,
    pub(super) options: PreflightOptions,
}
