//! What is missing in a token response, and what is unusual about it: [`TokenResponseReport`].

use std::fmt;

/// Something in a token response that is not as the specifications say, or that was asked for and is not there. The response was
/// understood all the same.
///
/// `Display` goes on from "the token response".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenResponseFinding {
    /// `scope` is missing, which SMART App Launch 2.2 requires.
    NoScope,
    /// `expires_in` is missing, which SMART App Launch 2.2 requires.
    NoExpiresIn,
    /// `expires_in` is not a positive number of seconds.
    UnusableExpiresIn,
    /// `id_token` is missing, and `openid` was asked for.
    NoIdToken,
    /// `refresh_token` is missing, and `offline_access` or `online_access` was asked for.
    NoRefreshToken,
    /// `patient` is missing, and `launch/patient` was asked for.
    NoPatient,
    /// `token_type` is missing.
    NoTokenType,
    /// `token_type` is not `Bearer`.
    OtherTokenType,
    /// White space around a token.
    BlanksAroundToken,
    /// `error` is there and not a text.
    ErrorIsNoText,
    /// `scope` has commas between its tokens.
    ScopeWithCommas,
    /// `scope` is an array.
    ScopeIsArray,
    /// A refresh answered with an empty `scope`.
    EmptyScopeOfRefresh,
    /// `patient` or `encounter` is a reference.
    IdIsReference,
    /// `patient` or `encounter` is a number.
    IdIsNumber,
    /// `encounter` cannot be used.
    UnusableEncounter,
    /// A refresh named a patient where the launch has none.
    PatientOnRefresh,
    /// `refresh_token` is there, and the token is for the application itself.
    RefreshTokenForBackend,
}

impl TokenResponseFinding {
    const ALL: [Self; 18] = [
        Self::NoScope,
        Self::NoExpiresIn,
        Self::UnusableExpiresIn,
        Self::NoIdToken,
        Self::NoRefreshToken,
        Self::NoPatient,
        Self::NoTokenType,
        Self::OtherTokenType,
        Self::BlanksAroundToken,
        Self::ErrorIsNoText,
        Self::ScopeWithCommas,
        Self::ScopeIsArray,
        Self::EmptyScopeOfRefresh,
        Self::IdIsReference,
        Self::IdIsNumber,
        Self::UnusableEncounter,
        Self::PatientOnRefresh,
        Self::RefreshTokenForBackend,
    ];

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl fmt::Display for TokenResponseFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoScope => "has no `scope`, which SMART requires; what was asked for, or at a refresh what was granted before, counts",
            Self::NoExpiresIn => {
                "has no `expires_in`, which SMART requires; the default lifetime counts (`default_token_lifetime`, or \
                 `Quirks::token_lifetime` for this EHR)"
            }
            Self::UnusableExpiresIn => {
                "has an `expires_in` that is not a positive number of seconds; the default lifetime counts \
                 (`default_token_lifetime`, or `Quirks::token_lifetime` for this EHR)"
            }
            Self::NoIdToken => "has no `id_token`, though `openid` was asked for; nobody knows who signed in",
            Self::NoRefreshToken => {
                "has no `refresh_token`, though `offline_access` or `online_access` was asked for; the launch ends with its \
                 access token"
            }
            Self::NoPatient => "has no `patient`, though `launch/patient` was asked for",
            Self::NoTokenType => "has no `token_type`; it is taken as Bearer",
            Self::OtherTokenType => "has another `token_type` than Bearer; it is taken as Bearer",
            Self::BlanksAroundToken => "has white space around a token; it is cut off",
            Self::ErrorIsNoText => "has an `error` that is not a text, beside a token; it is taken as no error",
            Self::ScopeWithCommas => "separates its scopes by commas; they are read as several",
            Self::ScopeIsArray => "has its scopes as an array; they are read as a list",
            Self::EmptyScopeOfRefresh => "has an empty `scope` in an answer to a refresh; it is taken as none",
            Self::IdIsReference => "has a reference as `patient` or `encounter`; its id is used",
            Self::IdIsNumber => "has a number as `patient` or `encounter`; its digits are used as the id",
            Self::UnusableEncounter => "has an `encounter` that is no id of this EHR; it is left out",
            Self::RefreshTokenForBackend => {
                "has a `refresh_token`, though the token is for the application itself (RFC 6749, section 4.4.3); it is dropped"
            }
            Self::PatientOnRefresh => {
                "names a patient in an answer to a refresh where the launch has none; it is ignored. If this EHR does so by \
                 design, set `Quirks::patient_on_refresh`"
            }
        })
    }
}

/// What was found in one token response: nothing, where it is as the specifications say and has all that was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenResponseReport(u32);

impl TokenResponseReport {
    /// Each of them.
    pub fn findings(self) -> impl Iterator<Item = TokenResponseFinding> {
        self.beyond(Self::default())
    }

    /// Whether there is nothing to say.
    #[must_use]
    pub const fn is_clean(self) -> bool {
        self.0 == 0
    }

    /// Whether this is among them.
    #[must_use]
    pub const fn has(self, finding: TokenResponseFinding) -> bool {
        self.0 & finding.bit() != 0
    }

    pub(crate) const fn note(&mut self, finding: TokenResponseFinding) {
        self.0 |= finding.bit();
    }

    /// Those that are not in `known`.
    pub(crate) fn beyond(self, known: Self) -> impl Iterator<Item = TokenResponseFinding> {
        TokenResponseFinding::ALL
            .into_iter()
            .filter(move |finding| (self.0 & !known.0) & finding.bit() != 0)
    }

    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }
}

impl fmt::Debug for TokenResponseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.findings()).finish()
    }
}

/// One line for each, "the token response …".
impl fmt::Display for TokenResponseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.findings().enumerate() {
            let line = if index == 0 { "" } else { "\n" };
            write!(f, "{line}the token response {finding}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
