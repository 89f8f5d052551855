//! What is unusual about a token response: [`Findings`].

use std::fmt;

/// Something in a token response that is not as the specifications say, and that was understood all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finding {
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
}

impl Finding {
    const ALL: [Self; 11] = [
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
    ];

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// For the log.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoTokenType => "has no `token_type`; it is taken as Bearer",
            Self::OtherTokenType => "has another `token_type` than Bearer; it is taken as Bearer",
            Self::BlanksAroundToken => "has white space around a token; it is cut off",
            Self::ErrorIsNoText => "has an `error` that is not a text, beside a token; it is taken as no error",
            Self::ScopeWithCommas => "separates its scopes by commas; they are read as several",
            Self::ScopeIsArray => "has its scopes as an array; they are read as a list",
            Self::EmptyScopeOfRefresh => "has an empty `scope` in an answer to a refresh; the granted scopes stay",
            Self::IdIsReference => "has a reference as `patient` or `encounter`; its id is used",
            Self::IdIsNumber => "has a number as `patient` or `encounter`; its digits are used as the id",
            Self::UnusableEncounter => "has an `encounter` that is no id of this EHR; it is left out",
            Self::PatientOnRefresh => {
                "names a patient in an answer to a refresh where the launch has none; it is ignored. If this EHR does so by \
                 design, set `Quirks::patient_on_refresh`"
            }
        })
    }
}

/// A set of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Findings(u32);

impl Findings {
    pub(crate) const fn note(&mut self, finding: Finding) {
        self.0 |= finding.bit();
    }

    /// Those that are not in `known`.
    pub(crate) fn beyond(self, known: Self) -> impl Iterator<Item = Finding> {
        Finding::ALL
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

#[cfg(test)]
mod tests;
