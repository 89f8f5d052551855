//! Context that the application chooses where the EHR named none: [`Chosen`].

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::protocol::launch_context::{ContextSource, LaunchContext, is_id};

/// Why context cannot be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContextChoiceError {
    /// The EHR named one, and the launch is about that.
    #[error("the EHR named one already; a launch is never about another one than the EHR says")]
    NamedByEhr,
    /// Another one was chosen before.
    #[error("another one was chosen for this launch already")]
    ChosenAlready,
    /// It cannot be the id of a FHIR resource. A reference (`Patient/x`) is none: give the id alone.
    #[error("it is not the id of a resource; give the id alone, without `Patient/` or `Encounter/`")]
    NotAnId,
}

/// What was chosen so far.
#[derive(Debug, Default)]
pub(crate) struct Chosen(Mutex<Ids>);

#[derive(Debug, Default, Clone)]
struct Ids {
    patient: Option<String>,
    encounter: Option<String>,
}

impl Chosen {
    pub(super) fn patient(&self, id: &str, by_ehr: Option<&str>) -> Result<(), ContextChoiceError> {
        choose(&mut self.ids().patient, id, by_ehr)
    }

    pub(super) fn encounter(&self, id: &str, by_ehr: Option<&str>) -> Result<(), ContextChoiceError> {
        choose(&mut self.ids().encounter, id, by_ehr)
    }

    /// The context with what was chosen until now.
    pub(crate) fn added_to(&self, mut context: LaunchContext) -> LaunchContext {
        let ids = self.ids().clone();
        if context.patient.is_none() && ids.patient.is_some() {
            context.patient = ids.patient;
            context.patient_source = ContextSource::Application;
        }
        context.encounter = context.encounter.or(ids.encounter);
        context
    }

    fn ids(&self) -> MutexGuard<'_, Ids> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn choose(chosen: &mut Option<String>, id: &str, by_ehr: Option<&str>) -> Result<(), ContextChoiceError> {
    match (by_ehr, chosen.as_deref()) {
        (Some(named), _) if named == id => Ok(()),
        (Some(_), _) => Err(ContextChoiceError::NamedByEhr),
        (None, _) if !is_id(id) => Err(ContextChoiceError::NotAnId),
        (None, Some(before)) if before != id => Err(ContextChoiceError::ChosenAlready),
        (None, _) => {
            *chosen = Some(id.to_owned());
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
