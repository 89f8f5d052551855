//! The faults that wait for their requests: [`FaultQueue`].

use std::collections::VecDeque;

use super::{Fault, FaultPoint, SandboxFault, Times, When};

/// The faults that are waiting for their request, in the order in which they were injected.
#[derive(Debug, Clone, Default)]
pub(in crate::sandbox) struct FaultQueue(VecDeque<SandboxFault>);

impl FaultQueue {
    pub(in crate::sandbox) fn push(&mut self, fault: SandboxFault) {
        if fault.times != Times::N(0) {
            self.0.push_back(fault);
        }
    }

    /// Those that are waiting, in the order in which they came.
    pub(in crate::sandbox) fn waiting(&self) -> impl Iterator<Item = &SandboxFault> {
        self.0.iter()
    }

    /// The first waiting fault for `point`; it is used up by one request.
    pub(in crate::sandbox) fn take(&mut self, point: FaultPoint) -> Option<(When, Fault)> {
        let position = self.0.iter().position(|rule| rule.on == point)?;
        let rule = self.0.get_mut(position)?;
        let taken = (rule.when, rule.fault.clone());
        match rule.times {
            Times::Always => {}
            Times::N(left) if left > 1 => rule.times = Times::N(left - 1),
            Times::N(_) | Times::Once => {
                self.0.remove(position);
            }
        }
        Some(taken)
    }

    pub(in crate::sandbox) fn clear(&mut self) {
        self.0.clear();
    }
}
