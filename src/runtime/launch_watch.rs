//! Counts and audits the launches that the store opens and ends: [`Watch`].

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use super::audit::Auditor;
use crate::{
    audit::AuditEvent,
    meter,
    store::{EndReason, EndedLaunch, EndedLaunches, LaunchKey, LaunchKind, LaunchRecord, LaunchWatch},
};

/// So many launches whose end was found are remembered, so that it is told once.
const FOUND: usize = 1024;

/// Counts and audits the launches that the store opens and ends.
#[derive(Debug)]
pub(crate) struct Watch {
    audit: Arc<Auditor>,
    found: Mutex<VecDeque<LaunchKey>>,
}

impl Watch {
    /// `None` where nobody wants to know.
    pub(crate) fn of(audit: &Arc<Auditor>) -> Option<Arc<dyn LaunchWatch>> {
        if !audit.is_on() && !meter::IS_ON {
            return None;
        }
        Some(Arc::new(Self {
            audit: Arc::clone(audit),
            found: Mutex::default(),
        }))
    }

    /// Whether this end is found for the first time.
    fn is_new(&self, key: LaunchKey) -> bool {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if found.contains(&key) {
            return false;
        }
        if found.len() == FOUND {
            found.pop_front();
        }
        found.push_back(key);
        true
    }
}

impl LaunchWatch for Watch {
    fn opened(&self, ehr: &str, kind: LaunchKind) {
        meter::LAUNCHES_OPENED.count([("ehr", ehr), ("kind", kind.name())]);
    }

    fn ended(&self, ended: &EndedLaunches, reason: &dyn Fn(&LaunchRecord) -> EndReason) {
        for record in &ended.records {
            let reason = reason(record);
            meter::LAUNCHES_ENDED.count([("ehr", &record.origin.ehr), ("reason", reason.name())]);
            self.audit.note(|at| AuditEvent::ended(at, record, reason));
        }
        if ended.unreadable > 0 {
            meter::LAUNCHES_ENDED.add(ended.unreadable, [("ehr", "unreadable"), ("reason", "unreadable")]);
        }
    }

    fn found_ended(&self, key: LaunchKey, ended: &EndedLaunch) {
        if self.is_new(key) {
            meter::LAUNCHES_ENDED.count([("ehr", &ended.ehr), ("reason", ended.reason.name())]);
            self.audit.note(|at| AuditEvent::found_ended(at, key, ended));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{audit::AuditSettings, store::acceptance::sample::launch_key, time::SystemClock};

    #[test]
    fn the_end_of_a_launch_that_was_left_alone_is_told_once() {
        let audit = Auditor::new(AuditSettings::default(), Arc::new(SystemClock));
        let watch = Watch {
            audit: Arc::new(audit),
            found: Mutex::default(),
        };
        let (one, other) = (launch_key(), launch_key());
        let told: Vec<_> = [one, one, other, one].map(|key| watch.is_new(key)).into();
        assert_eq!(told, [true, false, true, false]);
        for _ in 0..FOUND {
            watch.is_new(launch_key());
        }
        assert_eq!(watch.found.lock().unwrap().len(), FOUND);
    }
}
