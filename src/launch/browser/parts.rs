//! Operations of the store that are done for one request one after the other, also where one fails: [`Parts`].

use std::time::Duration;

use crate::{runtime::Runtime, store::StoreError, time::Timestamp};

/// How long the others are tried once one has failed, from the first one on. A store that refuses at once lets all be tried; one that
/// hangs has taken this long with the first, and would with each of the others.
const ENOUGH: Duration = Duration::from_secs(2);

/// What several operations come to, and whether the rest of them is tried.
pub(crate) struct Parts<'a> {
    runtime: &'a Runtime,
    over_at: Timestamp,
    result: Result<(), StoreError>,
}

impl<'a> Parts<'a> {
    /// Parts of which each is of use without the others.
    pub(crate) fn each_of_use(runtime: &'a Runtime) -> Self {
        Self {
            runtime,
            over_at: runtime.steady().saturating_add(ENOUGH),
            result: Ok(()),
        }
    }

    /// Parts of which none is of use without the others.
    pub(crate) fn all_or_none(runtime: &'a Runtime) -> Self {
        Self {
            runtime,
            over_at: runtime.steady(),
            result: Ok(()),
        }
    }

    /// Notes what a part came to. Gives back what it brought.
    pub(crate) fn done<T>(&mut self, part: Result<T, StoreError>) -> Option<T> {
        part.map_err(|error| self.result = Err(error)).ok()
    }

    /// Whether what is left is not tried any more. Something has failed then.
    pub(crate) fn are_over(&self) -> bool {
        self.result.is_err() && self.runtime.steady() >= self.over_at
    }

    /// The last failure, if there was one.
    pub(crate) const fn result(&self) -> Result<(), StoreError> {
        self.result
    }
}

#[cfg(test)]
mod tests;
