//! What an authorization server has said of tokens: [`Answers`]. Pure: the time is an argument.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use sha2::{Digest as _, Sha256};

use super::{not_checked::NotChecked, pauses::About};
use crate::{
    protocol::{introspection::Introspection, secret::AccessToken},
    time::Timestamp,
};

/// How many good tokens are remembered.
const GOOD: usize = 10_000;
/// How many others, apart from them: whoever invents tokens pushes out other invented ones.
const BAD: usize = 1_000;
/// How long a token stays refused without being asked about again. One that comes before a slow replica of the server knows it is
/// good is taken soon after.
const INACTIVE: Duration = Duration::from_secs(5);
/// How long the same failure is answered again.
const FAILED: Duration = Duration::from_secs(1);
/// How many tokens may be refused in one second, before those are kept away that nobody knows.
const BAD_A_SECOND: u32 = 20;
const SECOND: Duration = Duration::from_secs(1);
/// A longer answer is not kept: ten thousand of them would fill the memory. Of this length they are 40 MB.
const LARGEST: usize = 4 * 1024;

/// What a token is remembered under: it is not kept itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// `ehr` and `client_id` say who was asked by whom: another client may be told something else.
    pub(super) fn of(ehr: &str, client_id: &str, token: &AccessToken) -> Self {
        let parts = ["caller token", ehr, client_id, token.expose_secret()];
        let hash = parts.into_iter().fold(Sha256::new(), |hash, part| {
            // Lengths in front: no two lists give the same bytes.
            hash.chain_update(part.len().to_be_bytes()).chain_update(part)
        });
        Self(hash.finalize().into())
    }
}

/// What is known of a token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Known {
    /// It was good a short time ago.
    Good(Arc<Introspection>),
    /// It was not, a short time ago.
    Bad(Bad),
    /// It was good, longer ago. The server has to be asked again.
    Formerly,
    /// Nothing: it may be invented.
    Stranger,
}

/// What came of a question that did not find the token good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bad {
    Inactive,
    Failed(NotChecked),
}

/// What one server has said. Times are of a clock that never steps.
#[derive(Default)]
pub(super) struct Answers {
    good: Recent<Option<Arc<Introspection>>>,
    bad: Recent<Bad>,
    /// Those about which the server gave no answer the last time.
    stuck: Recent<()>,
    /// When the second ends in which bad ones are counted.
    second_ends: Option<Timestamp>,
    bad_in_it: u32,
}

impl Answers {
    pub(super) fn of(&self, token: TokenDigest, now: Timestamp) -> Known {
        match (self.good.get(&token), self.bad.get(&token)) {
            (Some((Some(said), until)), _) if now < until => Known::Good(Arc::clone(said)),
            (_, Some((bad, until))) if now < until => Known::Bad(*bad),
            (Some(_), _) => Known::Formerly,
            _ => Known::Stranger,
        }
    }

    /// On whose behalf the server is asked about it.
    pub(super) fn about(&self, token: TokenDigest) -> About {
        match (self.stuck.get(&token), self.good.get(&token)) {
            (Some(_), _) => About::Stuck,
            (None, Some(_)) => About::Known,
            (None, None) => About::Stranger,
        }
    }

    /// A question about it got no answer, and had the server left alone.
    pub(super) fn stuck(&mut self, token: TokenDigest, now: Timestamp) {
        self.stuck.put(token, (), now, BAD);
    }

    /// Whether nothing bad was known of it, however long ago.
    pub(super) fn is_new(&self, token: TokenDigest) -> bool {
        self.bad.get(&token).is_none()
    }

    /// How long strangers have to wait, as too many tokens were bad in this second.
    pub(super) fn flood(&self, now: Timestamp) -> Option<Duration> {
        let over = self
            .second_ends
            .filter(|over| self.bad_in_it >= BAD_A_SECOND && now < *over)?;
        Some(over.saturating_since(now))
    }

    pub(super) fn good(&mut self, token: TokenDigest, said: &Arc<Introspection>, kept_for: Duration, now: Timestamp) {
        self.bad.remove(&token);
        self.stuck.remove(&token);
        let kept = (said.size() <= LARGEST).then(|| Arc::clone(said));
        self.good.put(token, kept, now.saturating_add(kept_for), GOOD);
    }

    pub(super) fn bad(&mut self, token: TokenDigest, bad: Bad, now: Timestamp) {
        let time = match bad {
            // A server in trouble is no flood of invented tokens.
            Bad::Inactive => {
                if self.second_ends.is_none_or(|over| now >= over) {
                    (self.second_ends, self.bad_in_it) = (Some(now.saturating_add(SECOND)), 0);
                }
                self.bad_in_it = self.bad_in_it.saturating_add(1);
                self.good.remove(&token);
                self.stuck.remove(&token);
                INACTIVE
            }
            Bad::Failed(_) => FAILED,
        };
        self.bad.put(token, bad, now.saturating_add(time), BAD);
    }
}

/// The newest values of a kind.
struct Recent<T> {
    by_token: HashMap<TokenDigest, Entry<T>>,
    /// In the order in which they came. One whose number is not the entry's any more stands for nothing.
    order: VecDeque<(u64, TokenDigest)>,
    last_number: u64,
}

struct Entry<T> {
    value: T,
    until: Timestamp,
    number: u64,
}

impl<T> Recent<T> {
    fn get(&self, token: &TokenDigest) -> Option<(&T, Timestamp)> {
        self.by_token.get(token).map(|entry| (&entry.value, entry.until))
    }

    fn remove(&mut self, token: &TokenDigest) {
        self.by_token.remove(token);
    }

    fn put(&mut self, token: TokenDigest, value: T, until: Timestamp, most: usize) {
        self.last_number = self.last_number.wrapping_add(1);
        let number = self.last_number;
        self.by_token.insert(token, Entry { value, until, number });
        self.order.push_back((number, token));
        while self.by_token.len() > most
            && let Some((number, oldest)) = self.order.pop_front()
        {
            if self.by_token.get(&oldest).is_some_and(|entry| entry.number == number) {
                self.by_token.remove(&oldest);
            }
        }
        if self.order.len() > most.saturating_mul(2) {
            let entries = &self.by_token;
            self.order
                .retain(|(number, token)| entries.get(token).is_some_and(|entry| entry.number == *number));
        }
    }
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self {
            by_token: HashMap::new(),
            order: VecDeque::new(),
            last_number: 0,
        }
    }
}

#[cfg(test)]
mod tests;
