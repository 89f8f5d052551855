//! What came to the token endpoint, from when to when, and how it ended.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// What a token request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Exchange,
    Refresh,
}

/// All token requests, in the order of their arrival.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    requests: Vec<TokenRequest>,
    /// How often each refresh token came.
    refresh_tokens: HashMap<String, usize>,
}

#[derive(Debug)]
struct TokenRequest {
    tenant: usize,
    kind: Kind,
    arrived: Instant,
    /// When, and whether it was answered: else the client went away.
    left: Option<(Instant, bool)>,
}

impl Tally {
    /// Gives back its number.
    pub(super) fn arrived(&mut self, tenant: usize, kind: Kind, secret: &str) -> usize {
        if kind == Kind::Refresh {
            *self.refresh_tokens.entry(secret.to_owned()).or_default() += 1;
        }
        self.requests.push(TokenRequest {
            tenant,
            kind,
            arrived: Instant::now(),
            left: None,
        });
        self.requests.len() - 1
    }

    pub(super) fn left(&mut self, number: usize, is_answered: bool) {
        self.requests[number].left = Some((Instant::now(), is_answered));
    }

    pub(crate) fn count(&self, tenant: usize, kind: Kind) -> usize {
        self.of(tenant, kind).count()
    }

    /// How many refresh tokens came more than once.
    pub(crate) fn sent_twice(&self) -> usize {
        self.refresh_tokens.values().filter(|times| **times > 1).count()
    }

    /// How many clients of a tenant went away before they were answered.
    pub(crate) fn abandoned(&self, tenant: usize) -> usize {
        let of_tenant = self.requests.iter().filter(|request| request.tenant == tenant);
        of_tenant
            .filter(|request| matches!(request.left, Some((_, false))))
            .count()
    }

    /// The largest number that was under way at once.
    pub(crate) fn most_at_once(&self, tenant: usize, kind: Kind) -> usize {
        let mut steps = Vec::new();
        for request in self.of(tenant, kind) {
            steps.push((request.arrived, 1));
            steps.extend(request.left.map(|(left, _)| (left, -1)));
        }
        // One that leaves at a moment makes room for one that arrives at it.
        steps.sort_unstable();
        let mut now = 0_i64;
        let most = steps.into_iter().map(|(_, step)| {
            now += step;
            now
        });
        usize::try_from(most.max().unwrap_or(0)).unwrap()
    }

    /// How many were under way on average between two moments.
    pub(crate) fn mean_at_once(&self, tenant: usize, kind: Kind, from: Instant, to: Instant) -> f64 {
        let within = self.of(tenant, kind).map(|request| {
            let left = request.left.map_or(to, |(left, _)| left.min(to));
            left.saturating_duration_since(request.arrived.max(from))
        });
        within.sum::<Duration>().as_secs_f64() / to.duration_since(from).as_secs_f64()
    }

    fn of(&self, tenant: usize, kind: Kind) -> impl Iterator<Item = &TokenRequest> {
        let matching = move |request: &&TokenRequest| request.tenant == tenant && request.kind == kind;
        self.requests.iter().filter(matching)
    }
}
