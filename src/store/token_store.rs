//! The store that an application gives to the configuration: [`TokenStore`].

use std::{fmt, sync::Arc};

use super::{MemoryStore, TokenStoreBackend};

/// Launches, wherever they are kept, and which callbacks were used. Cheap to clone; clones share the same store.
///
/// The default is [`TokenStore::memory`]: one process, lost when it ends.
#[derive(Clone)]
pub struct TokenStore {
    backend: Arc<dyn TokenStoreBackend>,
}

impl TokenStore {
    /// Launches in the memory of this process, with the default [`MemoryStoreLimits`](super::MemoryStoreLimits). See
    /// [`MemoryStore`].
    #[must_use]
    pub fn memory() -> Self {
        Self::new(MemoryStore::new())
    }

    /// A store over your own backend.
    #[must_use]
    pub fn new(backend: impl TokenStoreBackend) -> Self {
        Self {
            backend: Arc::new(backend),
        }
    }

    /// The backend.
    #[must_use]
    pub fn backend(&self) -> &dyn TokenStoreBackend {
        &*self.backend
    }
}

impl Default for TokenStore {
    fn default() -> Self {
        Self::memory()
    }
}

impl fmt::Debug for TokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenStore").field(&self.backend).finish()
    }
}
