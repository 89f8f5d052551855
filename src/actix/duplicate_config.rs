//! Notices a configuration that is built once per worker.
//!
//! Each would have its own memory store: a launch that one worker opened is unknown to the next. Nothing fails
//! loudly then; people are just sent back to sign in at random.

use std::sync::{Mutex, PoisonError, Weak};

use crate::smart_config::{Inner, SmartConfig};

static MOUNTED: Mutex<Vec<Weak<Inner>>> = Mutex::new(Vec::new());

/// Notes that a configuration serves requests, and warns when another one of the same client already does. Returns whether it is
/// the first time.
pub(crate) fn note_mounted(config: &SmartConfig) -> bool {
    let mut mounted = MOUNTED.lock().unwrap_or_else(PoisonError::into_inner);
    mounted.retain(|other| other.strong_count() > 0);
    if mounted.iter().any(|other| other.ptr_eq(&config.downgrade())) {
        return false;
    }
    let twin = mounted
        .iter()
        .filter_map(Weak::upgrade)
        .any(|other| is_twin(&other, config));
    mounted.push(config.downgrade());
    drop(mounted);
    if twin {
        warn();
    }
    true
}

/// Whether several configurations of this client are at work, so that one does not know what another stored.
pub(crate) fn has_twin(config: &SmartConfig) -> bool {
    let mounted = MOUNTED.lock().unwrap_or_else(PoisonError::into_inner);
    mounted
        .iter()
        .filter(|other| !other.ptr_eq(&config.downgrade()))
        .filter_map(Weak::upgrade)
        .any(|other| is_twin(&other, config))
}

pub(crate) fn warn() {
    tracing::error!(
        "several SmartConfigs of the same client serve requests, each with launches of its own; \
         build the SmartConfig once, outside of the closure of `HttpServer::new`, and clone it into each App"
    );
}

fn is_twin(other: &Inner, config: &SmartConfig) -> bool {
    let (one, two) = (other.runtime(), config.runtime());
    let (local, other_local) = (one.store.backend().process_local(), two.store.backend().process_local());
    local.is_some()
        && local != other_local
        && one.registrations.listed().iter().any(|ehr| {
            two.registrations.listed().iter().any(|twin| {
                (ehr.key(), ehr.client_id(), ehr.redirect_uri()) == (twin.key(), twin.client_id(), twin.redirect_uri())
            })
        })
}
