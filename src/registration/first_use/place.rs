//! Where registrations are kept: [`Place`].

use std::{sync::Arc, time::Duration};

use super::error::FirstUseError;
use crate::{
    config::first_use::RegistrationStore,
    runtime::{Runtime, app_threads::CallerKind},
    store::{StoreError, ValueKey},
    time::Timestamp,
};

/// How long a call of the application's store may take.
const LIMIT: Duration = Duration::from_secs(5);

/// What a token store promises to keep.
const LARGEST: usize = 256 << 10;

/// The token store of the configuration, or a store of the application.
#[derive(Debug, Clone)]
pub(super) enum Place {
    TokenStore,
    Own(Arc<dyn RegistrationStore>),
}

/// Under which name one registration is kept.
#[derive(Debug, Clone)]
pub(super) struct Name {
    /// The FHIR base URL, normalized.
    pub(super) ehr: String,
    pub(super) key: ValueKey,
}

impl Name {
    pub(super) fn of(ehr: &str) -> Self {
        Self {
            ehr: ehr.to_owned(),
            key: ValueKey::of("client registration", &[ehr]),
        }
    }
}

impl Place {
    /// What is there, as it is.
    pub(super) async fn load(&self, runtime: &Runtime, name: &Name) -> Result<Option<Vec<u8>>, FirstUseError> {
        match self {
            Self::TokenStore => {
                let loaded = runtime.store.load_value(name.key).await;
                loaded.map_err(|_| FirstUseError::StoreUnavailable)
            }
            Self::Own(store) => {
                let (store, ehr) = (Arc::clone(store), name.ehr.clone());
                let call = move || async move { store.load(&ehr).await };
                told(runtime.app_threads.call(CallerKind::Keeper, LIMIT, call).await)
            }
        }
    }

    /// Whether it was put there. The token store keeps it until `until`.
    pub(super) async fn swap(
        &self,
        runtime: &Runtime,
        name: &Name,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
        until: Timestamp,
    ) -> Result<bool, FirstUseError> {
        match self {
            Self::TokenStore => {
                if value.as_ref().is_some_and(|value| value.len() > LARGEST) {
                    return Err(FirstUseError::StoreRefused);
                }
                let swapped = runtime.store.swap_value(name.key, expected, value, until).await;
                swapped.map_err(|error| match error {
                    StoreError::Refused => FirstUseError::StoreRefused,
                    _ => FirstUseError::StoreUnavailable,
                })
            }
            Self::Own(store) => {
                let (store, ehr) = (Arc::clone(store), name.ehr.clone());
                let call = move || async move { store.swap(&ehr, expected, value).await };
                told(runtime.app_threads.call(CallerKind::Keeper, LIMIT, call).await)
            }
        }
    }
}

fn told<T>(answer: Result<Result<T, impl std::fmt::Display>, impl std::fmt::Display>) -> Result<T, FirstUseError> {
    let error = match answer {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    tracing::warn!(error, "the application's store of registrations did not answer");
    Err(FirstUseError::StoreUnavailable)
}
