//! The EHRs of a configuration: each by itself, and that no two are the same server.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use url::Url;

use crate::{
    config::{
        builder::SmartConfigBuilder, ehr::Ehr, ehr_builder::EhrBuilder, error::InvalidReason, problems::Problems,
    },
    protocol::urls::{EndpointUrl, FhirBaseUrl},
};

/// An EHR, what to call it in a message, and what others are compared with even if it is not usable.
pub(super) struct CheckedEhr {
    label: String,
    /// Whether a message has to say which EHR it is about.
    several: bool,
    fhir_base: Option<FhirBaseUrl>,
    pub(super) redirect_uri: Option<EndpointUrl>,
    pub(super) is_without_launches: bool,
    /// `None` when it is not usable.
    pub(super) ehr: Option<Arc<Ehr>>,
}

impl SmartConfigBuilder {
    /// Takes the EHRs out of the builder and checks them.
    pub(super) fn check_ehrs(&mut self, default_redirect: Option<&str>, problems: &mut Problems) -> Vec<CheckedEhr> {
        if self.ehrs.is_empty() && !self.finds_more_ehrs() && !self.ehrs_come_later {
            problems.missing("ehr");
        }
        if self.ehrs.is_empty() && self.finds_more_ehrs() && default_redirect.is_none() {
            problems.missing("redirect_uri");
        }
        let given = std::mem::take(&mut self.ehrs);
        let several = given.len() > 1;
        let mut checked: Vec<CheckedEhr> = Vec::new();
        // Of each server the first, by what its spellings have in common: there may be ten thousand.
        let mut labels: HashMap<String, String> = HashMap::new();
        for (index, builder) in given.into_iter().enumerate() {
            let builder = builder.or_redirect_uri(default_redirect);
            let mut own = Problems::default();
            let mut ehr = CheckedEhr {
                label: label(&builder, index),
                several,
                fhir_base: builder.parsed_fhir_base(),
                redirect_uri: builder.parsed_redirect_uri(),
                is_without_launches: builder.is_without_launches(),
                ehr: None,
            };
            ehr.ehr = builder.check(&mut own).map(Arc::new);
            if let Some(base) = &ehr.fhir_base {
                match labels.entry(base.normalized().to_owned()) {
                    Entry::Occupied(same) => {
                        let other = same.get().clone();
                        own.invalid("fhir_base_url", InvalidReason::SameFhirBase { other });
                    }
                    Entry::Vacant(place) => {
                        place.insert(ehr.label.clone());
                    }
                }
            }
            ehr.report(own, problems);
            checked.push(ehr);
        }
        checked
    }
}

impl CheckedEhr {
    /// Adds problems of this EHR to those of the configuration.
    pub(super) fn report(&self, own: Problems, problems: &mut Problems) {
        problems.0.extend(own.0.into_iter().map(|mut problem| {
            problem.ehr = self.several.then(|| self.label.clone());
            problem
        }));
    }
}

fn label(ehr: &EhrBuilder, index: usize) -> String {
    match ehr.given_name() {
        Some(name) => format!("EHR {name:?}"),
        None => format!("EHR {}", index.saturating_add(1)),
    }
}

/// Names in the log the addresses that are plain http.
pub(super) fn warn_about_http(ehrs: &[Arc<Ehr>]) {
    let plain: Vec<&str> = ehrs
        .iter()
        .flat_map(|ehr| {
            let endpoints = ehr.endpoints();
            [
                Some(ehr.fhir_base_url().url()),
                ehr.redirect_url(),
                endpoints.map(|endpoints| endpoints.authorization.url()),
                endpoints.map(|endpoints| endpoints.token.url()),
                endpoints.and_then(|endpoints| Some(endpoints.revocation.as_ref()?.url())),
                ehr.caller_tokens().and_then(|it| Some(it.endpoint.as_ref()?.url())),
            ]
        })
        .flatten()
        .filter(|url| url.scheme() == "http")
        .map(Url::as_str)
        .collect();
    if !plain.is_empty() {
        tracing::warn!(urls = ?plain, "plain http on this machine's own address: for development only");
    }
}
