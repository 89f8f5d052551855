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
mod tests;
