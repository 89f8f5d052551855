//! `patient/Observation.rs?category=laboratory` and its kind: [`ResourceScope`].

use std::fmt;

use super::{constraints, error::ScopeError, permissions::Permissions, strictness::Strictness, version::ScopeVersion};

/// Whose data a resource scope is about. None of them stands for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScopeContext {
    /// `patient`: the patient in context.
    Patient,
    /// `user`: what the user may see.
    User,
    /// `system`: what a backend service may see.
    System,
}

/// A scope for FHIR data of SMART v1 or v2: whose data, which type, what is allowed, and for which of them.
///
/// Borrows the token. `Display` gives the token back, without the prefix of a URI. `==` compares how scopes are
/// written; what they allow is compared by [`Scopes::covers`](super::Scopes::covers).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceScope<'a> {
    context: ScopeContext,
    resource_type: &'a str,
    permissions: Permissions,
    version: ScopeVersion,
    /// What stands behind the dot, as it was written.
    written: &'a str,
    /// What stands behind `?`.
    query: Option<&'a str>,
}

impl ScopeContext {
    pub(super) const ALL: [Self; 3] = [Self::Patient, Self::User, Self::System];

    /// As a scope says it: `patient`, `user` or `system`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::User => "user",
            Self::System => "system",
        }
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|context| context.as_str() == text)
    }
}

impl fmt::Display for ScopeContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<'a> ResourceScope<'a> {
    /// Reads what stands behind `patient/`, `user/` or `system/`.
    pub(super) fn read(context: ScopeContext, rest: &'a str, strictness: Strictness) -> Result<Self, ScopeError> {
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        let (resource_type, written) = rest.split_once('.').unwrap_or((rest, ""));
        if !is_resource_type(resource_type) {
            return Err(ScopeError::BadResourceType);
        }
        let (permissions, version) = Permissions::read(written, strictness)?;
        if let Some(query) = query {
            constraints::check(query)?;
            if version == ScopeVersion::V1 && strictness == Strictness::Strict {
                return Err(ScopeError::ConstraintInV1);
            }
        }
        Ok(Self {
            context,
            resource_type,
            permissions,
            version,
            written,
            query,
        })
    }

    /// Whose data.
    #[must_use]
    pub const fn context(&self) -> ScopeContext {
        self.context
    }

    /// The FHIR resource type, or `*` for every type, those of the future included.
    #[must_use]
    pub const fn resource_type(&self) -> &'a str {
        self.resource_type
    }

    /// What is allowed. `.read`, `.write` and `.*` of SMART v1 are `rs`, `cud` and `cruds`.
    #[must_use]
    pub const fn permissions(&self) -> Permissions {
        self.permissions
    }

    /// In which version's words the permissions are written.
    #[must_use]
    pub const fn version(&self) -> ScopeVersion {
        self.version
    }

    /// The search parameters that narrow the scope, as they were written; all of them apply.
    pub fn constraints(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        constraints::pairs(self.query)
    }

    /// Whether search parameters narrow it.
    #[must_use]
    pub const fn is_constrained(&self) -> bool {
        self.query.is_some()
    }

    pub(super) const fn query(&self) -> Option<&'a str> {
        self.query
    }
}

impl fmt::Display for ResourceScope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}.{}", self.context, self.resource_type, self.written)?;
        match self.query {
            Some(query) => write!(f, "?{query}"),
            None => Ok(()),
        }
    }
}

/// `*`, or what can be the name of a FHIR resource type. There is no list of them: each version of FHIR has its own.
fn is_resource_type(text: &str) -> bool {
    text == "*"
        || (text.starts_with(|c: char| c.is_ascii_uppercase()) && text.chars().all(|c| c.is_ascii_alphanumeric()))
}
