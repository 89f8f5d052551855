//! Why it is not known who signed in: [`IdentityError`].

use crate::{
    protocol::{
        ehr_text::EhrText, id_token::IdTokenError, reach::Reach, sign_in::SignInNotFresh, urls::UrlError,
        visible::in_log,
    },
    runtime::discovery::DiscoveryError,
};

/// Why an authorization has no user although it has to have one. Nothing was opened.
///
/// No message repeats a claim about the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The EHR sent no id token, and [`IdTokenPolicy::Required`](crate::IdTokenPolicy) asks for one.
    #[error(
        "the EHR sent no id token and the registration requires one; check that the EHR grants `openid`, or allow launches without (`IdTokenPolicy::IfPresent`)"
    )]
    NoIdToken,
    /// The id token was refused.
    #[error(transparent)]
    IdToken(#[from] IdTokenError),
    /// It is not known who issues this EHR's id tokens.
    #[error(
        "the EHR's metadata has no `issuer`, so its id token cannot be checked; configure it (`Quirks::id_token_issuer`), or ignore id tokens (`IdTokenPolicy::Ignore`)"
    )]
    NoIssuer,
    /// The issuer is no address to ask for keys.
    #[error("the `issuer` of the EHR's metadata {0}; configure where its keys are (`Quirks::id_token_jwks_uri`)")]
    UnusableIssuer(#[source] UrlError),
    /// The configured address of the keys cannot be used.
    #[error("the configured address of the keys (`Quirks::id_token_jwks_uri`) {0}")]
    UnusableJwksUri(#[source] UrlError),
    /// The OpenID configuration at the issuer's address says that it belongs to another issuer (OpenID Connect Discovery
    /// 1.0, section 4.3).
    #[error(
        "{endpoint} says that it belongs to the issuer {:?}, not to {:?}; if the EHR confirms the former, configure it (`Quirks::id_token_issuer`)",
        in_log(found.as_ref().map_or("", EhrText::as_str)),
        in_log(expected)
    )]
    OtherConfiguration {
        /// The address that was asked.
        endpoint: String,
        /// The issuer that was expected.
        expected: String,
        /// The issuer that the document names.
        found: Option<EhrText>,
    },
    /// A new sign-in was demanded ([`SignIn::AgainAfterTimeout`](crate::SignIn), [`EhrBuilder::max_age`],
    /// [`StartOptions::sign_in_again`]), and it is not certain that it happened.
    ///
    /// [`EhrBuilder::max_age`]: crate::EhrBuilder::max_age
    /// [`StartOptions::sign_in_again`]: crate::StartOptions::sign_in_again
    #[error("a new sign-in at the EHR was demanded (`EhrBuilder::sign_in`, `EhrBuilder::max_age`), and {0}")]
    SignInNotFresh(#[from] SignInNotFresh),
    /// The keys cannot be fetched, so nothing can be checked.
    #[error("the keys that the EHR's id tokens are signed with cannot be fetched: {0}")]
    Keys(#[from] DiscoveryError),
}

impl IdentityError {
    /// Whether the EHR could not be asked, or was in trouble, as opposed to having said something that cannot be used or is not
    /// believed.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Keys(error) if error.reach() != Reach::Unusable)
    }
}

#[cfg(test)]
mod tests;
