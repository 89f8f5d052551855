//! What a `token_type` that is not `Bearer` means: [`TokenType`].

/// What a token response without `token_type`, or with another one than `Bearer`, means.
///
/// The answer to a refresh may leave it out in any case: the first answer said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TokenType {
    /// That the token cannot be used (RFC 6749, section 7.1). The default.
    #[default]
    Required,
    /// Bearer. Types that only work with a proof of possession (`DPoP`, `PoP`, `MAC`), and `N_A` (RFC 8693), are refused all
    /// the same.
    AssumedBearer,
}

/// What it turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Understood {
    Bearer,
    Missing,
    Other,
}

impl TokenType {
    /// What a text says, or no text. `None`: the token cannot be used.
    pub(crate) fn understand(self, said: Option<&str>, may_be_missing: bool) -> Option<Understood> {
        let said = said.map(str::trim).filter(|said| !said.is_empty());
        match (said, self) {
            (Some(said), _) if said.eq_ignore_ascii_case("bearer") => Some(Understood::Bearer),
            (None, Self::AssumedBearer) => Some(Understood::Missing),
            (None, Self::Required) if may_be_missing => Some(Understood::Missing),
            (Some(said), Self::AssumedBearer) if !needs_more(said) => Some(Understood::Other),
            _ => None,
        }
    }
}

fn needs_more(token_type: &str) -> bool {
    ["dpop", "pop", "mac", "n_a"]
        .iter()
        .any(|other| token_type.eq_ignore_ascii_case(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bearer_is_bearer_in_any_case_and_by_any_policy() {
        for policy in [TokenType::Required, TokenType::AssumedBearer] {
            for said in ["Bearer", "bearer", "BEARER", " Bearer "] {
                assert_eq!(policy.understand(Some(said), false), Some(Understood::Bearer));
            }
        }
    }

    #[test]
    fn what_is_missing_is_bearer_on_refresh_or_by_option() {
        for missing in [None, Some(""), Some(" ")] {
            assert_eq!(TokenType::Required.understand(missing, false), None);
            assert_eq!(TokenType::Required.understand(missing, true), Some(Understood::Missing));
            assert_eq!(
                TokenType::AssumedBearer.understand(missing, false),
                Some(Understood::Missing)
            );
        }
    }

    #[test]
    fn another_type_is_bearer_by_option_unless_it_needs_a_proof() {
        for other in ["BearerToken", "access_token", "JWT"] {
            assert_eq!(TokenType::Required.understand(Some(other), true), None);
            assert_eq!(
                TokenType::AssumedBearer.understand(Some(other), false),
                Some(Understood::Other)
            );
        }
        for unusable in ["DPoP", "dpop", "PoP", "MAC", "N_A"] {
            assert_eq!(TokenType::AssumedBearer.understand(Some(unusable), true), None);
        }
    }
}
