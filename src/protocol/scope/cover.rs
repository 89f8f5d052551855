//! Whether what was granted is enough for what is needed.

use super::{
    constraints,
    permissions::Permissions,
    resource::ResourceScope,
    scopes::Scopes,
    token::{Scope, ScopeKind},
};

impl Scopes {
    /// Whether these granted scopes together allow all that the needed ones do.
    ///
    /// Resource scopes (SMART v1 and v2, SMART App Launch 2.2 on scope equivalence) are compared by what they allow:
    ///
    /// - Grants add up, letter by letter: `.r` with `.s` covers `.rs`; `patient/*.rs` with `patient/Task.cud` covers
    ///   `patient/Task.cruds`. `.read`, `.write` and `.*` are `.rs`, `.cud` and `.cruds`, in capitals too (`.Read`).
    /// - `*` covers every type. A needed `*` needs a granted `*`: no list of types is all of them.
    /// - `patient`, `user` and `system` never stand for each other.
    /// - A grant without search parameters covers a need with some. A grant with some covers a need that has the same,
    ///   in any order, and perhaps more; never one without. Of a comma list each value is an alternative:
    ///   `category=a,b` covers `category=a`, and `category=a` with `category=b` covers `category=a,b`.
    /// - Search parameters are compared as text: a code with and without its system differ. Where a comma may mean
    ///   something else (`code:not`, `subject.name`, `_filter`, percent-encoded values) the whole value must be the same.
    ///
    /// Every other scope is covered by the same scope alone, `fhirUser` not by `profile`. A scope written as a URI
    /// (`http://smarthealthit.org/fhir/scopes/…`) is the same scope.
    ///
    /// **Do not need `launch`, `openid`, `online_access` or `offline_access`**: many EHRs give what these ask for and
    /// do not repeat them in the granted scopes, so needing them refuses good launches. Look at the context, the id
    /// token or the refresh token instead.
    #[must_use]
    pub fn covers(&self, needed: &Self) -> bool {
        let granted = Granted::of(self);
        needed.iter().all(|token| granted.covers(&Scope::parse(token)))
    }

    /// Whether these granted scopes allow all that one needed scope does; see [`covers`](Self::covers).
    #[must_use]
    pub fn covers_scope(&self, needed: &Scope<'_>) -> bool {
        Granted::of(self).covers(needed)
    }

    /// The needed scopes that these granted ones do not cover, as they are written; see [`covers`](Self::covers).
    #[must_use]
    pub fn uncovered(&self, needed: &Self) -> Self {
        let granted = Granted::of(self);
        needed
            .iter()
            .filter(|token| !granted.covers(&Scope::parse(token)))
            .collect()
    }
}

/// Granted scopes, read once for all that is asked of them.
struct Granted<'a>(Vec<ScopeKind<'a>>);

impl<'a> Granted<'a> {
    fn of(scopes: &'a Scopes) -> Self {
        Self(scopes.iter().map(|token| Scope::parse(token).kind()).collect())
    }

    fn covers(&self, needed: &Scope<'_>) -> bool {
        match needed.kind() {
            ScopeKind::Resource(needed) => self.covers_resource(&needed),
            needed => self.0.contains(&needed),
        }
    }

    /// A need with alternatives is several needs, and each may be covered by grants of its own.
    fn covers_resource(&self, needed: &ResourceScope<'_>) -> bool {
        match constraints::combinations(needed.query()) {
            Some(combinations) => combinations.iter().all(|atoms| {
                self.allowed(needed, |granted| constraints::admits(granted.query(), atoms))
                    .contains(needed.permissions())
            }),
            None => self
                .allowed(needed, |granted| {
                    constraints::is_within(needed.query(), granted.query())
                })
                .contains(needed.permissions()),
        }
    }

    /// What the grants allow together that are about the needed type and context and are let through.
    fn allowed(&self, needed: &ResourceScope<'_>, is_wide_enough: impl Fn(&ResourceScope<'_>) -> bool) -> Permissions {
        self.0
            .iter()
            .filter_map(|kind| match kind {
                ScopeKind::Resource(granted) => Some(granted),
                _ => None,
            })
            .filter(|granted| granted.context() == needed.context())
            .filter(|granted| ["*", needed.resource_type()].contains(&granted.resource_type()))
            .filter(|granted| is_wide_enough(granted))
            .fold(Permissions::NONE, |all, granted| all.union(granted.permissions()))
    }
}
