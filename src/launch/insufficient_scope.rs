//! [`InsufficientScope`]: something needs more than the EHR granted.

use crate::protocol::scope::Scopes;

/// The scopes granted to a launch do not cover those that something needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the EHR did not grant {missing}; request it, or do without what needs it")]
pub struct InsufficientScope {
    needed: Scopes,
    missing: Scopes,
}

impl InsufficientScope {
    pub(crate) fn check(granted: &Scopes, needed: &Scopes) -> Result<(), Self> {
        let missing = granted.uncovered(needed);
        if missing.is_empty() {
            return Ok(());
        }
        Err(Self {
            needed: needed.clone(),
            missing,
        })
    }

    /// All scopes that are needed.
    #[must_use]
    pub const fn needed(&self) -> &Scopes {
        &self.needed
    }

    /// Those of them that are not granted.
    #[must_use]
    pub const fn missing(&self) -> &Scopes {
        &self.missing
    }
}
