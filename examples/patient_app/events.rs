//! The last audit events, for the drawer of each launch. An application keeps them in a place that lasts: the example `audit` has one.

use std::{
    collections::VecDeque,
    future::ready,
    sync::{Arc, Mutex, PoisonError},
};

use actix_smart_auth::audit::{AuditEvent, AuditFuture, AuditSink};

/// Of all launches together.
const KEPT: usize = 500;

/// The events that this process saw last; clones share them.
#[derive(Clone, Default)]
pub(crate) struct Events(Arc<Mutex<VecDeque<AuditEvent>>>);

impl Events {
    /// The last events of a launch, newest first.
    pub(crate) fn of_launch(&self, launch: &str, most: usize) -> Vec<AuditEvent> {
        let events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let its = events
            .iter()
            .rev()
            .filter(|event| event.launch.as_deref() == Some(launch));
        its.take(most).cloned().collect()
    }
}

impl AuditSink for Events {
    fn write<'a>(&'a self, events: &'a [AuditEvent]) -> AuditFuture<'a> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(events.iter().cloned());
        let surplus = kept.len().saturating_sub(KEPT);
        kept.drain(..surplus);
        Box::pin(ready(Ok(())))
    }
}
