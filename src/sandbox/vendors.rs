//! All that is known of one vendor's servers at once: [`Vendor`].

use std::time::Duration;

use super::{Peculiarity, RefreshContext, RefreshTokens, SandboxBuilder};

/// A vendor whose servers the sandbox can resemble ([`SandboxBuilder::like`]).
///
/// What is public about them is in `docs/ehr-quirks.md`. The sandbox does not *prove* that an application works there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Vendor {
    /// Epic, after <https://fhir.epic.com/Documentation?docId=oauth2>.
    Epic,
    /// Oracle Health (Cerner Millennium), after the authorization guide of `cerner/fhir.cerner.com`, for an application
    /// that is registered with SMART v1.
    OracleHealth,
    /// athenahealth, after public threads.
    Athenahealth,
}

impl SandboxBuilder {
    /// Gives the sandbox everything that is known of a vendor's servers, in addition to what was chosen before.
    pub fn like(self, vendor: Vendor) -> Self {
        match vendor {
            Vendor::Epic => [
                Peculiarity::XmlUnlessJsonIsAccepted,
                Peculiarity::EndpointsPerClient {
                    header: "epic-client-id".to_owned(),
                },
                Peculiarity::RegisteredScopes,
                Peculiarity::LowercaseTokenType,
                Peculiarity::StateEchoed,
                Peculiarity::BannerAsText,
                Peculiarity::UnprefixedScopes,
                Peculiarity::OfflineAccessNotEchoed,
                Peculiarity::NoRefreshForPublic,
            ]
            .into_iter()
            .fold(self, Self::peculiarity)
            .refresh_tokens(RefreshTokens::Stable)
            .refresh_context(RefreshContext::Omitted)
            .token_response_field("__epic.dstu2.patient", "TKtmtEBYm2Sh6v9OZ4")
            .token_response_field("loginDepartment", "101000404"),
            Vendor::OracleHealth => [
                Peculiarity::NoRevocation,
                Peculiarity::OnlyScopesOfVersion1,
                Peculiarity::NoWildcardScopes,
                Peculiarity::ErrorUriOnly,
                Peculiarity::RefreshThrottled(Duration::from_secs(60)),
            ]
            .into_iter()
            .fold(self, Self::peculiarity)
            .token_lifetime(Duration::from_secs(570))
            .refresh_tokens(RefreshTokens::Stable)
            .refresh_context(RefreshContext::Omitted)
            .token_response_field("tenant", "ec2458f2-1e24-41c8-b71b-0e701af7583d"),
            Vendor::Athenahealth => [
                Peculiarity::Unlisted("code_challenge_methods_supported".to_owned()),
                Peculiarity::FormPost,
            ]
            .into_iter()
            .fold(self, Self::peculiarity),
        }
    }
}
