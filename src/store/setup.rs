//! What a store says about how it is set up: [`SetupFinding`].

use std::{future::Future, pin::Pin};

/// One thing about how a store is set up, for [`SmartConfig::preflight`](crate::SmartConfig::preflight).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SetupFinding {
    /// What it is about.
    pub subject: SetupSubject,
    /// How it is.
    pub verdict: SetupVerdict,
    /// What was found: sentences, without anything secret.
    pub found: String,
    /// What to do about it: sentences.
    pub cure: Option<String>,
}

/// What can be set up well or badly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SetupSubject {
    /// Whether launches are thrown away when memory is short.
    Eviction,
    /// Whether launches survive a restart of the store.
    Disk,
    /// Whether launches survive that a standby takes over.
    FailOver,
    /// Whether the store lets this application do what it has to.
    Rights,
    /// Whether one lost part of a store of several makes all of it unavailable.
    Coverage,
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SetupVerdict {
    /// No acknowledged launch is lost by it.
    Good,
    /// Launches can be lost.
    Risky,
    /// It cannot be seen from here.
    Unknown,
}

/// The future that [`TokenStoreBackend::look_at_setup`](super::TokenStoreBackend::look_at_setup) returns.
pub type SetupFuture<'a> = Pin<Box<dyn Future<Output = Vec<SetupFinding>> + Send + 'a>>;

impl SetupFinding {
    /// Something that is as it should be.
    pub fn good(subject: SetupSubject, found: impl Into<String>) -> Self {
        Self::of(subject, SetupVerdict::Good, found, None)
    }

    /// Something that can cost launches, and what to do.
    pub fn risky(subject: SetupSubject, found: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::of(subject, SetupVerdict::Risky, found, Some(cure.into()))
    }

    /// Something that cannot be seen from here.
    pub fn unknown(subject: SetupSubject, found: impl Into<String>) -> Self {
        Self::of(subject, SetupVerdict::Unknown, found, None)
    }

    fn of(subject: SetupSubject, verdict: SetupVerdict, found: impl Into<String>, cure: Option<String>) -> Self {
        Self {
            subject,
            verdict,
            found: found.into(),
            cure,
        }
    }
}
