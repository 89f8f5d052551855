//! One callback, and what answering it needs: [`Work`].

use std::sync::Arc;

use crate::{
    config::Ehr,
    launch::{browser::Browser, exchange::Exchange, id_token::IdTokenVerifier, revoke::Revoker},
    runtime::Runtime,
    store::{CallbackKey, PendingKey, PendingRecord},
};

/// One callback, and what its work needs.
pub(super) struct Work {
    pub(super) runtime: Arc<Runtime>,
    pub(super) revoker: Revoker,
    pub(super) verifier: IdTokenVerifier,
    pub(super) key: PendingKey,
    pub(super) callback: CallbackKey,
    pub(super) browser: Browser,
    /// The path of the redirect URI that was opened, as the browser sees it.
    pub(super) arrived_at: String,
}

impl Work {
    pub(super) fn exchange<'a>(&'a self, ehr: &'a Arc<Ehr>, pending: &'a PendingRecord) -> Exchange<'a> {
        Exchange {
            runtime: &self.runtime,
            revoker: &self.revoker,
            verifier: &self.verifier,
            ehr,
            pending,
        }
    }
}
