//! All that is known of one vendor's servers at once: [`Vendor`].

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Peculiarity, RefreshContext, RefreshTokens, SandboxBuilder, settings::Settings};

/// A vendor whose servers the sandbox can resemble ([`SandboxBuilder::like`]).
///
/// What is public about them is in `docs/ehr-quirks.md`. The sandbox does not *prove* that an application works there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    pub fn like(mut self, vendor: Vendor) -> Self {
        self.initial.settings.resemble(vendor);
        self
    }
}

impl Settings {
    /// Adds everything that is known of a vendor's servers.
    pub(super) fn resemble(&mut self, vendor: Vendor) {
        match vendor {
            Vendor::Epic => {
                self.peculiarities.extend([
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
                ]);
                self.refresh_tokens = RefreshTokens::Stable;
                self.refresh_context = RefreshContext::Omitted;
                self.token_fields.extend([
                    ("__epic.dstu2.patient".to_owned(), json!("TKtmtEBYm2Sh6v9OZ4")),
                    ("loginDepartment".to_owned(), json!("e4W4rmQ7X-a-location")),
                ]);
            }
            Vendor::OracleHealth => {
                self.peculiarities.extend([
                    Peculiarity::OnlyScopesOfVersion1,
                    Peculiarity::NoWildcardScopes,
                    Peculiarity::ScopesDropped,
                    Peculiarity::ErrorUriOnly,
                    Peculiarity::RefreshThrottled(Duration::from_secs(60)),
                ]);
                self.token_lifetime = Duration::from_secs(570);
                self.refresh_tokens = RefreshTokens::Stable;
                self.refresh_context = RefreshContext::Omitted;
                self.token_fields
                    .push(("tenant".to_owned(), json!("ec2458f2-1e24-41c8-b71b-0e701af7583d")));
            }
            Vendor::AthenaOne => self
                .peculiarities
                .push(Peculiarity::Unlisted("scopes_supported".to_owned())),
            Vendor::AthenaPractice => self.peculiarities.push(Peculiarity::FormPost),
        }
    }
}
