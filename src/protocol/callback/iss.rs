//! Which authorization server answers: the check of `iss` (RFC 9207) against mix-up.

use super::query::{CallbackAnswer, CallbackQuery};

/// What an EHR's metadata says about `iss` in authorization responses
/// (`authorization_response_iss_parameter_supported`, RFC 9207, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum IssParameter {
    /// It is always there: an answer with a code and without `iss` is not this EHR's.
    Promised,
    /// Nothing. What is there is checked all the same. The default.
    #[default]
    NotPromised,
}

/// Whether an answer could come from another EHR at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KnownEhrs {
    One,
    Several,
}

/// What is wrong with the `iss` of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IssProblem {
    /// It is not the issuer of the EHR that was asked.
    Other,
    /// There is none, and the EHR promised one.
    Missing,
    /// The EHR's issuer is not known, and with several EHRs anybody could be meant.
    NothingToCompare,
}

/// Checks which authorization server answered, before its answer is used (RFC 9207, section 2.4).
///
/// - An `iss` that is there has to be the `issuer` of the EHR's metadata, character for character, in an error too.
/// - One that was promised has to be there *when there is a code*. An error response without it is taken as it is:
///   nothing is sent to anybody because of it, and the person should read why there is no access.
/// - When the metadata has no `issuer` there is nothing to compare with. With one EHR that is harmless; with several the
///   answer is refused, because it may be the code of another one.
///
/// # Errors
///
/// [`IssProblem`].
pub(crate) fn check_iss(
    query: &CallbackQuery,
    issuer: Option<&str>,
    promise: IssParameter,
    known: KnownEhrs,
) -> Result<(), IssProblem> {
    match (query.iss.as_deref(), issuer) {
        (Some(iss), Some(issuer)) if iss == issuer => Ok(()),
        (Some(_), Some(_)) => Err(IssProblem::Other),
        (Some(_), None) if known == KnownEhrs::Several => Err(IssProblem::NothingToCompare),
        (Some(_), None) => {
            // Anybody can make such a callback.
            tracing::debug!(
                "a callback names its authorization server, and the EHR's metadata has no `issuer` to compare"
            );
            Ok(())
        }
        (None, _) => match (promise, &query.answer) {
            (IssParameter::Promised, CallbackAnswer::Code(_)) => Err(IssProblem::Missing),
            _ => Ok(()),
        },
    }
}

#[cfg(test)]
mod tests;
