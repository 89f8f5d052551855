//! A configuration that cannot be built, as a report.

use super::{
    check::Check,
    finding::{Findings, Status},
    report::Preflight,
};
use crate::config::{ConfigError, ProblemKind};

/// Each problem as a failure, so that a program shows them in the same table.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{SmartConfig, preflight::Preflight};
///
/// let error = SmartConfig::builder().build().unwrap_err();
/// let report = Preflight::from(&error);
/// assert!(!report.can_launch());
/// ```
impl From<&ConfigError> for Preflight {
    fn from(error: &ConfigError) -> Self {
        let mut findings = Findings::about_application();
        for problem in error.problems() {
            let place = problem.place();
            let found = match &problem.kind {
                ProblemKind::Missing => format!("`{place}` is missing."),
                ProblemKind::Invalid(reason) => format!("`{place}` {reason}."),
            };
            let cure = format!("Give it: {}.", problem.how_to_give());
            findings.add(Check::Configuration, Status::Failure, found, Some(cure));
        }
        Self {
            registrations: Vec::new(),
            findings: findings.into_list(),
        }
    }
}
