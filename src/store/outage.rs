//! What is said of one outage of a server: [`Outage`].

use std::time::{Duration, Instant};

use super::StoreError;

/// So many causes of one outage are said at most. They are told in the server's words, which may differ each time.
const MOST: usize = 8;

/// A server to which there is no connection, from the first attempt that fails to the one that succeeds.
///
/// Attempts go on every second, and would bury the rest of the log.
#[derive(Debug, Default)]
pub(in crate::store) struct Outage {
    /// `None` while there is none.
    since: Option<Instant>,
    said: Vec<(StoreError, String)>,
}

impl Outage {
    /// An attempt has failed. Whether to say why: each cause once, so that whoever has mended the first one reads what is in the way now.
    pub(in crate::store) fn has_new_cause(&mut self, error: StoreError, why: &str) -> bool {
        self.since.get_or_insert_with(Instant::now);
        let cause = (error, without_numbers(why));
        let is_new = self.said.len() < MOST && !self.said.contains(&cause);
        if is_new {
            self.said.push(cause);
        }
        is_new
    }

    /// An attempt has succeeded. How long the outage was that has ended with it, if there was one.
    pub(in crate::store) fn ended(&mut self) -> Option<Duration> {
        self.said.clear();
        self.since.take().map(|since| since.elapsed())
    }
}

/// Addresses, ports and ids may be others each time, and the cause be the same.
fn without_numbers(why: &str) -> String {
    let words = why.split_whitespace().map(|word| {
        if word.contains(|c: char| c.is_ascii_digit()) {
            "#"
        } else {
            word
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
