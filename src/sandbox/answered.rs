//! What clients have sent with authorization requests that were answered, so that it is seen when one sends it again: [`Answered`].

use std::collections::{HashSet, VecDeque};

/// So many are remembered; the oldest are forgotten first.
const REMEMBERED: usize = 50_000;

/// What is to be another value for each authorization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Fresh {
    State,
    Nonce,
    Challenge,
}

/// The values of one client and kind.
type Known = (String, Fresh, String);

/// The values that were used.
#[derive(Debug, Default)]
pub(super) struct Answered {
    known: HashSet<Known>,
    in_order: VecDeque<Known>,
}

impl Answered {
    pub(super) fn has(&self, client_id: &str, kind: Fresh, value: &str) -> bool {
        self.known.contains(&(client_id.to_owned(), kind, value.to_owned()))
    }

    pub(super) fn add(&mut self, client_id: &str, kind: Fresh, value: &str) {
        let known: Known = (client_id.to_owned(), kind, value.to_owned());
        if !self.known.insert(known.clone()) {
            return;
        }
        self.in_order.push_back(known);
        if self.in_order.len() > REMEMBERED
            && let Some(oldest) = self.in_order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}
