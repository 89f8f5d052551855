//! How narrowly the specification is read: [`Strictness`], and what only the narrow reading refuses: [`StrictCheck`].

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// How narrowly the sandbox reads the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strictness {
    /// As real EHRs do: what they commonly accept is accepted. What breaks a rule that they enforce is refused.
    #[default]
    AsRealEhrs,
    /// The specification's best reading: every [`StrictCheck`] is made. For the tests of a client that wants to get along with every EHR.
    AsSpecified,
}

/// What is refused where the sandbox is [`AsSpecified`](Strictness::AsSpecified), and accepted otherwise.
///
/// The text of such a refusal ends with the [`name`](Self::name) of its check. One can be made alone
/// ([`SandboxBuilder::strict_check`](super::SandboxBuilder::strict_check)), or left out
/// ([`SandboxBuilder::without_strict_check`](super::SandboxBuilder::without_strict_check)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StrictCheck {
    /// `state` has at least 22 characters, enough for the 122 random bits that SMART App Launch 2.2 asks for.
    StateLength,
    /// A client does not send the `state` of an authorization that was answered. Nor does a person who goes back to the EHR's page and answers once more:
    /// where a test does that, leave out the checks whose names end with *once*.
    StateOnce,
    /// An authorization that asks for `openid` has a `nonce` (RFC 9700, section 4.5.3, names it as a way against injected codes; OpenID
    /// Connect leaves it to the client).
    Nonce,
    /// A client does not send the `nonce` of an authorization that was answered.
    NonceOnce,
    /// An authorization request has a code challenge (SMART App Launch 2.2: PKCE with `S256`).
    Challenge,
    /// A client does not send the code challenge of an authorization that was answered (RFC 7636, section 7.1).
    ChallengeOnce,
    /// An authorization request has no `client_secret`, `client_assertion` or `code_verifier`: it goes through the browser (RFC 6749, section 2.3.1).
    /// Else they are left alone.
    NothingSecretByBrowser,
    /// `aud` is the FHIR base URL character for character. Else it may end with a slash more, or less.
    ExactAudience,
    /// Every scope has the form of a SMART scope. Else what is unknown is left out of the grant.
    ScopeGrammar,
    /// The scope `fhirUser` comes with `openid` (SMART App Launch 2.2, Scopes for requesting identity data). Else it is left out of the grant.
    FhirUserWithOpenid,
    /// The parameter `launch` and the scope `launch` come together. Else the scope alone is left out of the grant, and the parameter alone
    /// gives the context.
    LaunchWithItsScope,
    /// A `launch` value is used by the client for which the EHR made it.
    LaunchOfThisClient,
    /// `client_id` is not in the body where HTTP Basic or an assertion names the client. Else it may be, if it is the same (RFC 7521,
    /// section 4.2, allows it beside an assertion).
    OneClientId,
    /// A secret comes in HTTP Basic. Else it may be in the body as `client_secret` (RFC 6749, section 2.3.1).
    SecretInHeader,
    /// A public client sends no HTTP Basic and no `client_secret`. Else they may be there with an empty secret.
    NothingSecretOfPublicClients,
    /// A public client says who it is when it refreshes. Else the refresh token does.
    ClientIdOnRefresh,
    /// An assertion has the `typ` `JWT`. Else it may have none, and in any case.
    AssertionType,
    /// The `aud` of an assertion is the token endpoint as one text (SMART App Launch 2.2). Else it may be a list with it, or the issuer.
    AssertionAudience,
    /// The `iat` of an assertion, if there is one, is not older than five minutes.
    AssertionAge,
    /// Nothing is refused by this: `launch` values, codes and refresh tokens contain `+`, `/` and `=`, so that what is not percent-encoded
    /// breaks.
    OddValues,
}

impl StrictCheck {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::StateLength,
        Self::StateOnce,
        Self::Nonce,
        Self::NonceOnce,
        Self::Challenge,
        Self::ChallengeOnce,
        Self::NothingSecretByBrowser,
        Self::ExactAudience,
        Self::ScopeGrammar,
        Self::FhirUserWithOpenid,
        Self::LaunchWithItsScope,
        Self::LaunchOfThisClient,
        Self::OneClientId,
        Self::SecretInHeader,
        Self::NothingSecretOfPublicClients,
        Self::ClientIdOnRefresh,
        Self::AssertionType,
        Self::AssertionAudience,
        Self::AssertionAge,
        Self::OddValues,
    ];

    /// Its name in refusals.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::StateLength => "state-length",
            Self::StateOnce => "state-once",
            Self::Nonce => "nonce",
            Self::NonceOnce => "nonce-once",
            Self::Challenge => "challenge",
            Self::ChallengeOnce => "challenge-once",
            Self::NothingSecretByBrowser => "nothing-secret-by-browser",
            Self::ExactAudience => "exact-audience",
            Self::ScopeGrammar => "scope-grammar",
            Self::FhirUserWithOpenid => "fhir-user-with-openid",
            Self::LaunchWithItsScope => "launch-with-its-scope",
            Self::LaunchOfThisClient => "launch-of-this-client",
            Self::OneClientId => "one-client-id",
            Self::SecretInHeader => "secret-in-header",
            Self::NothingSecretOfPublicClients => "nothing-secret-of-public-clients",
            Self::ClientIdOnRefresh => "client-id-on-refresh",
            Self::AssertionType => "assertion-type",
            Self::AssertionAudience => "assertion-audience",
            Self::AssertionAge => "assertion-age",
            Self::OddValues => "odd-values",
        }
    }

    /// The text of a refusal by this check.
    pub(super) fn refuses(self, why: &str) -> String {
        format!("{why} (strict check {})", self.name())
    }
}

/// The checks that are made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct StrictChecks(BTreeSet<StrictCheck>);

impl StrictChecks {
    pub(super) fn of(strictness: Strictness) -> Self {
        match strictness {
            Strictness::AsRealEhrs => Self::default(),
            Strictness::AsSpecified => Self(BTreeSet::from(StrictCheck::ALL)),
        }
    }

    pub(super) fn add(&mut self, check: StrictCheck) {
        self.0.insert(check);
    }

    pub(super) fn leave_out(&mut self, check: StrictCheck) {
        self.0.remove(&check);
    }

    pub(super) fn made(&self) -> impl Iterator<Item = StrictCheck> {
        self.0.iter().copied()
    }

    pub(super) fn has(&self, check: StrictCheck) -> bool {
        self.0.contains(&check)
    }

    /// # Errors
    /// The text of the refusal, where the check is made and something is not as it wants it.
    pub(super) fn demand(&self, check: StrictCheck, is_met: bool, why: &str) -> Result<(), String> {
        match is_met || !self.has(check) {
            true => Ok(()),
            false => Err(check.refuses(why)),
        }
    }
}
