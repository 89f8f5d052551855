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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_what_is_needed_and_not_granted() {
        let granted = Scopes::parse("openid patient/Observation.rs");
        let needed = Scopes::parse("openid patient/Condition.r patient/Observation.r");
        let lack = InsufficientScope::check(&granted, &needed).unwrap_err();
        assert_eq!(lack.missing().to_string(), "patient/Condition.r");
        assert_eq!(lack.needed(), &needed);
        assert!(
            lack.to_string().contains("did not grant patient/Condition.r;"),
            "{lack}"
        );
        assert_eq!(InsufficientScope::check(&granted, &granted), Ok(()));
    }
}
