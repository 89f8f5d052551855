//! All that is known of one vendor's servers at once: [`Vendor`].

use std::time::Duration;

use super::{Peculiarity, RefreshContext, RefreshTokens, SandboxBuilder};

/// A vendor whose servers the sandbox can resemble ([`SandboxBuilder::like`]).
///
/// What is public about them is in `docs/ehr-quirks.md`. The sandbox does not *prove* that an application works there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Vendor {
    /// Epic, after the two pages of its documentation about OAuth 2.0 and its metadata (2026). Give the application its
    /// scopes ([`SandboxClient::scopes`](super::SandboxClient::scopes)): others are not granted here.
    Epic,
    /// Oracle Health (Cerner Millennium), after its authorization guide (2024), its metadata (2026) and public threads, for
    /// an application that is registered with SMART v1.
    OracleHealth,
    /// athenahealth's athenaOne, after its metadata (2026).
    AthenaOne,
    /// athenahealth's athenaPractice and athenaFlow, which customers run themselves, after public threads (2020 to 2026).
    AthenaPractice,
}

impl SandboxBuilder {
    /// Gives the sandbox everything that is known of a vendor's servers, in addition to what was chosen before.
    pub fn like(self, vendor: Vendor) -> Self {
        match vendor {
            Vendor::Epic => [
                Peculiarity::EndpointsPerClient {
                    header: "epic-client-id".to_owned(),
                },
                Peculiarity::RegisteredScopes,
                Peculiarity::PostFromEhrOnly,
                Peculiarity::NoRevocation,
                Peculiarity::LowercaseTokenType,
                Peculiarity::StateEchoed,
                Peculiarity::BannerAsText,
                Peculiarity::UnprefixedScopes,
                Peculiarity::NoRefreshForPublic,
            ]
            .into_iter()
            .fold(self, Self::peculiarity)
            .refresh_tokens(RefreshTokens::Stable)
            .refresh_context(RefreshContext::Omitted)
            .token_response_field("__epic.dstu2.patient", "TKtmtEBYm2Sh6v9OZ4")
            .token_response_field("loginDepartment", "e4W4rmQ7X-a-location"),
            Vendor::OracleHealth => [
                Peculiarity::OnlyScopesOfVersion1,
                Peculiarity::NoWildcardScopes,
                Peculiarity::ScopesDropped,
                Peculiarity::ErrorUriOnly,
                Peculiarity::RefreshThrottled(Duration::from_secs(60)),
            ]
            .into_iter()
            .fold(self, Self::peculiarity)
            .token_lifetime(Duration::from_secs(570))
            .refresh_tokens(RefreshTokens::Stable)
            .refresh_context(RefreshContext::Omitted)
            .token_response_field("tenant", "ec2458f2-1e24-41c8-b71b-0e701af7583d"),
            Vendor::AthenaOne => self.peculiarity(Peculiarity::Unlisted("scopes_supported".to_owned())),
            Vendor::AthenaPractice => self.peculiarity(Peculiarity::FormPost),
        }
    }
}
