//! Granted scopes without their context, as Epic and others send them.

use super::{
    resource::{ResourceScope, ScopeContext},
    scopes::Scopes,
    token::{Scope, ScopeKind, unprefixed_type},
};

impl Scopes {
    /// These granted scopes with `patient/`, `user/` or `system/` put in front where the EHR left it out: `Patient.read`
    /// becomes `patient/Patient.read` if the request asked for `patient/Patient…` or `patient/*…`, and one scope for
    /// each context under which the request did.
    ///
    /// Everything else stays as it is, a scope for a type that nobody asked for included. Some EHRs grant
    /// `Patient.Read` without saying whose data is meant, so this believes that they mean what was asked for.
    ///
    /// # Examples
    ///
    /// ```
    /// use actix_smart_auth::scope::Scopes;
    ///
    /// let requested = Scopes::parse("launch patient/Patient.rs user/Observation.rs");
    /// let granted = Scopes::parse("Patient.Read Observation.Read Task.Read");
    /// assert_eq!(
    ///     granted.with_prefixes_of(&requested),
    ///     Scopes::parse("patient/Patient.Read user/Observation.Read Task.Read")
    /// );
    /// ```
    #[must_use]
    pub fn with_prefixes_of(&self, requested: &Self) -> Self {
        let asked: Vec<ResourceScope<'_>> = requested
            .iter()
            .filter_map(|token| match Scope::parse(token).kind() {
                ScopeKind::Resource(scope) => Some(scope),
                _ => None,
            })
            .collect();
        let mut all: Vec<String> = Vec::new();
        for token in self.iter() {
            let before = all.len();
            if let Some(of_type) = unprefixed_type(token) {
                let contexts = ScopeContext::ALL.into_iter().filter(|context| {
                    asked
                        .iter()
                        .any(|it| it.context() == *context && [of_type, "*"].contains(&it.resource_type()))
                });
                all.extend(contexts.map(|context| format!("{context}/{token}")));
            }
            if all.len() == before {
                all.push(token.to_owned());
            }
        }
        all.into_iter().collect()
    }
}
