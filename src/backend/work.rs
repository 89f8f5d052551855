//! Which token is meant: [`Work`].

use std::sync::Arc;

use crate::{config::Ehr, protocol::scope::Scopes, store::ValueKey};

/// For which registration and scopes, and under which key it is kept.
#[derive(Clone)]
pub(super) struct Work {
    pub(super) ehr: Arc<Ehr>,
    pub(super) scopes: Scopes,
    pub(super) key: ValueKey,
}

impl Work {
    pub(super) fn new(ehr: Arc<Ehr>, scopes: Scopes) -> Self {
        let mut sorted: Vec<&str> = scopes.iter().collect();
        // The same token, whatever their order.
        sorted.sort_unstable();
        let key = ValueKey::of("backend token", &[ehr.key(), ehr.client_id(), &sorted.join(" ")]);
        Self { ehr, scopes, key }
    }
}
