//! Which scope a request needs, and when it is certain that nothing granted allows it.

use crate::protocol::scope::{Permissions, Scope, ScopeKind, Scopes};

/// What a request does with resources of a type.
#[derive(Debug, Clone)]
pub(super) struct Needed {
    resource_type: String,
    permission: Permissions,
}

impl Needed {
    pub(super) fn new(resource_type: &str, permission: Permissions) -> Self {
        Self {
            resource_type: resource_type.to_owned(),
            permission,
        }
    }

    /// Whether some granted scope may allow it: whose data it is for, and what narrows it, the server decides.
    pub(super) fn may_be_allowed_by(&self, granted: &Scopes) -> bool {
        granted.iter().any(|scope| match Scope::parse(scope).kind() {
            ScopeKind::Resource(scope) => {
                let is_of_type = scope.resource_type() == "*" || scope.resource_type() == self.resource_type;
                is_of_type && scope.permissions().intersects(self.permission)
            }
            // The user's own resource may be read.
            ScopeKind::FhirUser => self.permission == Permissions::READ && USERS.contains(&self.resource_type.as_str()),
            // Servers have scopes of their own for data, written as paths or addresses.
            ScopeKind::Other(scope) => scope.contains('/'),
            _ => false,
        })
    }

    /// As SMART writes it.
    pub(super) fn as_scope(&self, context: &str) -> Scopes {
        Scopes::parse(&format!("{context}/{}.{}", self.resource_type, self.permission))
    }
}

/// Resources that a user can be.
const USERS: [&str; 5] = ["Practitioner", "PractitionerRole", "Patient", "RelatedPerson", "Person"];

#[cfg(test)]
mod tests;
