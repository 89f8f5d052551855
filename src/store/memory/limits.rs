//! How much is kept at most: [`MemoryStoreLimits`].

/// How much a [`MemoryStore`](crate::store::MemoryStore) keeps, over all browsers. Each at least 1.
///
/// A large limit is divided among parts of the store by the keys' hashes, and each part makes room for itself: the
/// store may begin to do so a little before the whole limit is reached, and what goes is the oldest or the longest
/// unused *of that part*. Limits under 2048 are not divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryStoreLimits {
    /// Pending authorizations whose callback came. Past this the oldest of those that failed is forgotten, then of those
    /// that landed, and those whose code is being exchanged last. Default: 100,000, which take about 60 MB: 0.4 kB each
    /// while the code is exchanged, 0.6 kB with an answer, at most 5 kB with the longest explanation of an EHR. Those that
    /// nobody has come back with take no room here: they are in their browsers' cookies.
    pub pending: usize,
    /// Open launches; past this the one unused for the longest ends
    /// ([`EndReason::Evicted`](crate::store::EndReason::Evicted)). As many ended ones are remembered, and short
    /// lists for eight times as many names of browsers: which names are one browser's, which launch cookies it has, and when it signed out.
    /// Only launches and signing out of them make lists. They are kept for a while longer than a launch can be open
    /// ([`Lifetimes`](crate::store::Lifetimes)), and most launches make them for two names. Past the limit those go that run out first.
    /// Those of a name take 0.2 to 0.3 kB, and up to 4 kB where a browser opens one launch after the other. Default: 1,000,000, whose lists take
    /// about 2 GB when all their room is used.
    pub launches: usize,
}

impl Default for MemoryStoreLimits {
    fn default() -> Self {
        Self {
            pending: 100_000,
            launches: 1_000_000,
        }
    }
}

impl MemoryStoreLimits {
    /// Sets how many pending authorizations are kept.
    #[must_use]
    pub const fn pending(mut self, pending: usize) -> Self {
        self.pending = pending;
        self
    }

    /// Sets how many open launches are kept.
    #[must_use]
    pub const fn launches(mut self, launches: usize) -> Self {
        self.launches = launches;
        self
    }
}
